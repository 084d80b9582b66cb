"""What the kernels that compute more than they read have to do, in instructions, for each unit of their cost.

A product and a sum that can be one fused instruction count as one. Nothing counts that a loop needs besides: loads, indices,
selections, the barriers of group kernels. An update is what counts: a load, an addition and a store to a place that data
choose, which no vector does.
"""

from __future__ import annotations

from jitkit.cases import Case, Problem

NEEDED: dict[str, tuple[float, dict[str, float]]] = {
    # flops of a unit by `Case.cost`; instructions of the unit
    "black_scholes": (27, {"simple": 14, "divide": 2, "sqrt": 1, "exp": 1, "log": 1, "erf": 2}),
    "nbody": (20, {"simple": 12, "reciprocal root": 1}),
    "mandelbrot": (8, {"simple": 8}),
    "bilateral": (10, {"simple": 6, "exp": 1}),
    "matmul_tiled": (2, {"simple": 1}),
    "bitonic": (1, {"simple": 2}),
    "philox": (4, {"integer": 10 * 10, "simple": 4}),
    "stencil_tiled": (7, {"simple": 5}),
    "group_histogram": (2, {"update": 1}),  # vectors find the places meanwhile, and 0.8 % of them lie outside
}


def seconds(case: Case, problem: Problem, dtype: str) -> float:
    """Return the shortest time for the instructions of a problem; of those not listed above, two operations in each."""
    from .ceilings import rate

    flops = case.cost(problem).flops
    per_unit, mix = NEEDED.get(case.name, (2, {"simple": 1}))
    return sum(flops / per_unit * count / rate(kind, dtype) for kind, count in mix.items())
