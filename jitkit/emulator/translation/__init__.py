"""PTX translated to LLVM IR, one small function for each instruction family.

`translate(module, entry)` gives a `Translation`. The meaning of each instruction is that of NVIDIA's document "Parallel
Thread Execution ISA", chapter 9; `records` says how the generated code meets the executor.
"""

from __future__ import annotations

from ..translated import Parameter as Parameter
from ..translated import Translation as Translation
from .entry import translate as translate
from .unit import Options as Options
