"""The classical method of Runge and Kutta with fixed steps, one trajectory to each point.

W. Kutta, "Beitrag zur naeherungsweisen Integration totaler Differentialgleichungen", Z. Math. Phys. 46, 435-453, 1901.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.ode import _trajectory


def rk4_kernel(derivative: Callable, n: int, count: int) -> Kernel:
    """Return the kernel for a right-hand side of n components with so many parameters.

    It takes steps of length ``sizes[m]``, ``repeats[m]`` of them, from ``starts[m]`` to the m-th point of time.
    """
    room = max(count, 1)
    load, save, finite = _trajectory.load_of(n, count), _trajectory.save_of(n), _trajectory.finite_of(n)

    def step(t, h, y, middle, slope, total, p):
        derivative(t, y, slope, p)
        for d in range(n):
            total[d] = y[d] + h / 6.0 * slope[d]
            middle[d] = y[d] + 0.5 * h * slope[d]
        derivative(t + 0.5 * h, middle, slope, p)
        for d in range(n):
            total[d] += h / 3.0 * slope[d]
            middle[d] = y[d] + 0.5 * h * slope[d]
        derivative(t + 0.5 * h, middle, slope, p)
        for d in range(n):
            total[d] += h / 3.0 * slope[d]
            middle[d] = y[d] + h * slope[d]
        derivative(t + h, middle, slope, p)
        for d in range(n):
            y[d] = total[d] + h / 6.0 * slope[d]

    @jk.kernel
    def rk4(i, start, params, out, counts, starts, sizes, repeats):
        y, middle = jk.local(n, start.dtype), jk.local(n, start.dtype)
        slope, total = jk.local(n, start.dtype), jk.local(n, start.dtype)
        p = jk.local(room, start.dtype)
        load(i, start, params, y, p)
        steps = 0
        for m in range(starts.shape[0]):
            repeat = int(repeats[m])
            for j in range(repeat):
                step(starts[m] + j * sizes[m], sizes[m], y, middle, slope, total, p)
            save(i, m, y, out)
            steps += repeat
        counts[0, i], counts[1, i], counts[2, i], counts[3, i] = 4 * steps, steps, 0, 0 if finite(y) else -3

    return rk4
