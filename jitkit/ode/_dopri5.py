"""The method of Dormand and Prince, of order 5 with an error estimate of order 4, one trajectory to each point.

J. R. Dormand, P. J. Prince, "A family of embedded Runge-Kutta formulae", J. Comput. Appl. Math. 6, 19-26, 1980. The
choice of steps and the interpolation between them are those of E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary
Differential Equations I", 2nd ed., Springer 1993, sections II.4 and II.6. Step for step this is SciPy's RK45.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.ode import _steps, _trajectory
from jitkit.ode._curve import state_on
from jitkit.ode._events import Events
from jitkit.ode._solution import Keeping

C2, C3, C4, C5 = 1 / 5, 3 / 10, 4 / 5, 8 / 9
A21 = 1 / 5
A31, A32 = 3 / 40, 9 / 40
A41, A42, A43 = 44 / 45, -56 / 15, 32 / 9
A51, A52, A53, A54 = 19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729
A61, A62, A63, A64, A65 = 9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656
B1, B3, B4, B5, B6 = 35 / 384, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84
# What the embedded formula of order 4 differs by.
E1, E3, E4, E5, E6, E7 = 71 / 57600, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40
# Of the interpolation of order 4.
D1, D3, D4 = -12715105075 / 11282082432, 87487479700 / 32700410799, -10690763975 / 1880347072
D5, D6, D7 = 701980252875 / 199316789632, -1453857185 / 822651844, 69997945 / 29380423


def dopri5_kernel(derivative: Callable, n: int, count: int, events: Events, keeping: Keeping) -> Kernel:
    """Return the kernel for a right-hand side of n components with so many parameters.

    `limits` holds the ends of the interval, the first step or 0, the longest, the direction, and the least step relative
    to the time. A point of `times` that is not reached holds NaN. `log` is what events write to, and `kept` what curves are
    written to; see `_events` and `_solution`.
    """
    room = max(count, 1)
    attempt, error_of, first_step = _attempt(derivative, n), _error(n), _steps.first_step_of(derivative, n, 0.2)
    load, save, at, bend = _trajectory.load_of(n, count), _trajectory.save_of(n), state_on(n), _bend(n)
    before, not_reached, finite = _trajectory.before(n), _trajectory.behind(n), _trajectory.finite_of(n)
    watching, begin, look, functions = events.watching, events.begin, events.look, events.room
    wanted, keep, close = keeping.wanted, keeping.keep, keeping.close

    @jk.kernel
    def dopri5(i, start, params, out, counts, times, rtol, atol, limits, most, log, kept):
        y, w, k1 = jk.local(n, start.dtype), jk.local(n, start.dtype), jk.local(n, start.dtype)
        k2, k3, k4 = jk.local(n, start.dtype), jk.local(n, start.dtype), jk.local(n, start.dtype)
        k5, k6, k7 = jk.local(n, start.dtype), jk.local(n, start.dtype), jk.local(n, start.dtype)
        curve, g = jk.local(4 * n, start.dtype), jk.local(functions, start.dtype)
        p = jk.local(room, start.dtype)
        load(i, start, params, y, p)
        t, end, direction = limits[0], limits[1], limits[4]
        m = before(i, times, t, y, out)
        begin(t, y, g, p)
        derivative(t, y, k1, p)
        h = limits[2]
        if h == 0:
            h = first_step(t, direction, abs(end - t), y, w, k1, k2, p, rtol, atol)
        # Loops end for a vector when they do for its last lane: the state of the loop is small, and its branches few.
        attempts, accepted, most_of, due = np.int32(0), np.int32(0), _steps.MOST, _steps.due_at(times, m)
        status = np.int32(0)
        h = _steps.fitting(h, limits[5] * abs(t))
        running = t != end and h > 0
        while running:
            after = t + direction * min(h, limits[3])
            if direction * (after - end) > 0:
                after = end
            s = after - t
            attempt(t, s, y, w, k1, k2, k3, k4, k5, k6, k7, p)
            error = error_of(s, y, w, k1, k3, k4, k5, k6, k7, rtol, atol)
            h = abs(s) * _steps.factor_of(error, most_of, -0.1)
            most_of = 1.0
            if error < 1.0:
                until = after
                if watching or wanted or direction * (due - after) <= 0:
                    bend(s, y, w, k1, k3, k4, k5, k6, k7, curve)
                if watching:
                    found = look(i, t, after, y, w, curve, g, log, p, limits[5])
                    if found == found:
                        until = found
                        status = np.int32(1)
                while direction * (due - until) <= 0:
                    at(1.0 + (due - after) / s, s, y, curve, k2)
                    save(i, m, k2, out)
                    m += 1
                    due = _steps.due_at(times, m)
                if wanted:
                    keep(i, accepted, t, s, y, curve, kept)
                    if status == 1:  # the trajectory ends within the step
                        at((until - t) / s, s, y, curve, w)
                        after = until
                for d in range(n):
                    y[d], k1[d] = w[d], k7[d]
                t = after
                h = _steps.fitting(h, limits[5] * abs(t))
                most_of = _steps.MOST
                accepted += 1
            attempts += 1
            running = t != end and attempts < most[0] and h >= limits[5] * abs(t) and h > 0 and status == 0
        not_reached(i, m, times, out)
        close(i, accepted, t, y, curve, kept)
        counts[0, i] = (1 if limits[2] != 0 else 2) + 6 * attempts
        counts[1, i], counts[2, i] = accepted, attempts - accepted
        finite_end = finite(y) and finite(k1)
        counts[3, i] = status if status == 1 else _steps.ended(t == end, attempts == most[0], finite_end)

    return dopri5


def _attempt(derivative: Callable, n: int) -> Callable:
    def attempt(t, h, y, w, k1, k2, k3, k4, k5, k6, k7, p):
        """Write the stages of a step from y, and to w where it ends."""
        for d in range(n):
            w[d] = y[d] + h * (A21 * k1[d])
        derivative(t + C2 * h, w, k2, p)
        for d in range(n):
            w[d] = y[d] + h * (A31 * k1[d] + A32 * k2[d])
        derivative(t + C3 * h, w, k3, p)
        for d in range(n):
            w[d] = y[d] + h * (A41 * k1[d] + A42 * k2[d] + A43 * k3[d])
        derivative(t + C4 * h, w, k4, p)
        for d in range(n):
            w[d] = y[d] + h * (A51 * k1[d] + A52 * k2[d] + A53 * k3[d] + A54 * k4[d])
        derivative(t + C5 * h, w, k5, p)
        for d in range(n):
            w[d] = y[d] + h * (A61 * k1[d] + A62 * k2[d] + A63 * k3[d] + A64 * k4[d] + A65 * k5[d])
        derivative(t + h, w, k6, p)
        for d in range(n):
            w[d] = y[d] + h * (B1 * k1[d] + B3 * k3[d] + B4 * k4[d] + B5 * k5[d] + B6 * k6[d])
        derivative(t + h, w, k7, p)

    return attempt


@functools.cache
def _error(n: int) -> Callable:
    def error_of(h, y, w, k1, k3, k4, k5, k6, k7, rtol, atol):
        """Return the mean square of the error, in units of what is tolerated."""
        total = 0.0
        for d in range(n):
            e = E1 * k1[d] + E3 * k3[d] + E4 * k4[d] + E5 * k5[d] + E6 * k6[d] + E7 * k7[d]
            e = h * e / _steps.tolerated(y[d], w[d], rtol[0], atol[d])
            total += e * e
        return total / n

    return error_of


@functools.cache
def _bend(n: int) -> Callable:
    def bend(h, y, w, k1, k3, k4, k5, k6, k7, curve):
        """Write the curve of a step from y to w."""
        for d in range(n):
            change = w[d] - y[d]
            curve[d] = change
            curve[n + d] = h * k1[d] - change
            curve[2 * n + d] = change - h * k7[d] - curve[n + d]
            curve[3 * n + d] = D1 * k1[d] + D3 * k3[d] + D4 * k4[d] + D5 * k5[d] + D6 * k6[d] + D7 * k7[d]

    return bend
