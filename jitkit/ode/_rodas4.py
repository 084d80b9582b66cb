"""The method RODAS of Hairer and Wanner for stiff systems, of order 4 with an error estimate of order 3.

E. Hairer, G. Wanner, "Solving Ordinary Differential Equations II", 2nd ed., Springer 1996, section IV.7. It is a method of
Rosenbrock's kind: each step solves six systems of linear equations with one matrix and iterates nothing, so that the lanes
of a vector do the same.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.ode import _steps, _trajectory
from jitkit.ode._curve import state_on
from jitkit.ode._events import Events
from jitkit.ode._solution import Keeping

MOST_COMPONENTS = 64
"""Of a state: two matrices of it lie in the private memory of a point."""
GAMMA = 0.25
TABLEAU = np.zeros((2, 6, 6))
"""What a stage adds of the stages before it: to the state, and, over the step, to the slope."""
TABLEAU[0, 1, :1] = 1.544
TABLEAU[0, 2, :2] = 0.9466785280815826, 0.2557011698983284
TABLEAU[0, 3, :3] = 3.314825187068521, 2.896124015972201, 0.9986419139977817
TABLEAU[0, 4, :4] = 1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950
TABLEAU[0, 5, :5] = 1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0
TABLEAU[1, 1, :1] = -5.6688
TABLEAU[1, 2, :2] = -2.430093356833875, -0.2063599157091915
TABLEAU[1, 3, :3] = -0.1073529058151375, -9.594562251023355, -20.47028614809616
TABLEAU[1, 4, :4] = 7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160
TABLEAU[1, 5, :5] = 8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054
PLACES = np.array([[0.0, 0.386, 0.21, 0.63, 1.0, 1.0], [0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0]])
"""Where in a step a stage lies, and what it adds of the slope's change in time."""
CURVE = np.array(
    [
        [10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662],
        [-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872],
    ]
)
"""Of the interpolation of order 3."""


def rodas4_kernel(
    derivative: Callable, n: int, count: int, events: Events, keeping: Keeping, jacobian: Callable | None
) -> Kernel:
    """Return the kernel for a right-hand side of n components with so many parameters.

    The arguments are those of `dopri5_kernel`, and the coefficients.
    """
    room, measured = max(count, 1), jacobian is None
    matrix = _differences(derivative, n) if jacobian is None else jacobian
    evaluations = 1 + n * measured
    error_of, first_step = _steps.error_of(n), _steps.first_step_of(derivative, n, 0.25)
    load, save, at = _trajectory.load_of(n, count), _trajectory.save_of(n), state_on(n)
    before, not_reached, factor, solve = _trajectory.before(n), _trajectory.behind(n), _factor(n), _solve(n)
    finite = _trajectory.finite_of(n)
    watching, begin, look, functions = events.watching, events.begin, events.look, events.room
    wanted, keep, close = keeping.wanted, keeping.keep, keeping.close

    @jk.kernel
    def rodas4(i, start, params, out, counts, times, rtol, atol, limits, most, log, kept, tableau, places, bends):
        y, w, slope = jk.local(n, start.dtype), jk.local(n, start.dtype), jk.local(n, start.dtype)
        drift, u, wrong = jk.local(n, start.dtype), jk.local(n, start.dtype), jk.local(n, start.dtype)
        k, curve, g = jk.local((6, n), start.dtype), jk.local(4 * n, start.dtype), jk.local(functions, start.dtype)
        change, lu, swaps = jk.local((n, n), start.dtype), jk.local((n, n), start.dtype), jk.local((n, n), np.int32)
        p = jk.local(room, start.dtype)
        load(i, start, params, y, p)
        t, end, direction = limits[0], limits[1], limits[4]
        m = before(i, times, t, y, out)
        begin(t, y, g, p)
        derivative(t, y, slope, p)
        h = limits[2]
        if h == 0:
            h = first_step(t, direction, abs(end - t), y, w, slope, u, p, rtol, atol)
        attempts, accepted, renewed, most_of = np.int32(0), np.int32(0), np.int32(0), _steps.MOST
        due, status = _steps.due_at(times, m), np.int32(0)
        h = _steps.fitting(h, limits[5] * abs(t))
        running, stale = t != end and h > 0, True
        while running:
            if stale:
                matrix(t, y, slope, w, u, change, p, 0.1 * limits[5])
                step = math.sqrt(0.1 * limits[5] * max(1e-5, abs(t)))
                derivative(t + step, y, drift, p)
                for d in range(n):
                    drift[d] = (drift[d] - slope[d]) / step
                stale = False
                renewed += 1
            after = t + direction * min(h, limits[3])
            if direction * (after - end) > 0:
                after = end
            s = after - t
            for r in range(n):
                for c in range(n):
                    lu[r, c] = -change[r, c]
                lu[r, r] += 1.0 / (GAMMA * s)
            factor(lu, swaps)
            for d in range(n):
                w[d], u[d] = y[d], slope[d]
            for stage in range(6):
                if stage > 0:
                    for d in range(n):
                        total = y[d]
                        for j in range(stage):
                            total += tableau[0, stage, j] * k[j, d]
                        w[d] = total
                    derivative(t + places[0, stage] * s, w, u, p)
                for d in range(n):
                    total = 0.0
                    for j in range(stage):
                        total += tableau[1, stage, j] * k[j, d]
                    u[d] += total / s + s * places[1, stage] * drift[d]
                solve(lu, swaps, u)
                for d in range(n):
                    k[stage, d] = u[d]
            for d in range(n):
                wrong[d] = k[5, d]
                w[d] += wrong[d]
            error = error_of(y, w, wrong, rtol, atol)
            h = abs(s) * _steps.factor_of(error, most_of, -0.125)
            most_of = 1.0
            if error < 1.0:
                for d in range(n):
                    curve[d] = w[d] - y[d]
                    for b in range(2):
                        total = 0.0
                        for j in range(5):
                            total += bends[b, j] * k[j, d]
                        curve[(b + 1) * n + d] = total
                    curve[3 * n + d] = 0.0
                until = after
                if watching:
                    found = look(i, t, after, y, w, curve, g, log, p, limits[5])
                    if found == found:
                        until = found
                        status = np.int32(1)
                while direction * (due - until) <= 0:
                    at((due - t) / s, s, y, curve, u)
                    save(i, m, u, out)
                    m += 1
                    due = _steps.due_at(times, m)
                if wanted:
                    keep(i, accepted, t, s, y, curve, kept)
                    if status == 1:  # the trajectory ends within the step
                        at((until - t) / s, s, y, curve, w)
                        after = until
                for d in range(n):
                    y[d] = w[d]
                t = after
                derivative(t, y, slope, p)
                h = _steps.fitting(h, limits[5] * abs(t))
                most_of = _steps.MOST
                stale = True
                accepted += 1
            attempts += 1
            running = t != end and attempts < most[0] and h >= limits[5] * abs(t) and h > 0 and status == 0
        not_reached(i, m, times, out)
        close(i, accepted, t, y, curve, kept)
        counts[0, i] = (1 if limits[2] != 0 else 2) + renewed * evaluations + accepted + 5 * attempts
        counts[1, i], counts[2, i] = accepted, attempts - accepted
        finite_end = finite(y) and finite(slope)
        counts[3, i] = status if status == 1 else _steps.ended(t == end, attempts == most[0], finite_end)

    return rodas4


def _differences(derivative: Callable, n: int) -> Callable:
    def matrix(t, y, slope, w, u, change, p, eps):
        """Write how the slope changes with each component, by differences (Hairer and Wanner, IV.8)."""
        for d in range(n):
            w[d] = y[d]
        for c in range(n):
            w[c] = y[c] + math.sqrt(eps * max(1e-5, abs(y[c])))
            step = w[c] - y[c]
            derivative(t, w, u, p)
            for r in range(n):
                change[r, c] = (u[r] - slope[r]) / step
            w[c] = y[c]

    return matrix


def _factor(n: int) -> Callable:
    def factor(a, swaps):
        """Decompose a matrix in place, pivots first.

        Rows change places two by two, wherever the lower one has the larger element: no index depends on the numbers, so
        that a small matrix stays in registers.
        """
        for c in range(n):
            for r in range(c + 1, n):
                swap = abs(a[r, c]) > abs(a[c, c])
                swaps[r, c] = swap
                for j in range(n):
                    upper, lower = a[c, j], a[r, j]
                    a[c, j] = lower if swap else upper
                    a[r, j] = upper if swap else lower
            pivot = 1.0 / a[c, c]
            for r in range(c + 1, n):
                ratio = a[r, c] * pivot
                a[r, c] = ratio
                for j in range(c + 1, n):
                    a[r, j] -= ratio * a[c, j]

    return factor


def _solve(n: int) -> Callable:
    def solve(a, swaps, b):
        """Solve a system with a matrix that `factor` has decomposed, in place."""
        for c in range(n):
            for r in range(c + 1, n):
                swap = swaps[r, c] != 0
                upper, lower = b[c], b[r]
                b[c] = lower if swap else upper
                b[r] = upper if swap else lower
        for c in range(n):
            for r in range(c + 1, n):
                b[r] -= a[r, c] * b[c]
        for back in range(n):
            r = n - 1 - back
            total = b[r]
            for j in range(r + 1, n):
                total -= a[r, j] * b[j]
            b[r] = total / a[r, r]

    return solve
