"""Result types of operators and functions, the same for every backend.

A scalar's type is a NumPy dtype (*strong*: array elements, NumPy scalars, ``np.float32(x)``) or one of the Python
types ``int``, ``float``, ``complex`` (*weak*: literals, Python scalar arguments, indices, shapes). NumPy itself is
asked for the answer, so NEP 50 holds by construction; what Python does with its own numbers stands here.

Reference: NEP 50, "Promotion rules for Python scalars", https://numpy.org/neps/nep-0050-scalar-promotion.html
"""

from __future__ import annotations

import functools

import numpy as np

Scalar = np.dtype | type
"""A strong dtype, or a weak Python type."""

BOOL = np.dtype(np.bool_)
FLOAT64 = np.dtype(np.float64)
WEAK = (int, float, complex)
_UFUNC = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
    "and_": np.bitwise_and,
    "or_": np.bitwise_or,
    "xor": np.bitwise_xor,
    "neg": np.negative,
    "pos": np.positive,
    "invert": np.invert,
    "abs": np.absolute,
}
_INTEGER_ONLY = {"lshift", "rshift", "and_", "or_", "xor", "invert"}


class PromotionError(TypeError):
    """No type rule joins these operands."""


def is_weak(scalar: Scalar) -> bool:
    """Tell whether a scalar type is one of Python's own."""
    return isinstance(scalar, type)


def kind(scalar: Scalar) -> str:
    """Return the kind letter of a scalar type: ``b``, ``i``, ``u``, ``f`` or ``c``."""
    if is_weak(scalar):
        return {int: "i", float: "f", complex: "c"}[scalar]
    return scalar.kind


def describe(scalar: Scalar) -> str:
    """Name a scalar type the way an error message should."""
    return f"Python {scalar.__name__}" if is_weak(scalar) else scalar.name


def _loop(ufunc: np.ufunc, operands: tuple[Scalar, ...]) -> tuple[Scalar, Scalar]:
    """Return (type computed in, type of the result) of NumPy's loop for these operands."""
    try:
        loop = ufunc.resolve_dtypes((*operands, *(None,) * ufunc.nout))
    except TypeError:
        names = " and ".join(describe(operand) for operand in operands)
        raise PromotionError(f"{ufunc.__name__} is not defined for {names}") from None
    return loop[0], loop[ufunc.nin]


@functools.cache
def arithmetic(name: str, *operands: Scalar) -> tuple[Scalar, Scalar]:
    """Return the type that an arithmetic operator computes in and the type of its result.

    Parameters
    ----------
    name : str
        The operator's name in the `operator` module, such as ``"add"``.
    *operands : np.dtype or type
        Its operands' types.

    Raises
    ------
    PromotionError
        Where Python and NumPy define no such operation.

    Examples
    --------
    >>> arithmetic("mul", float, np.dtype("float32"))
    (dtype('float32'), dtype('float32'))
    >>> arithmetic("truediv", int, int)
    (<class 'float'>, <class 'float'>)
    """
    if all(operand == BOOL for operand in operands) and name in ("add", "sub"):
        raise PromotionError(f"{name} of two booleans: Python counts and NumPy does not; write int(...) or | instead")
    # A boolean beside a Python number counts as one: (i > 0) * 2 stays a Python int and widens nothing.
    if BOOL in operands and any(is_weak(operand) for operand in operands):
        operands = tuple(int if operand == BOOL else operand for operand in operands)
    if all(is_weak(operand) for operand in operands):
        return _python_arithmetic(name, operands)
    return _loop(_UFUNC[name], operands)


def _python_arithmetic(name: str, operands: tuple[Scalar, ...]) -> tuple[Scalar, Scalar]:
    widest = max(operands, key=WEAK.index)
    if (widest is not int and name in _INTEGER_ONLY) or (widest is complex and name in ("floordiv", "mod")):
        raise PromotionError(f"{name} is not defined for {' and '.join(map(describe, operands))}")
    if name == "truediv" and widest is int:
        return float, float
    if name == "abs" and widest is complex:
        return complex, float
    return widest, widest


@functools.cache
def comparison(*operands: Scalar) -> Scalar:
    """Return the type in which two scalars are compared (``int64`` against ``uint64`` stays exact: see the caller)."""
    if all(is_weak(operand) for operand in operands):
        return max(operands, key=WEAK.index)
    if is_weak(operands[0]) or is_weak(operands[1]):
        weak, strong = operands if is_weak(operands[0]) else operands[::-1]
        # A Python int out of the dtype's range still compares by value (NumPy 2), so small integers compare as int64.
        if weak is int and strong.kind in "iub":
            return int if strong != np.dtype(np.uint64) else strong
    return _loop(np.less, operands)[0]


@functools.cache
def common(*operands: Scalar) -> Scalar:
    """Return the type that ``a if c else b``, ``min`` and ``max`` give: the operands' common type.

    Examples
    --------
    >>> common(float, np.dtype("float32"))
    dtype('float32')
    """
    weak = [operand for operand in operands if is_weak(operand)]
    strong = [operand for operand in operands if not is_weak(operand)]
    widest = max(weak, key=WEAK.index, default=None)
    if not strong or widest is None:
        return widest or np.result_type(*strong)
    return arithmetic("add", np.result_type(*strong), widest)[1]


@functools.cache
def numpy_common(*operands: Scalar) -> np.dtype:
    """Return the type that ``np.where`` and ``np.clip`` give: NumPy's own answer, always strong.

    Examples
    --------
    >>> numpy_common(int, int)
    dtype('int64')
    """
    return np.result_type(*(operand(0) if is_weak(operand) else operand for operand in operands))


@functools.cache
def math_function(*operands: Scalar) -> Scalar:
    """Return the floating type of a function of the `math` module.

    Python's own `math` always answers with a Python float, which would take a float32 kernel through float64. jitkit
    keeps the precision of the argument: float32 in, float32 out; Python numbers, integers and booleans give a Python float.
    """
    if any(kind(operand) == "c" for operand in operands):
        raise PromotionError("the math module takes real numbers: use the NumPy function for complex ones")
    floats = [operand for operand in operands if not is_weak(operand) and operand.kind == "f"]
    if not floats:
        return float
    return functools.reduce(np.promote_types, floats)


@functools.cache
def numpy_function(ufunc: np.ufunc, *operands: Scalar) -> tuple[Scalar, Scalar]:
    """Return (type computed in, type of the result) of a NumPy function: NumPy's own answer, always strong."""
    return _loop(ufunc, operands)
