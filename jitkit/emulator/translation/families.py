"""Imports every family of instructions, so that the registry knows them."""

from __future__ import annotations

from . import (
    approximate,
    atomics,
    barriers,
    bits,
    calls,
    carries,
    comparisons,
    control,
    conversions,
    copies,
    floats,
    halves,
    integers,
    matrices,
    memory,
    moves,
    narrow,
    video,
    warps,
)

ALL = (
    approximate, atomics, barriers, bits, calls, carries, comparisons, control, conversions, copies, floats, halves, integers,
    matrices, memory, moves, narrow, video, warps,
)  # fmt: skip
