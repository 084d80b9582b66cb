"""sgd_step and adam_step: one step of an optimiser, in place, in one kernel."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.launcher import Launcher


@jk.kernel
def _plain(k, p, grad, rate, decay, start):
    i = start + k
    p[i] -= rate * (grad[i] + decay * p[i])


@jk.kernel
def _momentum(k, p, grad, velocity, rate, momentum, ahead, decay, start):
    i = start + k
    step = rate * (grad[i] + decay * p[i])
    moved = momentum * velocity[i] - step
    velocity[i] = moved
    p[i] += momentum * moved - step if ahead else moved


@jk.kernel
def _adam(k, p, grad, mean, square, rate, keep, keep_square, eps, decay, start):
    i = start + k
    slope = grad[i] + decay * p[i]
    m = keep * mean[i] + (1 - keep) * slope
    v = keep_square * square[i] + (1 - keep_square) * slope * slope
    mean[i] = m
    square[i] = v
    p[i] -= rate * m / (math.sqrt(v) + eps)


plain, with_momentum, adam = Launcher(_plain), Launcher(_momentum), Launcher(_adam)


def advance(rule: Launcher, args: tuple[Any, ...], n: int, decay: float, decayed: int, backend: str | None) -> None:
    """Take a step of a rule, in which the first `decayed` of n parameters decay.

    The others take a launch of their own: a comparison with each index doubled the time of Adam (float32, one core).
    """
    first = decayed if decay else 0
    if first:
        rule(first, backend)(*args, decay, 0)
    if n > first:
        rule(n - first, backend)(*args, 0.0, first)


def adam_rate(rate: float, step: int, beta_1: float, beta_2: float) -> float:
    """Return the learning rate of a step, with the correction for averages that began at zero."""
    return rate * math.sqrt(1 - beta_2**step) / (1 - beta_1**step)


def sgd_step(
    p: Any,
    grad: Any,
    learning_rate: float = 1e-3,
    *,
    velocity: Any = None,
    momentum: float = 0.9,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    backend: str | None = None,
) -> Any:
    """Move parameters against their gradient, in place, with momentum where a velocity is given.

    Parameters
    ----------
    p : contiguous array or device array of float32 or float64
        The parameters; changed.
    grad : array of the shape and dtype of `p`
        Their gradient.
    learning_rate : float, default 1e-3
        The factor of the gradient.
    velocity : array of the shape and dtype of `p`, optional
        What the steps before left, zeros at first; changed. Without it there is no momentum.
    momentum : float, default 0.9
        How much of the velocity is kept.
    nesterov : bool, default False
        Look ahead along the velocity.
    weight_decay : float, default 0.0
        Times the parameters, added to the gradient.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        `p`.

    Raises
    ------
    KernelTypeError, LaunchError
        For arrays of another type or shape, and parameters that cannot be changed where they lie.

    Notes
    -----
    I. Sutskever, J. Martens, G. Dahl, G. Hinton, On the importance of initialization and momentum in deep learning, ICML
    2013. As scikit-learn has it, the velocity holds steps: ``velocity = momentum * velocity - learning_rate * grad``.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> p, velocity = np.array([1.0, 2.0]), np.zeros(2)
    >>> jk.ml.sgd_step(p, np.array([1.0, 0.0]), 0.5, velocity=velocity)
    array([0.5, 2. ])
    """
    name = "ml.sgd_step"
    flat, slopes, *rest = _given(name, p=p, grad=grad, **({} if velocity is None else {"velocity": velocity}))
    rate, share, decay = _numbers(name, learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay)
    n = flat.shape[0]
    if rest:
        args = (flat, slopes, rest[0], rate, share, bool(nesterov))
        advance(with_momentum, args, n, decay, n, backend)
    else:
        advance(plain, (flat, slopes, rate), n, decay, n, backend)
    return p


def adam_step(
    p: Any,
    grad: Any,
    mean: Any,
    square: Any,
    step: int,
    learning_rate: float = 1e-3,
    *,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.0,
    backend: str | None = None,
) -> Any:
    """Move parameters by one step of Adam, in place.

    Parameters
    ----------
    p : contiguous array or device array of float32 or float64
        The parameters; changed.
    grad : array of the shape and dtype of `p`
        Their gradient.
    mean, square : array of the shape and dtype of `p`
        Running averages of the gradient and of its square, zeros at first; changed.
    step : int
        Which step this is, from 1.
    learning_rate : float, default 1e-3
        About how far parameters move.
    beta_1, beta_2 : float, default 0.9 and 0.999
        How much of the averages is kept.
    epsilon : float, default 1e-8
        Added to the root of the average square.
    weight_decay : float, default 0.0
        Times the parameters, added to the gradient.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        `p`.

    Raises
    ------
    KernelTypeError, LaunchError
        As `sgd_step`, and for a step before 1.

    Notes
    -----
    D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, ICLR 2015, in the form with the correction in the
    learning rate, as scikit-learn has it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> p, mean, square = np.array([1.0, 2.0]), np.zeros(2), np.zeros(2)
    >>> jk.ml.adam_step(p, np.array([1.0, 0.0]), mean, square, 1, 0.5).round(4)
    array([0.5, 2. ])
    """
    name = "ml.adam_step"
    step = operands.integer(step, 1, "step", name)
    flat, slopes, means, squares = _given(name, p=p, grad=grad, mean=mean, square=square)
    rate, *rest, decay = _numbers(
        name, learning_rate=learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, weight_decay=weight_decay
    )
    n = flat.shape[0]
    args = (flat, slopes, means, squares, adam_rate(rate, step, *rest[:2]), *rest)
    advance(adam, args, n, decay, n, backend)
    return p


def _numbers(name: str, **values: Any) -> list[float]:
    return [operands.number(value, what, name) for what, value in values.items()]


def _given(name: str, **arrays: Any) -> list[Any]:
    """Return arrays that a step changes as vectors that lie in the same memory."""
    p = operands.array(arrays["p"], name)
    dtype = operands.dtype_of(p)
    if dtype not in (np.float32, np.float64):
        raise KernelTypeError(f"jk.{name}: parameters are float32 or float64, not {dtype}; convert with .astype(...)")
    flat = []
    for key, x in arrays.items():
        if not hasattr(x, "shape") or operands.dtype_of(x) != dtype or tuple(x.shape) != tuple(p.shape):
            raise LaunchError(
                f"jk.{name}: {key}= is an array of {dtype} and the shape {tuple(p.shape)}, as the parameters"
            )
        if isinstance(x, np.ndarray) and key != "grad" and not (x.flags.c_contiguous and x.flags.writeable):
            raise LaunchError(
                f"jk.{name}: {key}= is changed where it lies; pass a contiguous array that can be written"
            )
        flat.append(x.reshape((-1,)))
    return flat
