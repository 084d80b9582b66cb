"""The user's right-hand side, brought into the one form that the kernels call: ``derivative(t, y, slope, p)``.

A kernel keeps the state of a trajectory in memory of its own, which becomes registers where the dimension is small. The
user's function sees that as a tuple of up to `MOST` numbers, or as the array itself.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from jitkit.backends import interpreted
from jitkit.errors import KernelError, KernelTypeError

Function = Callable[..., Any]
MOST = 8
"""Numbers in a tuple that the user's function is given or returns."""
_PROBES = (1.0, 0.5, 2.0)


@functools.cache
def packer(count: int) -> Function:
    """Return ``pack(x)``: the numbers of a private array as a tuple, or the array where they are too many."""

    def pack1(x):
        return (x[0],)

    def pack2(x):
        return x[0], x[1]

    def pack3(x):
        return x[0], x[1], x[2]

    def pack4(x):
        return x[0], x[1], x[2], x[3]

    def pack5(x):
        return x[0], x[1], x[2], x[3], x[4]

    def pack6(x):
        return x[0], x[1], x[2], x[3], x[4], x[5]

    def pack7(x):
        return x[0], x[1], x[2], x[3], x[4], x[5], x[6]

    def pack8(x):
        return x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]

    def whole(x):
        return x

    return (pack1, pack2, pack3, pack4, pack5, pack6, pack7, pack8)[count - 1] if count <= MOST else whole


@functools.cache
def storer(count: int, bare: bool) -> Function:
    """Return ``put(x, value)``, which writes a tuple into a private array; `bare` where the value is a number alone."""

    def put0(x, v):
        x[0] = v

    def put1(x, v):
        x[0] = v[0]

    def put2(x, v):
        x[0], x[1] = v

    def put3(x, v):
        x[0], x[1], x[2] = v

    def put4(x, v):
        x[0], x[1], x[2], x[3] = v

    def put5(x, v):
        x[0], x[1], x[2], x[3], x[4] = v

    def put6(x, v):
        x[0], x[1], x[2], x[3], x[4], x[5] = v

    def put7(x, v):
        x[0], x[1], x[2], x[3], x[4], x[5], x[6] = v

    def put8(x, v):
        x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7] = v

    return put0 if bare else (put1, put2, put3, put4, put5, put6, put7, put8)[count - 1]


def derivative_of(f: Any, n: int, count: int, name: str, role: str = "f") -> Function:
    """Return ``derivative(t, y, slope, p)`` of private arrays for a user's function.

    Parameters
    ----------
    f : callable
        ``f(t, y)`` or ``f(t, y, p)``, which return a tuple; or ``f(t, y, dydt)`` or ``f(t, y, dydt, p)``, which write.
    n, count : int
        How many components `y` and `p` have; without parameters `count` is 0, and `f` takes no `p`.
    name, role : str
        The public function and its argument, for messages.

    Raises
    ------
    KernelError, KernelTypeError
        Where `f` is no such function, or returns another number of values.
    """
    given = 2 + (count > 0)
    taken = _taken(f, given, name, role)
    of_y, of_p = packer(n), packer(max(count, 1))
    if taken > given:
        found = _sampled(f, n, count, name, role, (np.zeros(n),))
        if found is not None and found is not ...:
            raise _miscounted(given, taken, name, role)
        return _writing(f, count > 0)
    if n > MOST:
        raise KernelError(
            f"jk.{name}: {role} returns its values, which is for up to {MOST} of them, and y0 has {_rows(n)}: write "
            f"{role}(t, y, dydt{', p' * (count > 0)}), which assigns dydt[0], dydt[1] and so on, or pass y0.T if its rows "
            "are trajectories"
        )
    put = storer(n, _probe(f, n, count, name, role))

    def derivative(t, y, slope, p):
        put(slope, f(t, of_y(y), of_p(p)))

    def derivative_alone(t, y, slope, p):
        put(slope, f(t, of_y(y)))

    return derivative if count else derivative_alone


def value_of(f: Any, n: int, count: int, name: str, role: str) -> Function:
    """Return ``value(t, y, p)`` of private arrays for a user's function ``f(t, y)`` or ``f(t, y, p)``, which returns a number.

    Raises
    ------
    KernelError, KernelTypeError
        Where it is no such function, or returns no number.
    """
    _require(f, 2 + (count > 0), f"{role}(t, y{', p' * (count > 0)}), which returns a number", name, role)
    found = _sampled(f, n, count, name, role, ())
    if found is not ... and not isinstance(found, (int, float, np.number)):
        raise KernelTypeError(f"jk.{name}: {role} returns a {type(found).__name__}: return a number")
    of_y, of_p = packer(n), packer(max(count, 1))

    def value(t, y, p):
        return f(t, of_y(y), of_p(p))

    def value_alone(t, y, p):
        return f(t, of_y(y))

    return value if count else value_alone


def matrix_of(f: Any, n: int, count: int, name: str) -> Function:
    """Return ``matrix(t, y, slope, w, u, change, p, eps)`` for a user's ``jac(t, y, dfdy)`` or ``jac(t, y, dfdy, p)``.

    Raises
    ------
    KernelError, KernelTypeError
        Where it is no such function.
    """
    _require(f, 3 + (count > 0), f"jac(t, y, dfdy{', p' * (count > 0)}), which assigns to dfdy[i, k]", name, "jac")
    found = _sampled(f, n, count, name, "jac", (np.zeros((n, n)),))
    if found is not None and found is not ...:
        raise KernelTypeError(f"jk.{name}: jac returns a value: it assigns to dfdy[i, k] how f_i changes with y_k")
    of_y, of_p = packer(n), packer(max(count, 1))

    def matrix(t, y, slope, w, u, change, p, eps):
        f(t, of_y(y), change, of_p(p))

    def matrix_alone(t, y, slope, w, u, change, p, eps):
        f(t, of_y(y), change)

    return matrix if count else matrix_alone


def _writing(f: Function, parameters: bool) -> Function:
    of_p = packer(MOST + 1)

    def derivative(t, y, slope, p):
        f(t, y, slope, of_p(p))

    def derivative_alone(t, y, slope, p):
        f(t, y, slope)

    return derivative if parameters else derivative_alone


def _taken(f: Any, given: int, name: str, role: str) -> int:
    """Return how many arguments to give to `f`."""
    least, most = _arguments_of(f, name, role)
    for taken in (given, given + 1):
        if least <= taken <= most:
            return taken
    raise _miscounted(given, most, name, role)


def _arguments_of(f: Any, name: str, role: str) -> tuple[int, int]:
    """Return how many arguments a function takes at least and at most; none where some must have names."""
    f = getattr(f, "py_func", f)
    if not isinstance(f, FunctionType):
        raise KernelError(f"jk.{name}: {role} is a plain Python function or a lambda, not {type(f).__name__}")
    code = f.__code__
    least, most = code.co_argcount - len(f.__defaults__ or ()), code.co_argcount
    return (most + 1 if code.co_kwonlyargcount else least), most


def _require(f: Any, given: int, form: str, name: str, role: str) -> None:
    """Refuse a function that does not take so many arguments."""
    least, most = _arguments_of(f, name, role)
    if not least <= given <= most:
        raise KernelError(f"jk.{name}: {role} takes {most} argument{'s' * (most != 1)}: write {form}")


def _miscounted(given: int, taken: int, name: str, role: str) -> KernelError:
    p = ", p" * (given == 3)
    return KernelError(
        f"jk.{name}: {role} takes {taken} argument{'s' * (taken != 1)}, and {'params= is' if p else 'no params= is'} "
        f"given: write {role}(t, y{p}), which returns a tuple, or {role}(t, y, dydt{p}), which assigns to dydt"
    )


def _probe(f: Any, n: int, count: int, name: str, role: str) -> bool:
    """Tell whether `f` returns a number alone, after it has been called on a few numbers."""
    found = _sampled(f, n, count, name, role, ())
    if found is ... or (n == 1 and isinstance(found, (int, float, np.number))):
        return n == 1
    if not isinstance(found, tuple) or len(found) != n:
        what = f"a tuple of {len(found)}" if isinstance(found, tuple) else f"a {type(found).__name__}"
        raise KernelTypeError(
            f"jk.{name}: {role} returns {what}, and y0 has {_rows(n)}: return a tuple of {n} number{'s' * (n != 1)}, "
            f"or pass y0.T if its rows are trajectories"
        )
    return False


def _rows(n: int) -> str:
    return f"{n} component{'s' * (n != 1)}, one to each row"


def _sampled(f: Any, n: int, count: int, name: str, role: str, extra: tuple[Any, ...]) -> Any:
    """Return what `f` gives for a few numbers, or an ellipsis where it fails on all of them."""
    call = interpreted.overlay(getattr(f, "py_func", f))
    for value in _PROBES:
        y, p = (_numbers(value, length) for length in (n, count))
        try:
            with np.errstate(all="ignore"):
                return call(np.float64(0), y, *extra, *([p] if count else []))
        except (ArithmeticError, ValueError, TypeError, IndexError) as error:
            if isinstance(error, (TypeError, IndexError)) or "unpack" in str(error):
                raise KernelTypeError(
                    f"jk.{name}: {role} failed on {n} component{'s' * (n != 1)} of y and {count} of p: {error}"
                ) from error
    return ...  # the numbers were not where it is at home


def _numbers(value: float, count: int) -> Any:
    """Return what the user's function sees of an array of that many numbers."""
    numbers = np.full(count, value)
    return tuple(numbers) if count <= MOST else numbers
