"""Operators on every pair of types: the values of NumPy, in NumPy's type, in every bit."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import jitkit as jk

INTEGERS = [np.dtype(code) for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")]
FLOATS = [np.dtype(code) for code in ("f2", "f4", "f8")]
COMPLEX = [np.dtype(code) for code in ("c8", "c16")]
BOOL = np.dtype(bool)
ONE_HALF = 0.5  # a constant that kernels close over
SEVEN = 7


def named(dtype: Any) -> str:
    return dtype.name


def special(dtype: np.dtype) -> list:
    """Return the numbers at which operators go wrong."""
    if dtype == BOOL:
        return [False, True]
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        near_zero = [0, 1, 2, 3, 7, 8, 31, 33, 64, 100]
        return [
            *near_zero,
            limits.max,
            limits.max - 1,
            limits.min,
            *([-1, -2, -3, -7, limits.min + 1] * (dtype.kind == "i")),
        ]
    limits = np.finfo(dtype)
    floats = [0.0, 0.5, 1.0, 1.5, 3.0, 7.0, 0.1, 1e3, limits.max, limits.tiny, limits.smallest_subnormal, np.inf]
    return [*floats, *(-x for x in floats), np.nan]


def pairs(left: np.dtype, right: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Return every combination of the special numbers of two types, padded past a whole number of vectors."""
    both = list(itertools.product(special(left), special(right)))
    x, y = zip(*(both + both[: 5 - len(both) % 4]), strict=True)
    return np.array(x, left), np.array(y, right)


def assert_same(found: np.ndarray, expected: np.ndarray, what: str, *operands: np.ndarray) -> None:
    """Compare every bit but those of NaN."""
    assert found.dtype == expected.dtype, what
    same = (
        (found == expected) & (np.signbit(found) == np.signbit(expected))
        if found.dtype.kind == "f"
        else found == expected
    )
    if found.dtype.kind in "fc":
        same |= np.isnan(found) & np.isnan(expected)
    wrong = np.flatnonzero(~same)
    assert wrong.size == 0, (
        f"{what} of {', '.join(repr(operand[wrong[0]]) for operand in operands)} is {found[wrong[0]]!r}, "
        f"{expected[wrong[0]]!r} in NumPy; {wrong.size} of {found.size} differ"
    )


def quietly(function: Any, *args: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*args)


def padded(rows: list) -> list:
    """Return rows padded past a whole number of vectors, so that vector code and the rest both run."""
    return rows + rows[: 1 + (16 - len(rows)) % 16]


def check(kernel: jk.Kernel, backend: str, expected: list[np.ndarray], *arguments: Any) -> None:
    """Run a kernel that stores one row for each expected array in `out`, its last argument."""
    out = np.zeros((len(expected), expected[0].size), expected[0].dtype)
    quietly(kernel.on(backend)[out.shape[1]], *arguments, out)
    operands = [argument for argument in arguments if isinstance(argument, np.ndarray)]
    for number, (row, wanted) in enumerate(zip(out, expected, strict=True)):
        assert_same(row, wanted, f"{kernel.name}, row {number},", *operands)


# ---- types, without compiling


def numba_type(scalar: Any) -> Any:
    from jitkit.backends.lowering.weak import type_of

    return type_of(scalar)


OPERATORS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "lshift": np.left_shift, "rshift": np.right_shift, "and_": np.bitwise_and,
    "or_": np.bitwise_or, "xor": np.bitwise_xor,
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_every_pair_of_dtypes_is_typed_as_numpy_types_it(name):
    from numba.core.errors import TypingError

    from jitkit.backends.lowering import operators
    from jitkit.backends.lowering.emit import Mode
    from jitkit.backends.lowering.weak import scalar_of

    def found(left: np.dtype, right: np.dtype) -> np.dtype | None:
        try:
            return scalar_of(operators.binary(name, Mode("cpu"), numba_type(left), numba_type(right))[0].return_type)
        except TypingError:
            return None

    def expected(left: np.dtype, right: np.dtype) -> np.dtype | None:
        if left == right == BOOL and name == "add":
            return None
        try:
            return quietly(OPERATORS[name], np.ones(1, left), np.ones(1, right)).dtype
        except TypeError:
            return None

    every = [BOOL, *INTEGERS, *FLOATS, *COMPLEX]
    wrong = [(a, b) for a, b in itertools.product(every, every) if found(a, b) != expected(a, b)]
    assert wrong == []


# ---- two numbers of one type


@jk.kernel
def integer_operators(i, x, y, out):
    a, b = x[i], y[i]
    out[0, i] = a + b
    out[1, i] = a - b
    out[2, i] = a * b
    out[3, i] = a // b
    out[4, i] = a % b
    out[5, i], out[6, i] = divmod(a, b)
    out[7, i] = a & b
    out[8, i] = a | b
    out[9, i] = a ^ b
    out[10, i] = a << b
    out[11, i] = a >> b
    out[12, i] = -a
    out[13, i] = +a
    out[14, i] = ~a
    out[15, i] = abs(a)


@pytest.mark.parametrize("dtype", INTEGERS, ids=named)
def test_integers_wrap_and_divide_as_in_numpy(backend, dtype):
    x, y = pairs(dtype, dtype)
    binary = [np.add, np.subtract, np.multiply, *[np.floor_divide, np.remainder] * 2, *list(OPERATORS.values())[9:]]
    binary += [np.left_shift, np.right_shift]
    unary = [np.negative, np.positive, np.invert, np.absolute]
    expected = [quietly(ufunc, x, y) for ufunc in binary] + [quietly(ufunc, x) for ufunc in unary]
    check(integer_operators, backend, expected, x, y)


@jk.kernel
def float_operators(i, x, y, out):
    a, b = x[i], y[i]
    out[0, i] = a + b
    out[1, i] = a - b
    out[2, i] = a * b
    out[3, i] = a / b
    out[4, i] = a // b
    out[5, i] = a % b
    out[6, i], out[7, i] = divmod(a, b)
    out[8, i] = -a
    out[9, i] = +a
    out[10, i] = abs(a)


@pytest.mark.parametrize("dtype", FLOATS, ids=named)
def test_floats_round_and_divide_as_in_numpy(backend, dtype):
    x, y = pairs(dtype, dtype)
    binary = [np.add, np.subtract, np.multiply, np.divide, *[np.floor_divide, np.remainder] * 2]
    expected = [quietly(ufunc, x, y) for ufunc in binary] + [-x, x, np.abs(x)]
    check(float_operators, backend, expected, x, y)


@jk.kernel
def comparisons(i, x, y, out):
    a, b = x[i], y[i]
    out[0, i] = a < b
    out[1, i] = a <= b
    out[2, i] = a > b
    out[3, i] = a >= b
    out[4, i] = a == b
    out[5, i] = a != b
    out[6, i] = a < b < a
    out[7, i] = a <= b <= a != b
    out[8, i] = not a < b
    out[9, i] = not a


@pytest.mark.parametrize("dtype", [BOOL, *INTEGERS, *FLOATS], ids=named)
def test_comparisons(backend, dtype):
    x, y = pairs(dtype, dtype)
    never, equal = np.zeros(x.shape, bool), x == y
    expected = [x < y, x <= y, x > y, x >= y, equal, x != y, never, equal & (x != y), ~(x < y), np.logical_not(x)]
    check(comparisons, backend, expected, x, y)


@jk.kernel
def complex_operators(i, x, y, out):
    a, b = x[i], y[i]
    out[0, i] = a + b
    out[1, i] = a - b
    out[2, i] = a * b
    out[3, i] = a / b
    out[4, i] = -a
    out[5, i] = a.conjugate()
    out[6, i] = a**2
    out[7, i] = complex(a.real, b.imag)


@pytest.mark.parametrize("dtype", COMPLEX, ids=named)
def test_complex_numbers(backend, dtype):
    rng = np.random.default_rng(5)
    x, y = ((rng.normal(size=67) + 1j * rng.normal(size=67)).astype(dtype) for _ in range(2))
    expected = np.array([x + y, x - y, x * y, x / y, -x, x.conj(), x**2, x.real + 1j * y.imag], dtype)
    out = np.zeros((8, x.size), dtype)
    complex_operators.on(backend)[x.size](x, y, out)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(out, expected, rtol=8 * eps)
    assert (out[[0, 1, 4, 5, 7]] == expected[[0, 1, 4, 5, 7]]).all()


@jk.kernel
def complex_tests(i, x, y, out, size):
    out[0, i] = x[i] == y[i]
    out[1, i] = x[i] != y[i]
    out[2, i] = not x[i]
    out[3, i] = bool(y[i])
    size[i] = abs(x[i])


@jk.kernel
def quotients(i, x, y, out):
    out[0, i] = x[i] / y[i]


@pytest.mark.parametrize("dtype", COMPLEX, ids=named)
def test_complex_numbers_at_the_limits(backend, dtype):
    parts = [0.0, -0.0, 1.0, -2.0, np.inf, np.nan]
    numbers = [complex(a, b) for a in parts for b in parts]
    x, y = (np.array(group, dtype) for group in zip(*itertools.product(numbers, numbers), strict=True))
    truth, size = np.zeros((4, x.size), bool), np.zeros(x.size, x.real.dtype)
    quietly(complex_tests.on(backend)[x.size], x, y, truth, size)
    np.testing.assert_array_equal(truth, [x == y, x != y, x == 0, y != 0])
    # hypot of vectors of AVX-512 is one ULP off for 1+1j; mathematical functions may be four.
    np.testing.assert_allclose(size, np.abs(x), rtol=4 * np.finfo(dtype).eps)
    by_zero = y == 0
    x, y = x[by_zero], y[by_zero]
    found, wanted = np.zeros((1, x.size), dtype), quietly(np.divide, x, y)
    quietly(quotients.on(backend)[x.size], x, y, found)
    assert_same(found.real[0], wanted.real, "the real part of a quotient", x, y)
    assert_same(found.imag[0], wanted.imag, "the imaginary part of a quotient", x, y)


@jk.kernel
def boolean_operators(i, x, y, out):
    a, b = x[i], y[i]
    out[0, i] = a & b
    out[1, i] = a | b
    out[2, i] = a ^ b
    out[3, i] = a and b
    out[4, i] = a or b
    out[5, i] = not a
    out[6, i] = a * b
    out[7, i] = ~a
    out[8, i] = a != b


def test_booleans(backend):
    x, y = pairs(BOOL, BOOL)
    check(boolean_operators, backend, [x & y, x | y, x ^ y, x & y, x | y, ~x, x & y, ~x, x ^ y], x, y)


# ---- numbers of different types


@jk.kernel
def against_each(i, x, ys, differences, truths):
    a, b, c, d, e, f = x[i], ys[0][i], ys[1][i], ys[2][i], ys[3][i], ys[4][i]
    differences[0][i] = a - b
    differences[1][i] = a - c
    differences[2][i] = a - d
    differences[3][i] = a - e
    differences[4][i] = a - f
    truths[0, i], truths[1, i] = a < b, a == b
    truths[2, i], truths[3, i] = a < c, a == c
    truths[4, i], truths[5, i] = a < d, a == d
    truths[6, i], truths[7, i] = a < e, a == e
    truths[8, i], truths[9, i] = a < f, a == f


@pytest.mark.parametrize("half", ["i", "u", "f"])
@pytest.mark.parametrize("left", [BOOL, *INTEGERS, *FLOATS], ids=named)
def test_mixed_types(backend, left, half):
    rights = {
        "i": [*INTEGERS[:4], FLOATS[1]],
        "u": [*INTEGERS[4:], FLOATS[0]],
        "f": [*FLOATS, INTEGERS[2], INTEGERS[7]],
    }
    lefts, others = special(left), [np.array(special(right), right) for right in rights[half]]
    x = np.tile(np.array(lefts, left), 25)
    ys = tuple(np.resize(np.repeat(numbers, len(lefts)), x.size) for numbers in others)
    expected = [quietly(np.subtract, x, y) for y in ys]
    differences = tuple(map(np.zeros_like, expected))
    truths = np.zeros((10, x.size), bool)
    quietly(against_each.on(backend)[x.size], x, ys, differences, truths)
    for found, wanted, y in zip(differences, expected, ys, strict=True):
        assert_same(found, wanted, "the difference", x, y)
    np.testing.assert_array_equal(truths, [test(x, y) for y in ys for test in (np.less, np.equal)])


@jk.kernel
def beside_complex(i, x, z, w, out):
    out[0, i] = x[i] - z[i]
    out[1, i] = w + x[i]
    out[2, i] = z[i] * x[i]
    out[3, i] = 2j * x[i]
    out[4, i] = x[i] == z[i]


@pytest.mark.parametrize("wide", COMPLEX, ids=named)
@pytest.mark.parametrize("left", [*INTEGERS, *FLOATS], ids=named)
def test_real_numbers_beside_complex_ones(backend, left, wide):
    x, z, w = np.arange(1, 20).astype(left), (np.arange(1, 20) * (1 + 0j)).astype(wide), 0.5 - 3j
    expected = np.stack([x - z, w + x, z * x, 2j * x, x == z])
    check(beside_complex, backend, list(expected.astype(np.result_type(left, wide))), x, z, w)


@jk.kernel
def with_numbers(i, x, n, a, out):
    out[0, i] = x[i] + n
    out[1, i] = n - x[i]
    out[2, i] = x[i] * 3
    out[3, i] = SEVEN * x[i]
    out[4, i] = x[i] // n
    out[5, i] = x[i] % 3
    out[6, i] = -3 + x[i] if n > 100 else x[i]
    out[7, i] = x[i] ** 2


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS], ids=named)
def test_python_integers_take_the_type_they_meet(backend, dtype):
    x = np.array(padded(special(dtype)), dtype)
    expected = quietly(lambda x: [x + 5, 5 - x, x * 3, 7 * x, x // 5, x % 3, x, x**2], x)
    check(with_numbers, backend, expected, x, 5, 0.1)


@jk.kernel
def with_floats(i, x, a, out):
    out[0, i] = x[i] + a
    out[1, i] = a - x[i]
    out[2, i] = x[i] * 0.1
    out[3, i] = ONE_HALF * x[i]
    out[4, i] = x[i] / 3
    out[5, i] = x[i] / a
    out[6, i] = 1 / x[i]
    out[7, i] = x[i] * a


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS], ids=named)
def test_python_floats_take_the_type_they_meet(backend, dtype):
    x = np.array(padded(special(dtype)), dtype)
    expected = quietly(lambda x: [x + 0.7, 0.7 - x, x * 0.1, 0.5 * x, x / 3, x / 0.7, 1 / x, x * 0.7], x)
    widest = max((row.dtype for row in expected), key=lambda dtype: dtype.itemsize)
    check(with_floats, backend, [row.astype(widest) for row in expected], x, 0.7)


@jk.kernel
def compare_with_numbers(i, x, n, out):
    out[0, i] = x[i] < n
    out[1, i] = x[i] > -1
    out[2, i] = x[i] <= 300
    out[3, i] = x[i] == 2**40
    out[4, i] = -5 <= x[i] <= 100
    out[5, i] = x[i] != 7
    out[6, i] = x[i] > 2.5


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS], ids=named)
def test_python_integers_compare_by_value(backend, dtype):
    x = np.array(padded(special(dtype)), dtype)
    y = [int(value) if dtype.kind in "iu" else float(value) for value in x]
    if dtype == np.float16:  # where 2**40 is infinite
        y = [value if value != np.inf else 2.0**40 for value in y]
    tests = [
        lambda v: v < -3, lambda v: v > -1, lambda v: v <= 300, lambda v: v == 2**40, lambda v: -5 <= v <= 100,
        lambda v: v != 7, lambda v: v > 2.5,
    ]  # fmt: skip
    check(compare_with_numbers, backend, [np.array(list(map(test, y))) for test in tests], x, -3)


@jk.kernel
def python_numbers(i, n, a, whole, real):
    whole[0, i] = i + n
    whole[1, i] = i - n * 2
    whole[2, i] = i // n
    whole[3, i] = (i - 40) // n
    whole[4, i] = (i - 40) % n
    whole[5, i] = (40 - i) % -n
    whole[6, i] = i**3
    whole[7, i] = (i & n) | (i ^ 9)
    whole[8, i] = (i << 3) >> n
    whole[9, i] = (i > n) * 2 + (i < 4)
    whole[10, i] = int((i - 40) / n)
    whole[11, i] = round(i / 4)
    real[0, i] = i / n
    real[1, i] = i * a
    real[2, i] = (i - 40.5) // a
    real[3, i] = (i - 40.5) % a
    real[4, i] = a**2
    real[5, i] = i**-1 if i > 0 else 0
    real[6, i] = 2**-3 * i
    real[7, i] = i**0.5


def test_python_numbers_among_themselves(backend):
    n, a, indices = 7, 0.3, range(77)
    whole, real = np.zeros((12, 77), np.int64), np.zeros((8, 77))
    python_numbers.on(backend)[77](n, a, whole, real)
    expected = [
        [i + n, i - n * 2, i // n, (i - 40) // n, (i - 40) % n, (40 - i) % -n, i**3, (i & n) | (i ^ 9), (i << 3) >> n,
         (i > n) * 2 + (i < 4), int((i - 40) / n), round(i / 4)]
        for i in indices
    ]  # fmt: skip
    np.testing.assert_array_equal(whole, np.transpose(expected))
    floats = [
        [i / n, i * a, (i - 40.5) // a, (i - 40.5) % a, a**2, i**-1 if i > 0 else 0, 2**-3 * i, i**0.5] for i in indices
    ]
    np.testing.assert_allclose(real, np.transpose(floats), rtol=4 * np.finfo(float).eps)
    np.testing.assert_array_equal(real[:4], np.transpose(floats)[:4])


# ---- powers, shifts, assignment


@jk.kernel
def integer_powers(i, x, e, out):
    out[0, i] = x[i] ** e[i]
    out[1, i] = x[i] ** 0
    out[2, i] = x[i] ** 1
    out[3, i] = x[i] ** 5
    out[4, i] = x[i] ** SEVEN
    out[5, i] = pow(x[i], e[i])


@pytest.mark.parametrize("dtype", INTEGERS, ids=named)
def test_integer_powers_wrap(backend, dtype):
    x = np.repeat(np.array(special(dtype), dtype), 9)
    e = np.tile(np.array([0, 1, 2, 3, 4, 5, 13, 64, 127], dtype), x.size // 9)
    powers = quietly(lambda: x**e)
    check(integer_powers, backend, [powers, x**0, x, quietly(lambda: x**5), quietly(lambda: x**7), powers], x, e)


@jk.kernel
def shifts(i, x, n, out):
    out[0, i] = x[i] << n
    out[1, i] = x[i] >> n
    out[2, i] = x[i] << 2
    out[3, i] = x[i] >> 2
    out[4, i] = x[i] << 100
    out[5, i] = x[i] >> 100


@pytest.mark.parametrize("dtype", INTEGERS, ids=named)
def test_shifts_past_the_width_leave_the_sign(backend, dtype):
    x = np.array(padded(special(dtype)), dtype)
    for n in (0, 1, 8 * dtype.itemsize - 1, 8 * dtype.itemsize):
        expected = [x << n, x >> n, x << 2, x >> 2, x << 100, x >> 100]
        check(shifts, backend, expected, x, n)


@jk.kernel
def augmented(i, x, y, out):
    a = x[i]
    a += y[i]
    a -= 3
    a *= y[i]
    a //= 2
    a %= 50
    a <<= 1
    a |= 8
    a ^= y[i]
    a &= 63
    a >>= 1
    out[0, i] = a
    out[1, i] = 1
    out[1, i] += x[i]
    out[1, i] *= 2
    out[1, i] **= 2


@pytest.mark.parametrize("dtype", INTEGERS, ids=named)
def test_augmented_assignment(backend, dtype):
    x, y = pairs(dtype, dtype)
    three = dtype.type(3)
    with np.errstate(all="ignore"):
        first = ((((((x + y - three) * y) // 2 % 50) << 1) | 8) ^ y) & 63
        expected = [first >> 1, ((1 + x) * 2) ** 2]
    check(augmented, backend, expected, x, y)


def test_two_booleans_cannot_be_counted():
    @jk.kernel
    def counts(i, x, out):
        out[i] = (x[i] > 0) + (x[i] > 1)

    with pytest.raises(jk.KernelTypeError, match="two booleans"):
        counts.on("cpu")[3](np.arange(3.0), np.zeros(3, int))


@jk.kernel
def folded_constants(i, x, out):
    out[0, i] = x[i] / 2**64
    out[1, i] = x[i] * (1 << 62) / 2**62
    out[2, i] = x[i] * 10**20
    out[3, i] = -(2**63) + x[i]
    out[4, i] = x[i] * (2**53 - 1)
    out[5, i] = 7 // 2 * x[i]
    out[6, i] = x[i] + (3 - SEVEN) ** 3


def test_constant_expressions_are_pythons(backend):
    x = np.linspace(-2, 2, 21)
    expected = [x / 2**64, x, x * 1e20, x - 2.0**63, x * (2**53 - 1), 3 * x, x - 64]
    check(folded_constants, backend, expected, x)


@jk.kernel
def hashed(i, x, out):
    h = x[i]
    h ^= h >> 33
    h *= 0xFF51AFD7ED558CCD
    h ^= h >> 33
    h *= 0xC4CEB9FE1A85EC53
    h ^= h >> 33
    out[0, i] = h
    out[1, i] = x[i] & 0xFFFFFFFFFFFFFFFF
    out[2, i] = 2**64 - 1
    out[3, i] = np.uint64(2**63) + x[i]


def test_unsigned_constants_of_64_bits(backend):
    x = np.arange(19, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)

    def mix(h: int) -> int:  # the finaliser of MurmurHash3, in Python's integers
        h ^= h >> 33
        h = h * 0xFF51AFD7ED558CCD % 2**64
        h ^= h >> 33
        h = h * 0xC4CEB9FE1A85EC53 % 2**64
        return h ^ (h >> 33)

    expected = [
        np.array([mix(int(value)) for value in x], np.uint64), x, np.full(19, 2**64 - 1, np.uint64), x + np.uint64(2**63)
    ]  # fmt: skip
    check(hashed, backend, expected, x)


NUMBERS = [np.float16(-1.5), np.uint64(2**63), np.complex64(1 - 2j)]


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_numbers_of_numpy_that_a_kernel_closes_over(backend, number):
    @jk.kernel
    def filled(i, x):
        x[i] = number

    x = np.zeros(3, number.dtype)
    filled.on(backend)[3](x)
    np.testing.assert_array_equal(x, number)
