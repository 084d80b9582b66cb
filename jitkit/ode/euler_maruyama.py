"""euler_maruyama: ensembles of paths of stochastic differential equations."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import asarray
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.ode import _arguments, _systems, _trajectory
from jitkit.ode._result import OdeResult
from jitkit.plans import remember
from jitkit.primitives._identity import identity_of
from jitkit.random.numbers import normal_pair, normal_pair32, positive_unit, unit
from jitkit.random.philox import block

_NAME = "ode.euler_maruyama"
_plans: dict[Hashable, Launcher] = {}


@functools.cache
def normals_into(wide: bool) -> tuple[Callable, int]:
    """Return ``draw(z, first, key, path, counter)``, which writes normal numbers of one block, and how many it writes."""

    def draw2(z, first, key, path, counter):
        a, b, c, d = block(key, path, counter)
        z[first], z[first + 1] = normal_pair(positive_unit(a, b), unit(c, d))

    def draw4(z, first, key, path, counter):
        a, b, c, d = block(key, path, counter)
        z[first], z[first + 1] = normal_pair32(a, b)
        z[first + 2], z[first + 3] = normal_pair32(c, d)

    return (draw2, 2) if wide else (draw4, 4)


def euler_maruyama_kernel(drift: Callable, diffusion: Callable, n: int, count: int, wide: bool) -> Kernel:
    """Return the kernel for n components, with numbers of float64 where `wide`.

    It takes ``every[0]`` steps of length ``h[0]`` between two points of time. As many steps as a block has normal numbers
    share n blocks: none of their words is left over.
    """
    draw, per = normals_into(wide)
    room, numbers = max(count, 1), n * per
    load, save, finite = _trajectory.load_of(n, count), _trajectory.save_of(n), _trajectory.finite_of(n)

    @jk.kernel
    def euler_maruyama(i, start, params, out, counts, begin, h, every, key):
        y, a, b = jk.local(n, start.dtype), jk.local(n, start.dtype), jk.local(n, start.dtype)
        p, z = jk.local(room, start.dtype), jk.local(numbers, start.dtype)
        load(i, start, params, y, p)
        step, root = 0, math.sqrt(h[0])
        for m in range(out.shape[1]):
            while step < m * int(every[0]):
                phase = step % per
                if phase == 0:
                    for d in range(n):
                        draw(z, d * per, key, i, step // per * n + d)
                t = begin[0] + step * h[0]
                drift(t, y, a, p)
                diffusion(t, y, b, p)
                for d in range(n):
                    y[d] += h[0] * a[d] + root * b[d] * z[d * per + phase]
                step += 1
            save(i, m, y, out)
        counts[0, i], counts[1, i], counts[2, i], counts[3, i] = step, step, 0, 0 if finite(y) else -3

    return euler_maruyama


def euler_maruyama(
    drift: Callable[..., Any],
    diffusion: Callable[..., Any],
    t_span: tuple[float, float],
    y0: Any,
    n_steps: int,
    params: Any = None,
    *,
    save_every: int | None = None,
    rng: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> OdeResult:
    """Follow ``dy = drift(t, y, p) dt + diffusion(t, y, p) dW`` along many paths, each with noise of its own.

    Parameters
    ----------
    drift, diffusion : callable
        Plain Python functions in the language of kernels, as `solve_ensemble` takes them. The noise is diagonal: component
        k of the diffusion multiplies a Wiener process of its own. The integral is Ito's.
    t_span : tuple of two floats
        Where to start and to end; the end lies behind the start.
    y0 : array_like or device array, shape (n, paths) or (n,)
        The initial states, float32 or float64; other numbers become float64. Paths lie along the last axis. A single one
        serves all `params`.
    n_steps : int
        How many steps of equal length to take.
    params : number, sequence of numbers and arrays, or array of shape (k,) or (k, paths), optional
        The parameters, as in `solve_ensemble`.
    save_every : int, optional
        Return the state at the start and after each so many steps, which divide `n_steps`; at both ends unless given.
    rng : Generator, int, sequence of int, numpy.random.SeedSequence or numpy.random.Generator, optional
        What the noise comes from, as `jk.random.default_rng` takes it; fresh entropy unless given. The noise of a step
        depends on it, on the path's place and the step alone: it is the same on every backend, and a part of an ensemble
        runs as it did in the whole.
    out : array, shape (n, points, paths), optional
        Where `y` goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    OdeResult
        With `t` and `y` of shape (n, points, paths).

    Raises
    ------
    ValueError
        For times and numbers of steps that make no sense.
    LaunchError
        For shapes that do not belong together.
    KernelError
        Where `drift` or `diffusion` is no function that kernels can call.

    Notes
    -----
    G. Maruyama, "Continuous Markov processes and stochastic equations", Rend. Circ. Mat. Palermo 4, 48-90, 1955: of strong
    order 1/2, or 1 where the diffusion is constant, and of weak order 1 (P. E. Kloeden, E. Platen, "Numerical Solution of
    Stochastic Differential Equations", Springer 1992, sections 9 and 10.2). The normal numbers are those of Philox4x32-10
    by the transform of Box and Muller; see `jk.random`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> found = jk.ode.euler_maruyama(  # a stock of drift 5 % and volatility 20 % a year
    ...     lambda t, y, p: p[0] * y[0], lambda t, y, p: p[1] * y[0], (0, 1), np.full((1, 50_000), 100.0), 64, (0.05, 0.2), rng=7
    ... )
    >>> bool(abs(found.y[0, -1].mean() - 100 * np.exp(0.05)) < 0.5)
    True
    """
    start, end = _arguments.interval(t_span, _NAME)
    steps = _arguments.whole(n_steps, "n_steps", _NAME)
    every = steps if save_every is None else _arguments.whole(save_every, "save_every", _NAME)
    if steps % every:
        raise ValueError(f"jk.{_NAME}: save_every is {every}, which does not divide the {steps} steps")
    if end <= start:
        raise ValueError(f"jk.{_NAME}: t_span is {t_span!r}; noise runs forward, so the end lies behind the start")
    y, p, count = _arguments.ensemble(y0, params, _NAME)
    dtype, device = operands.dtype_of(y), operands.device_of(y)
    times = np.linspace(start, end, steps // every + 1)
    shape = (y.shape[0], times.size, y.shape[1])
    result = operands.result(out, shape, dtype, device, _NAME)
    counts = operands.made((4, shape[2]), (np.dtype(np.int64),), device)
    launcher = _plan(drift, diffusion, shape[0], count, dtype == np.float64)
    key = jk.random.default_rng(rng).new_key()
    if shape[2]:
        begin, h = (asarray(np.array([x], dtype), device=device) for x in (start, (end - start) / steps))
        launcher(shape[2], backend)(y, p, result, counts, begin, h, asarray(np.array([every]), device=device), key)
    return OdeResult(times, operands.delivered(result, out, _NAME), *(counts[k] for k in range(4)))


def _plan(drift: Any, diffusion: Any, n: int, count: int, wide: bool) -> Launcher:
    key = (identity_of(drift), identity_of(diffusion), n, count, wide)
    found: Launcher | None = _plans.get(key)
    if found is None:
        a = _systems.derivative_of(drift, n, count, _NAME, "drift")
        b = _systems.derivative_of(diffusion, n, count, _NAME, "diffusion")
        found = remember(_plans, key, Launcher(euler_maruyama_kernel(a, b, n, count, wide)))
    return found
