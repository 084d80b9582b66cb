"""Events: where functions of time and state are zero, found on the curve that a method draws between two steps.

Which changes of sign count, and what a terminal event leaves out, is as in SciPy's `solve_ivp`. Roots: T. R. Chandrupatla,
"A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function without using derivatives", Adv.
Eng. Softw. 28, 145-149, 1997.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.errors import KernelTypeError
from jitkit.ode import _systems
from jitkit.ode._curve import state_on

_TURNS = 100


class Events(NamedTuple):
    """What a kernel calls for the events of a trajectory.

    Attributes
    ----------
    room : int
        Functions, 1 where there are none.
    begin : callable
        ``begin(t, y, g, p)`` writes the functions' values at the start.
    look : callable
        ``look(i, t, after, y, w, curve, g, log, p, least)`` writes down what happened in a step from y to w, and returns
        the time of a terminal event, NaN without one.
    watching : bool
        Whether there are any.
    """

    room: int
    begin: Callable[..., None]
    look: Callable[..., Any]
    watching: bool


def rules_of(events: Any, name: str) -> tuple[tuple[Any, ...], np.ndarray]:
    """Return functions, and for each the number of its zeros that ends a trajectory, and the direction that counts.

    Raises
    ------
    KernelTypeError
        For what is no function.
    ValueError
        For another `terminal` or `direction` than SciPy takes.
    """
    functions = () if events is None else tuple(events) if isinstance(events, Iterable) else (events,)
    rules = np.zeros((2, len(functions)))
    for k, function in enumerate(functions):
        if not callable(function):
            raise KernelTypeError(f"jk.{name}: events= takes a function or several, and events[{k}] is {function!r}")
        terminal, direction = getattr(function, "terminal", None) or 0, getattr(function, "direction", 0)
        if isinstance(terminal, str) or terminal != int(terminal) or terminal < 0:
            raise ValueError(f"jk.{name}: events[{k}].terminal is {terminal!r}; it is a boolean or an integer above 0")
        if not isinstance(direction, (int, float, np.number)):
            raise ValueError(f"jk.{name}: events[{k}].direction is {direction!r}; it is a number")
        rules[:, k] = terminal or np.inf, np.sign(direction)
    return functions, rules


def events_of(functions: Sequence[Any], n: int, count: int, name: str) -> Events:
    """Return the events of a kernel for users' functions.

    Raises
    ------
    KernelError, KernelTypeError
        Where one is no function that kernels can call, or returns no number.
    """

    def nothing(t, y, values, p):
        pass

    def never(i, t, after, y, w, curve, g, log, p, least):
        return math.nan

    if not functions:
        return Events(1, nothing, never, False)
    evaluate = nothing
    for k, function in enumerate(functions):
        evaluate = _and_next(evaluate, _systems.value_of(function, n, count, name, f"events[{k}]"), k)
    return Events(len(functions), evaluate, _look(evaluate, n, len(functions)), True)


def _and_next(first: Callable[..., None], value: Callable[..., Any], k: int) -> Callable[..., None]:
    def evaluate(t, y, values, p):
        first(t, y, values, p)
        values[k] = value(t, y, p)

    return evaluate


def _look(evaluate: Callable[..., None], n: int, m: int) -> Callable[..., Any]:
    at, root_of = state_on(n), _root(evaluate, n, m)

    def look(i, t, after, y, w, curve, g, log, p, least):
        times, states, counts, rules = log
        values, roots, u = jk.local(m, y.dtype), jk.local(m, y.dtype), jk.local(n, y.dtype)
        evaluate(after, w, values, p)
        for e in range(m):
            rises = rules[1, e] >= 0 and g[e] <= 0 and values[e] >= 0
            falls = rules[1, e] <= 0 and g[e] >= 0 and values[e] <= 0
            roots[e] = math.nan
            if rises or falls:
                roots[e] = root_of(e, t, after, g[e], values[e], y, curve, p, least)
        last = 2.0
        for e in range(m):
            if roots[e] < last and counts[e, i] + 1 >= rules[0, e]:
                last = roots[e]
        for e in range(m):
            if roots[e] <= last:
                if counts[e, i] < times.shape[1]:
                    at(roots[e], after - t, y, curve, u)
                    times[e, counts[e, i], i] = t + roots[e] * (after - t)
                    for d in range(n):
                        states[e, d, counts[e, i], i] = u[d]
                counts[e, i] += 1
            g[e] = values[e]
        return t + last * (after - t) if last <= 1.0 else math.nan

    return look


def _root(evaluate: Callable[..., None], n: int, m: int) -> Callable[..., Any]:
    at = state_on(n)

    def root_of(e, t, after, before, behind, y, curve, p, least):
        """Return the fraction of a step at which a function is zero, from its values at both ends."""
        u, values = jk.local(n, y.dtype), jk.local(m, y.dtype)
        a, b, fa, fb, x = 0.0 * t, 0.0 * t + 1.0, before, behind, 0.5 + 0.0 * t
        near = 0.2 * least * max(abs(t), abs(after)) / abs(after - t)
        turn, found = 0, a if before == 0 else b
        searching = before != 0 and behind != 0
        while searching:
            place = a + x * (b - a)
            at(place, after - t, y, curve, u)
            evaluate(t + place * (after - t), u, values, p)
            f = values[e]
            c, fc = b, fb
            if (f > 0) == (fa > 0):
                c, fc = a, fa
            else:
                b, fb = a, fa
            a, fa = place, f
            found = a if abs(fa) < abs(fb) else b
            tolerance = (near + 0.1 * least * abs(found)) / abs(b - a)
            x = 0.5 + 0.0 * t
            xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
            if phi * phi < xi and (1.0 - phi) * (1.0 - phi) < 1.0 - xi:
                x = fa / (fb - fa) * (fc / (fb - fc)) + (c - a) / (b - a) * (fa / (fc - fa)) * (fb / (fc - fb))
            x = min(1.0 - tolerance, max(tolerance, x))
            turn += 1
            searching = tolerance <= 0.5 and fa != 0 and turn < _TURNS
        return found

    return root_of
