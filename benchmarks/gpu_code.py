"""The machine code for GPUs of compute capability 9.0 (sm_90): its size, registers and spills. No GPU is needed."""

from __future__ import annotations

import importlib.util

from . import _suite

CASES = """
bilateral bitonic black_scholes block_sum group_histogram heat mandelbrot matmul_tiled nbody philox saxpy stencil_tiled
transpose wave
""".split()
Figures = dict[tuple[str, str], tuple[int, int, int] | str]


def figures(name: str, dtype: str) -> tuple[int, int, int]:
    """Return instructions, registers and spilled bytes of a case.

    Raises
    ------
    NotImplementedError
        Where the compiler or the tools are missing, or this commit has no such case.
    """
    case = _suite.load(name)
    if importlib.util.find_spec("numba_cuda") is None:
        raise NotImplementedError("numba-cuda is not installed")
    from jitkit.inspection import instructions

    problem = case.problem("small", dtype)
    found = case.kernel.inspect(*problem.args, space=problem.space, backend="cuda", cc=(9, 0))
    if found.sass is None:
        raise NotImplementedError("ptxas or nvdisasm is not installed")
    return len(instructions(found.sass)), found.registers, found.spills


class Sm90:
    """Figures of each case; lower is better."""

    version = "1"
    params = [CASES, _suite.DTYPES]
    param_names = ["case", "dtype"]

    def setup_cache(self) -> Figures:
        """Compile each kernel once for all three figures; a text says why there are none."""
        found: Figures = {}
        for name in CASES:
            for dtype in _suite.DTYPES:
                try:
                    found[name, dtype] = figures(name, dtype)
                except NotImplementedError as missing:
                    found[name, dtype] = str(missing)
        return found

    setup_cache.timeout = 300

    def setup(self, found: Figures, case: str, dtype: str) -> None:
        if isinstance(found[case, dtype], str):
            raise NotImplementedError(found[case, dtype])

    def track_instructions(self, found: Figures, case: str, dtype: str) -> int:
        return found[case, dtype][0]

    def track_registers(self, found: Figures, case: str, dtype: str) -> int:
        return found[case, dtype][1]

    def track_spilled_bytes(self, found: Figures, case: str, dtype: str) -> int:
        return found[case, dtype][2]

    track_instructions.unit = "SASS instructions"
    track_registers.unit = "registers"
    track_spilled_bytes.unit = "bytes"
