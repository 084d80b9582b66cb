"""Starting kernels in Numba's CUDA simulator: the user's function, interpreted in one OS thread for each CUDA thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda

from jitkit.backends.cuda_grid import grid
from jitkit.backends.interpreted import overlay
from jitkit.launch.definition import Call
from jitkit.launch.space import Space

THREADS = 64
"""Threads of a block: each is an OS thread in the simulator, so blocks are small."""


def start(call: Call, part: Space, values: tuple) -> None:
    """Run one grid; returns when it has run."""
    function, ndim, (starts, steps, counts) = overlay(call.kernel.func), call.ndim, part

    def point(*args: Any) -> None:
        x, y, z = cuda.grid(3)
        positions = [x, y, z][: min(3, ndim)]
        if ndim == 4:
            positions[2:] = [z % counts[1], z // counts[1]]
        positions.reverse()
        if all(p < n for p, n in zip(positions, counts, strict=True)):
            with np.errstate(all="ignore"):
                function(*(s + p * d for s, p, d in zip(starts, positions, steps, strict=True)), *args)

    blocks, block = grid(part, THREADS)
    cuda.jit(point)[blocks, block](*values)
