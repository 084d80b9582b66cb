"""solve_ensemble: initial value problems of ordinary differential equations, thousands at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any, Literal

import numpy as np

from jitkit import operands
from jitkit.arrays import asarray, full, to_numpy, zeros
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.ode import _arguments, _events, _rodas4, _systems
from jitkit.ode._dopri5 import dopri5_kernel
from jitkit.ode._result import OdeResult
from jitkit.ode._rk4 import rk4_kernel
from jitkit.ode._solution import OdeSolution, keeping_of, room_for
from jitkit.plans import remember
from jitkit.primitives._identity import identity_of

Method = Literal["dopri5", "RK45", "rodas4", "rk4"]
_NAME = "ode.solve_ensemble"
_METHODS = {"dopri5": "dopri5", "RK45": "dopri5", "rodas4": "rodas4", "rk4": "rk4"}
_plans: dict[Hashable, Launcher] = {}


def solve_ensemble(
    f: Callable[..., Any],
    t_span: tuple[float, float],
    y0: Any,
    params: Any = None,
    *,
    method: Method = "dopri5",
    t_eval: Any = None,
    dt: float | None = None,
    rtol: float = 1e-3,
    atol: Any = 1e-6,
    first_step: float | None = None,
    max_step: float = math.inf,
    max_steps: int = 100_000,
    jac: Callable[..., Any] | None = None,
    events: Any = None,
    max_events: int = 10,
    dense_output: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> OdeResult:
    """Solve ``dy/dt = f(t, y, p)`` from many initial states at once, one trajectory to each point of a launch.

    Parameters
    ----------
    f : callable
        A plain Python function in the language of kernels. For up to 8 components ``f(t, y, p)`` returns a tuple, of
        tuples; for any number ``f(t, y, dydt, p)`` assigns to the elements of an array. Without `params` there is no
        ``p``.
    t_span : tuple of two floats
        Where to start and to end; the end may lie before the start.
    y0 : array_like or device array, shape (n, trajectories) or (n,)
        The initial states, float32 or float64; other numbers become float64. Trajectories lie along the last axis, so
        that neighbouring lanes of a vector touch neighbouring elements, and as in SciPy components come first. A single
        one serves all `params`.
    params : number, sequence of numbers and arrays, or array of shape (k,) or (k, trajectories), optional
        The parameters: each a number, or an array with a value for each trajectory. `f` sees a tuple of numbers, or an
        array where there are more than 8.
    method : {"dopri5", "RK45", "rodas4", "rk4"}
        Dormand and Prince's with steps as the error asks, under either name; Hairer and Wanner's RODAS for stiff systems
        of up to 64 components, with steps as the error asks; or the classical Runge-Kutta method with fixed steps.
    t_eval : array_like, shape (points,), optional
        Where to return the state; the start and the end unless given.
    dt : float
        For ``"rk4"``: the length of a step. What lies between two points of `t_eval` is cut into equal steps, none longer.
    rtol, atol : float
        For all but ``"rk4"``: an error of ``atol + rtol * abs(y)`` is tolerated in each step; `atol` may be an array of shape
        (n,). An `rtol` below 100 times the spacing of the dtype is raised to that, and an `atol` of 0 to its smallest
        normal number, so that components that are 0 and stay there do not hold up the others.
    first_step, max_step : float, optional
        For all but ``"rk4"``: the first step, chosen by its derivatives unless given, and the longest one.
    max_steps : int
        For all but ``"rk4"``: attempts after which a trajectory is given up.
    jac : callable, optional
        For ``"rodas4"``: ``jac(t, y, dfdy, p)`` assigns to ``dfdy[i, k]``, for all `i` and `k`, how component `i` of `f`
        changes with component `k` of `y`. Found by differences unless given.
    events : callable or sequence of callables, optional
        For all but ``"rk4"``: functions ``event(t, y, p)`` that return a number, and happen where it is zero. As in
        SciPy, an attribute ``terminal = True``, or the number of times, ends a trajectory, and ``direction`` of 1 or -1
        counts only zeros where the number rises or falls.
    max_events : int
        How many times of each event are returned for each trajectory; all are counted.
    dense_output : bool
        For all but ``"rk4"``: also return `sol`, which gives the states at any time. All is solved twice, first to count
        the steps, and ``2 + 5 n`` numbers are kept for each step of each trajectory.
    out : array, shape (n, points, trajectories), optional
        Where `y` goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    OdeResult
        With `t`, `y` of shape (n, points, trajectories), and `nfev`, `accepted`, `rejected`, `status` for each
        trajectory; where there are `events`, with `n_events`, `t_events` and `y_events`, and with `sol`, an `OdeSolution`,
        where there is `dense_output`. A trajectory that fails says so in
        its status and leaves the others alone.

    Raises
    ------
    ValueError
        For times, steps and tolerances that make no sense, as in SciPy.
    LaunchError
        For shapes that do not belong together.
    KernelTypeError
        For what are no real numbers.
    KernelError
        Where `f` is no function that kernels can call.

    Notes
    -----
    J. R. Dormand, P. J. Prince, "A family of embedded Runge-Kutta formulae", J. Comput. Appl. Math. 6, 19-26, 1980;
    control of the steps and interpolation by E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential
    Equations I", 1993, II.4 and II.6. In float64 each trajectory takes the steps of ``scipy.integrate.solve_ivp``. For
    stiff systems: E. Hairer, G. Wanner, "Solving Ordinary Differential Equations II", 1996, IV.7.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> def lorenz(t, y, p):
    ...     s, r, b = p
    ...     return s * (y[1] - y[0]), y[0] * (r - y[2]) - y[1], y[0] * y[1] - b * y[2]
    >>> y0 = np.ones((3, 1000)) + 1e-3 * np.random.default_rng(0).random((3, 1000))
    >>> found = jk.ode.solve_ensemble(lorenz, (0, 2), y0, params=(10, 28, 8 / 3), t_eval=[1, 2])
    >>> found.y.shape
    (3, 2, 1000)

    A ball that is thrown, until it comes down:

    >>> def height(t, y):
    ...     return y[0]
    >>> height.terminal, height.direction = True, -1
    >>> thrown = np.array([[0.0, 0.0], [10.0, 20.0]])
    >>> jk.ode.solve_ensemble(lambda t, y: (y[1], -10), (0, 100), thrown, events=height).t_events[0, 0].round(9)
    array([2., 4.])
    """
    if method not in _METHODS:
        raise ValueError(f"jk.{_NAME}: method={method!r}; there are {', '.join(map(repr, _METHODS))}")
    start, end = _arguments.interval(t_span, _NAME)
    times = _arguments.times(t_eval, start, end, _NAME)
    y, p, count = _arguments.ensemble(y0, params, _NAME)
    dtype, device = operands.dtype_of(y), operands.device_of(y)
    functions, rules = _events.rules_of(events, _NAME)
    launcher = _plan(f, y.shape[0], count, _METHODS[method], functions, jac, bool(dense_output))
    if method == "rk4":
        given = _fixed_steps(dt, start, times)
    else:
        given = (
            times,
            *_tolerances(rtol, atol, y.shape[0], dtype),
            _limits(start, end, first_step, max_step, dtype),
            np.array([_arguments.whole(max_steps, "max_steps", _NAME)]),
        )
    if dense_output:
        y = operands.copied(y)  # it is read twice, and `out` may lie over it
    shape = (y.shape[0], times.size, y.shape[1])
    result = operands.result(out, shape, dtype, device, _NAME, (y, p))
    counts = operands.made((4, shape[2]), (np.dtype(np.int64),), device)
    placed = [_placed(x, dtype, device) for x in given]
    tables = [_placed(x, dtype, device) for x in (_rodas4.TABLEAU, _rodas4.PLACES, _rodas4.CURVE) if method == "rodas4"]

    def run(steps: np.ndarray | None) -> tuple[Any, Any]:
        """Solve, and return what happened and the curves of so many steps of each trajectory."""
        log = _log(shape[0], shape[2], rules, max_events, dtype, device)
        kept = room_for(shape[0], steps, shape[2], dtype, device)
        if shape[2]:
            written = () if method == "rk4" else (log, kept)
            launcher(shape[2], backend)(y, p, result, counts, *placed, *written, *tables)
        return log, kept

    log, kept = run(None)
    if dense_output:
        log, kept = run(to_numpy(counts[1]))
    nfev, accepted, rejected, status = (counts[k] for k in range(4))
    t_events, y_events, n_events, _ = log if functions else (None,) * 4
    sol = OdeSolution(min(start, end), max(start, end), end >= start, *kept) if dense_output else None
    states = operands.delivered(result, out, _NAME)
    return OdeResult(times, states, nfev, accepted, rejected, status, n_events, t_events, y_events, sol)


def _placed(x: np.ndarray, dtype: np.dtype[Any], device: str | None) -> Any:
    return asarray(x.astype(dtype) if x.dtype.kind == "f" else x, device=device)


def _log(
    n: int, trajectories: int, rules: np.ndarray, most: int, dtype: np.dtype[Any], device: str | None
) -> tuple[Any, ...]:
    """Return what events write to: their times, states and counts; and the rules."""
    events, room = rules.shape[1], _arguments.whole(most, "max_events", _NAME) if rules.size else 0
    return (
        full((events, room, trajectories), math.nan, dtype, device=device),
        full((events, n, room, trajectories), math.nan, dtype, device=device),
        zeros((events, trajectories), np.int64, device=device),
        _placed(rules, dtype, device),
    )


def _plan(f: Any, n: int, count: int, method: str, functions: tuple[Any, ...], jac: Any, dense: bool) -> Launcher:
    jacobian = None if jac is None else identity_of(jac)
    key = (identity_of(f), n, count, method, *map(identity_of, functions), jacobian, dense)
    found = _plans.get(key)
    if found is None:
        found = remember(_plans, key, Launcher(_kernel(f, n, count, method, functions, jac, dense)))
    return found


def _kernel(f: Any, n: int, count: int, method: str, functions: tuple[Any, ...], jac: Any, dense: bool) -> Kernel:
    """Return the kernel of a method for the user's functions.

    Raises
    ------
    ValueError
        For functions that the method has no use for.
    """
    if functions and method == "rk4":
        raise ValueError(f"jk.{_NAME}: method='rk4' finds no events; take 'dopri5' or 'rodas4'")
    if dense and method == "rk4":
        raise ValueError(f"jk.{_NAME}: method='rk4' draws no curves for dense_output=; take 'dopri5' or 'rodas4'")
    if jac is not None and method != "rodas4":
        raise ValueError(f"jk.{_NAME}: jac= is for method='rodas4', not {method!r}")
    derivative = _systems.derivative_of(f, n, count, _NAME)
    if method == "rk4":
        return rk4_kernel(derivative, n, count)
    events, keeping = _events.events_of(functions, n, count, _NAME), keeping_of(n, dense)
    if method == "dopri5":
        return dopri5_kernel(derivative, n, count, events, keeping)
    if n > _rodas4.MOST_COMPONENTS:
        raise LaunchError(f"jk.{_NAME}: method='rodas4' takes up to {_rodas4.MOST_COMPONENTS} components, not {n}")
    matrix = None if jac is None else _systems.matrix_of(jac, n, count, _NAME)
    return _rodas4.rodas4_kernel(derivative, n, count, events, keeping, matrix)


def _fixed_steps(dt: float | None, start: float, times: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return where each stretch begins, the length of its steps, and their number."""
    if dt is None:
        raise ValueError(f"jk.{_NAME}: method='rk4' takes steps of one length: give dt=")
    starts = np.concatenate([[start], times])[: times.size]
    lengths = times - starts
    # A length that is a multiple of dt but for its rounding is cut into that many.
    repeats = np.ceil(np.abs(lengths) / _arguments.positive(dt, "dt", _NAME) * (1 - 1e-12))
    repeats = np.maximum(repeats, lengths != 0)  # one step, and not none, where dt is infinite
    if not (repeats < 2**53).all():
        raise ValueError(f"jk.{_NAME}: dt is {dt!r}, too small for t_span")
    return starts, lengths / np.maximum(repeats, 1), repeats.astype(np.int64)


def _tolerances(rtol: Any, atol: Any, n: int, dtype: np.dtype[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the relative tolerance, and the absolute one of each component."""
    if not isinstance(rtol, (int, float, np.number)) or not rtol >= 0:
        raise ValueError(f"jk.{_NAME}: rtol is {rtol!r}; give a number from 0")
    absolute = operands.floating(atol, f"{_NAME}, atol").astype(np.float64)
    if absolute.ndim and absolute.shape != (n,):
        raise LaunchError(
            f"jk.{_NAME}: atol has the shape {absolute.shape}; give a number, or an array of shape ({n},)"
        )
    if not (absolute >= 0).all():
        raise ValueError(f"jk.{_NAME}: atol is {atol!r}; give numbers from 0")
    # A component that is 0 and stays there has no error: with the smallest number that is 0 of it, and not 0 / 0.
    absolute = np.maximum(absolute, float(np.finfo(dtype).tiny))
    return np.array([max(float(rtol), 100 * float(np.finfo(dtype).eps))]), np.broadcast_to(absolute, (n,)).copy()


def _limits(start: float, end: float, first: float | None, longest: float, dtype: np.dtype[Any]) -> np.ndarray:
    """Return what the kernel knows about time; see `dopri5_kernel`."""
    if first is not None and _arguments.positive(first, "first_step", _NAME) > abs(end - start):
        raise ValueError(f"jk.{_NAME}: first_step is {first!r}, longer than t_span")
    least = 10 * float(np.finfo(dtype).eps)
    longest = _arguments.positive(longest, "max_step", _NAME)
    return np.array([start, end, first or 0.0, longest, 1.0 if end >= start else -1.0, least])
