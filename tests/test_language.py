"""What a kernel's body may be made of: control flow, helpers, tuples, structures, arrays of every layout."""

from __future__ import annotations

import ast
import functools
import math
import operator
from typing import Any

import language_helpers
import numpy as np
import pytest
from language_helpers import norm, scaled

import jitkit as jk

WEIGHTS = (0.25, 0.5, 0.25)
INFINITY, NOT_A_NUMBER = math.inf, float("nan")
GRAVITY = 9.81
LAST = -1


def run(kernel: jk.Kernel, backend: str, points: int, *args: Any, dtype: Any = np.float64) -> list:
    """Run a kernel of the arguments `(i, ..., out)` and return `out`."""
    out = np.zeros(points, dtype)
    kernel.on(backend)[points](*args, out)
    return out.tolist()


# ---- control flow


@jk.kernel
def collatz(i, out):
    n, steps = i + 1, 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    out[i] = steps


def test_while(backend):
    assert run(collatz, backend, 10, dtype=int) == [0, 1, 7, 2, 5, 8, 16, 3, 19, 6]


@jk.kernel
def smallest_divisor(i, out):
    for k in range(2, i):
        if i % k == 0:
            out[i] = k
            break
    else:
        out[i] = -1


def test_for_else(backend):
    assert run(smallest_divisor, backend, 16, dtype=int) == [-1, -1, -1, -1, 2, -1, 2, -1, 2, 3, 2, -1, 2, -1, 2, 3]


@jk.kernel
def while_else(i, out):
    k = 0
    while k < 5:
        if k == i:
            break
        k += 1
    else:
        k = -k
    out[i] = k


def test_while_else(backend):
    assert run(while_else, backend, 7, dtype=int) == [0, 1, 2, 3, 4, -5, -5]


@jk.kernel
def nested_loops(i, out):
    total = 0
    for a in range(i):
        if a % 2:
            continue
        for b in range(a, 10):
            if b > 6:
                break
            total += a * b
    out[i] = total


def test_break_and_continue_leave_the_inner_loop(backend):
    expected = [sum(a * b for a in range(0, i, 2) for b in range(a, 7)) for i in range(12)]
    assert run(nested_loops, backend, 12, dtype=int) == expected


@jk.kernel
def ranges(i, step, out):
    total = 0
    for k in range(10):
        total += k
    for k in range(2, 20, 3):
        total = 2 * total + k
    for k in range(20, i, -4):
        total = total - k
    for k in range(i, 3 * i, step):
        total = total + 7 * k
    for k in range(3 * i, i, -step):
        total = total + 11 * k
    for _ in range(5, 5):
        total = -1
    for k in range(-3, 3):
        k = k * k
        total += k
    out[i] = total + k


def test_ranges(backend):
    def expected(i: int, step: int) -> int:
        total = sum(range(10))
        for k in range(2, 20, 3):
            total = 2 * total + k
        squares = [k * k for k in range(-3, 3)]
        total += 7 * sum(range(i, 3 * i, step)) + 11 * sum(range(3 * i, i, -step)) - sum(range(20, i, -4))
        return total + sum(squares) + squares[-1]

    for step in (1, 2, 5):
        assert run(ranges, backend, 30, step, dtype=int) == [expected(i, step) for i in range(30)]


@jk.kernel
def early_return(i, x, out):
    if x[i] < 0:
        return
    for k in range(5):
        if k > x[i]:
            out[i] = k
            return
    out[i] = -1


def test_early_return(backend):
    assert run(early_return, backend, 5, np.array([-1.0, 0.5, 2, 3.5, 9])) == [0, 1, 3, 4, -1]


@jk.kernel
def accumulators(i, n, x, out):
    total = 0
    for k in range(n):
        total += x[k]
    out[0, i] = total
    mean = 0.0
    for k in range(n):
        mean += x[k] / n
    out[1, i] = mean
    largest = -math.inf
    for k in range(n):
        largest = max(largest, x[k])
    out[2, i] = largest
    product = 1
    for k in range(n):
        product = product * x[k]
    out[3, i] = product


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64", "complex64"])
def test_accumulators_in_loops_that_may_not_run(backend, dtype):
    x = np.array([3, 1, 2], dtype)
    for n in (0, 3):
        if dtype == "complex64":
            kernel, expected = complex_accumulators, [x[:n].sum(), x[:n].prod(), x[:n].sum()]
        else:
            largest = x[:n].max() if n else -np.inf
            kernel, expected = accumulators, [x[:n].sum(), x[:n].mean() if n else 0, largest, x[:n].prod()]
        out = np.zeros((len(expected), 1), complex if dtype == "complex64" else float)
        kernel.on(backend)[1](n, x, out)
        np.testing.assert_array_equal(out[:, 0], expected)


@jk.kernel
def complex_accumulators(i, n, x, out):
    total, product, weak = 0, 1.0, 0j
    for k in range(n):
        total += x[k]
        product *= x[k]
        weak = weak + x[k]
    out[0, i] = total
    out[1, i] = product
    out[2, i] = weak


@jk.kernel
def branches(i, x, y, n, out):
    if i % 3 == 0:
        v = x[i]
    elif i % 3 == 1:
        v = 2
    else:
        v = n
    out[0, i] = v
    w = 0
    if i > 3:
        w = x[i] * 0.5
    out[1, i] = w
    if i < 4:  # noqa: SIM108
        z = x[i]
    else:
        z = y[i]
    out[2, i] = z
    flag = False
    if x[i] > 4:
        flag = True
    out[3, i] = flag
    u = 1
    u = u + 0.5
    u = u * x[i]
    out[4, i] = u
    s = True
    if i > 3:
        s = 2.5
    out[5, i] = s


@pytest.mark.parametrize(
    ("left", "right"), [("float32", "float64"), ("int8", "uint16"), ("int64", "uint64"), ("float32", "int8")]
)
def test_variables_assigned_in_branches_take_the_common_type(backend, left, right):
    x, y = np.arange(10, dtype=left), np.arange(100, 110, dtype=right)
    out = np.zeros((6, 10))
    branches.on(backend)[10](x, y, 7.25, out)
    i = np.arange(10)
    np.testing.assert_array_equal(out[0], np.select([i % 3 == 0, i % 3 == 1], [x, 2.0], 7.25))
    np.testing.assert_array_equal(out[1], np.where(i > 3, x * 0.5, 0))
    np.testing.assert_array_equal(out[2], np.where(i < 4, x, y))
    np.testing.assert_array_equal(out[3], x > 4)
    np.testing.assert_array_equal(out[4], 1.5 * x)
    np.testing.assert_array_equal(out[5], np.where(i > 3, 2.5, 1))


@jk.kernel
def loops_over_values(i, x, pairs, out):
    total = 0.0
    for v in x:
        total += v
    for v in (1, 2.5, 4):
        total += v * i
    for row in pairs:
        for v in row:
            total += v
    for v in WEIGHTS:
        total *= 1 + v
    out[i] = total


def test_loops_over_arrays_and_tuples(backend):
    x, pairs = np.arange(5.0), np.arange(6.0).reshape(3, 2)
    expected = [(10 + 7.5 * i + 15) * 1.25 * 1.5 * 1.25 for i in range(4)]
    assert run(loops_over_values, backend, 4, x, pairs) == pytest.approx(expected, rel=1e-15)


# ---- helpers


def polynomial(x, a=1.0, b=2, *, c=-1):
    return a * x * x + b * x + c


def both(x, y):
    return x + y, x - y


def outer(x):
    def_inner = inner(x)
    return def_inner * 2


def inner(x):
    return x + GRAVITY


def nothing(x):
    if x > 1:
        return


def doubled(func):
    @functools.wraps(func)
    def double(x):
        return 2 * func(x)

    return double


@doubled
def decorated(x):
    return x + 1


@jk.kernel
def helpers(i, x, out):
    out[0, i] = inner(x[i]) - x[i]
    out[1, i] = inner(i)
    out[2, i] = polynomial(x[i])
    out[3, i] = polynomial(x[i], 3, c=i)
    out[4, i] = polynomial(b=0.5, x=x[i], a=-1)
    s, d = both(x[i], i)
    out[5, i] = s * d
    out[6, i] = outer(x[i])
    out[7, i] = language_helpers.scaled(x[i]) + scaled(x[i], by=2)
    out[8, i] = norm(x[i], 3.0)
    out[9, i] = both(i, 2)[1]
    out[10, i] = language_helpers.FACTOR
    nothing(x[i])
    language_helpers.written(out[11], i, x[i])
    out[12, i] = decorated(x[i])


def test_helpers(backend):
    x = np.linspace(-2, 2, 9)
    out = np.zeros((13, 9))
    helpers.on(backend)[9](x, out)
    i = np.arange(9)
    expected = [
        np.full(9, 9.81), i + 9.81, x * x + 2 * x - 1, 3 * x * x + 2 * x + i,
        -x * x + 0.5 * x - 1, x * x - i * i, 2 * (x + 9.81), 4.5 * x, np.hypot(x, 3), i - 2, np.full(9, 2.5), x,
        2 * (x + 1),
    ]  # fmt: skip
    np.testing.assert_allclose(out, expected, rtol=1e-14, atol=1e-14)


def test_a_helper_that_writes_makes_its_argument_written(backend):
    frozen = np.zeros((13, 3))
    frozen.flags.writeable = False
    with pytest.raises(jk.LaunchError, match=r"out.*read-only"):
        helpers.on(backend)[3](np.zeros(3), frozen)


def power_kernel(exponent, scale):
    def helper(x):
        return scale * x

    def power(i, x, out):
        out[i] = helper(x[i]) ** exponent

    power.__name__ = f"power_{exponent}_α"  # it need not be the one in the source, nor ASCII
    return jk.kernel(power)


def chosen_by(constant: Any, other: Any = 2) -> jk.Kernel:
    def refused(x):
        return [x]

    @jk.kernel
    def chosen(i, out):
        value = np.float32(0.1)
        if constant:
            pass
        elif other == 8:
            value = 0.5
        if other > 1 and not constant:
            value = np.float64(0.1) if other == 3 else value
        elif other < 0 or 0 <= other < 2:
            value = refused(value)
        if other == 5 and constant:
            value = [value]
        if False:
            raise ValueError
        while other == 3 and value > 1.0:
            if True:
                value = value - 1.0
        out[i] = value * 3.0

    return chosen


# 0.1 of float32 and of float64, times three.
SINGLE, DOUBLE = float(np.float32(0.1) * np.float32(3.0)), 0.1 * 3.0


@pytest.mark.parametrize(
    ("constant", "other", "expected"),
    [(False, 2, SINGLE), (False, 3, DOUBLE), (True, 7, SINGLE), (0, 5, SINGLE), (-0.0, 2.5, SINGLE), (2.0, 9, SINGLE)],
)
def test_what_a_constant_does_not_choose_is_not_compiled(backend, constant, other, expected):
    assert run(chosen_by(constant, other), backend, 2) == [expected] * 2


def test_what_a_constant_chooses_is_compiled(backend):
    if backend == "python":
        pytest.skip("the interpreter makes lists, and refuses them where they go into the array")
    with pytest.raises(jk.KernelSyntaxError, match="a list"):
        run(chosen_by(False, 1), backend, 2)


@pytest.mark.parametrize(("exponent", "scale"), [(2, 1.0), (3, 2), (-1, 0.5), (0.5, 4.0), (0, 7)])
def test_closures(backend, exponent, scale):
    x = [1.0, 2.0, 3.5]
    assert run(power_kernel(exponent, scale), backend, 3, np.array(x)) == pytest.approx(
        [(scale * v) ** exponent for v in x], rel=1e-15
    )


# ---- expressions


@jk.kernel
def expressions(i, x, n, out):
    out[0, i] = 1 if x[i] > 0 else -1 if x[i] < 0 else 0
    out[1, i] = x[i] or n
    out[2, i] = x[i] and n
    out[3, i] = (i and x[i] and 2) or 9
    out[4, i] = (y := x[i] * 2) + y
    if (z := square_of(x[i])) > 1 and z < 9:
        out[5, i] = z
    out[6, i] = -1 < x[i] < 2 <= n
    out[7, i] = 0 <= square_of(x[i]) < 4 != i
    out[8, i] = not (x[i] > 0 or i > 2) and n
    out[9, i] = (x[i] > 0) + 2 * (i > 1)
    out[10, i] = bool(x[i]) if n else 5


def square_of(x):
    return x * x


def test_expressions(backend):
    x = np.array([-1.5, 0.0, 0.5, 1.5, 3.0, -2.0])
    out = np.zeros((11, 6))
    expressions.on(backend)[6](x, 2, out)
    pairs = list(enumerate(x.tolist()))
    expected = [
        np.sign(x), [v or 2 for v in x], [v and 2 for v in x], [(i and v and 2) or 9 for i, v in pairs], 4 * x,
        [v * v if 1 < v * v < 9 else 0 for v in x], (x > -1) & (x < 2), [v * v < 4 and i != 4 for i, v in pairs],
        [not (v > 0 or i > 2) and 2 for i, v in pairs], [(v > 0) + 2 * (i > 1) for i, v in pairs], x != 0,
    ]  # fmt: skip
    np.testing.assert_array_equal(out, np.array(expected, float))


@jk.kernel
def short_circuit(i, x, out):
    out[i] = i < len(x) and x[i] > 1
    if i >= len(x) or x[i] < 0:
        out[i] = 2


def test_the_right_operand_is_evaluated_only_when_needed(backend):
    assert run(short_circuit, backend, 5, np.array([0.5, 1.5, -1.0])) == [0, 1, 2, 2, 2]


def counted(calls, i, result):
    calls[i] += 1
    return result


@jk.kernel
def counting(i, calls, x):
    x[counted(calls[0], i, i), -1] += 1
    counted(calls[1], i, x)[i, 0] += 1
    if 0 < counted(calls[2], i, 1) < 2:
        x[i, 1] = counted(calls[3], i, 0) or counted(calls[3], i, 5) or counted(calls[4], i, 7)


def test_each_operand_is_evaluated_once(backend):
    calls, x = np.zeros((5, 3), int), np.zeros((3, 4))
    counting.on(backend)[3](calls, x)
    np.testing.assert_array_equal(calls[:, 0], [1, 1, 1, 2, 0])
    np.testing.assert_array_equal(x, [[1, 5, 0, 1]] * 3)


@jk.kernel
def constants(i, out):
    out[0, i] = math.pi
    out[1, i] = INFINITY
    out[2, i] = -math.inf
    out[3, i] = NOT_A_NUMBER
    out[4, i] = np.inf if i > 0 else -np.nan
    out[5, i] = 1e308 * 10
    out[6, i] = np.float32(0.1)
    out[7, i] = 1e-320
    out[8, i] = -0.0
    out[9, i] = GRAVITY * 2**70
    out[10, i] = True


def test_constants(backend):
    out = np.zeros((11, 2))
    constants.on(backend)[2](out)
    expected = [math.pi, np.inf, -np.inf, np.nan, np.inf, np.inf, np.float32(0.1), 1e-320, 0.0, 9.81 * 2.0**70, 1]
    np.testing.assert_array_equal(out[:, 1], expected)
    assert np.isnan(out[4, 0])
    assert np.signbit(out[8]).all()


@jk.kernel
def complex_values(i, z, w, out):
    out[0, i] = z[i] * 2j + 1
    out[1, i] = z[i].real + 1j * z[i].imag
    out[2, i] = complex(z[i].imag, 2)
    out[3, i] = z[i].conjugate() * w
    out[4, i] = abs(z[i])
    c = z[i]
    for _ in range(3):
        c = c * c + w
    out[5, i] = c
    out[6, i] = z[i] if z[i] != 1 else 0
    out[7, i] = z[i] ** 3 / (z[i] + 3)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(backend, dtype):
    z = (np.linspace(-1, 1, 7) + 1j * np.linspace(0.5, -0.5, 7)).astype(dtype)
    w = 0.25 - 0.5j
    out = np.zeros((8, 7), dtype)
    complex_values.on(backend)[7](z, w, out)
    c = z
    for _ in range(3):
        c = c * c + w
    expected = [z * 2j + 1, z, z.imag + 2j, z.conj() * w, np.abs(z), c, z, z**3 / (z + 3)]
    np.testing.assert_allclose(out, np.array(expected, dtype), rtol=30 * np.finfo(dtype).eps)


@jk.kernel
def sizes(i, x, u, t, out):
    out[0, i] = len(x) + x.size
    out[1, i] = u.shape[0] * 100 + u.shape[1] * 10 + u.ndim
    n, m = u.shape
    out[2, i] = n * m - u.size
    out[3, i] = len(u) + len(u[0])
    out[4, i] = max(n, m, len(t)) - min(3, n, i)
    out[5, i] = u[i].shape[0] + x.ndim


def test_lengths_and_shapes(backend):
    out = np.zeros((6, 2), int)
    sizes.on(backend)[2](np.zeros(4), np.zeros((2, 5)), (1, 2, 3), out)
    np.testing.assert_array_equal(out, [[8, 8], [252, 252], [0, 0], [7, 7], [5, 4], [6, 6]])


@jk.kernel
def parts_of_tuples(i, u, out):
    n, m = u.shape[1:]
    digits = 0
    for extent in u.shape[::-1]:
        digits = 10 * digits + extent
    tail = WEIGHTS[LAST:]
    total = 0.0
    for weight in WEIGHTS[::2]:
        total += weight
    out[0, i], out[1, i], out[2, i] = n, m, digits
    out[3, i], out[4, i], out[5, i] = u.shape[:LAST][1], len(u.shape[5:]), u.shape[-2:][0]
    out[6, i], out[7, i] = tail[0], total


def test_parts_of_shapes_and_of_constant_tuples(backend):
    """As Python's own slices of the same tuples."""
    shape = (2, 3, 4)
    out = np.zeros((8, 2))
    parts_of_tuples.on(backend)[2](np.zeros(shape, np.float32), out)
    expected = [*shape[1:], 432, shape[:-1][1], len(shape[5:]), shape[-2:][0], WEIGHTS[-1:][0], sum(WEIGHTS[::2])]
    assert out[:, 0].tolist() == out[:, 1].tolist() == expected


def test_the_sanitizer_reads_parts_of_tuples():
    out = np.zeros((8, 2))
    assert parts_of_tuples.check[2](np.zeros((2, 3, 4)), out).ok


@jk.kernel(group=4)
def extents_of_a_group(i, u, out):
    n, m = u.shape[1:]
    jk.barrier()
    if i < out.shape[0]:
        out[i] = 10 * n + m


def test_parts_of_shapes_in_groups(backend):
    out = np.zeros(6, int)
    extents_of_a_group.on(backend)[6](np.zeros((2, 3, 4)), out)
    assert out.tolist() == [34] * 6


@jk.kernel
def numbers_written_as_texts(i, out):
    lowest = float("inf")
    for k in range(3):
        lowest = min(lowest, abs(k - i) + 0.5)
    out[0, i] = lowest
    out[1, i] = -float("Infinity") if i else float("nan")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_infinity_as_a_text(backend, dtype):
    out = np.zeros((2, 5), dtype)
    numbers_written_as_texts.on(backend)[5](out)
    np.testing.assert_array_equal(out, [[0.5, 0.5, 0.5, 1.5, 2.5], [np.nan] + [-np.inf] * 4])


# ---- names and statements


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def factorial(n):
    if n < 2:
        return 1
    return n * factorial(n - 1)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@jk.kernel
def recursions(i, out):
    out[0, i] = is_even(i)
    out[1, i] = factorial(i)
    out[2, i] = fibonacci(i)


def test_recursion(backend):
    out = np.zeros((3, 9))
    if backend == "cuda":
        with pytest.raises(
            jk.KernelTypeError, match=r"test_language\.py:\d+: recursions: \w+ calls itself.*write a loop"
        ):
            recursions.on(backend)[9](out)
        return
    recursions.on(backend)[9](out)
    expected = [[k % 2 == 0 for k in range(9)], [math.factorial(k) for k in range(9)], [0, 1, 1, 2, 3, 5, 8, 13, 21]]
    np.testing.assert_array_equal(out, np.array(expected, float))


def rectified(x):
    if x > 0:
        return x
    return 0


@jk.kernel
def statements(i, x, flags, a, b, out, scale=3):
    """Use what is left."""
    v: float = x[i]
    unset: int  # noqa: F842
    pass
    out[0, i] = w = v * scale
    out[1, i] = w + 1
    out[2, i] = operator.add(x[i], 2) * operator.neg(x[i]) + operator.floordiv(i, 2)
    out[3, i] = rectified(x[i]) * 0.1
    for _ in range(3):
        a, b = b, a
    out[4, i] = a[i]
    row = a if i > 1 else b
    out[5, i] = row[0]
    if flags[i]:
        out[6, i] = 1
    flags[i] = not flags[i]
    max = i  # a local name hides the builtin
    while True:
        max += 1
        if max % 4 == 0:
            break
    out[7, i] = max
    i = i * 2
    i += 1
    out[8, i // 2] = i


def test_statements_and_names(backend):
    x, flags = np.array([1.0, -2, 3, 0.5], np.float32), np.array([True, False, True, True])
    a, b, out = np.arange(4.0), np.arange(8.0)[1::2], np.zeros((9, 4))
    before = flags.copy()
    statements.on(backend)[4](x, flags, a, b, out)
    i = np.arange(4)
    expected = [
        3 * x, 3 * x + 1, (x + 2) * -x + i // 2, np.where(x > 0, x * np.float32(0.1), 0), b,
        np.where(i > 1, 1, 0), before, [4, 4, 4, 4], 2 * i + 1,
    ]  # fmt: skip
    np.testing.assert_array_equal(out, np.array(expected, float))
    np.testing.assert_array_equal(flags, ~before)


def test_a_lambda_inside_another_on_one_line_is_told_from_it(backend):
    def launched(make):
        out = np.zeros(3)
        f = make()

        @jk.kernel
        def apply(i, out):
            out[i] = f(i)

        apply.on(backend)[3](out)
        return out.tolist()

    assert launched(lambda: lambda a: a * a) == [0, 1, 4]


def test_lambdas_on_one_line_are_told_apart_by_what_they_do_where_code_keeps_no_places(backend, tmp_path):
    """pytest up to 8.3.0 gave all code of an assert one place, and with ``python -X no_debug_ranges`` none has a place."""
    bodies = "a: a + 1", "a: a * 7", "a: -a", "b: (b + 1) * 2", "a, c=3: a * c", "a, c=4: a * c"
    written = "functions = " + ", ".join("lambda " + body for body in bodies) + "\n"
    file = tmp_path / "without_places.py"
    file.write_text(written)
    tree = ast.parse(written)
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = 1
            node.col_offset, node.end_col_offset = 0, len(written) - 1
    scope = {}
    exec(compile(tree, str(file), "exec"), scope)
    results = [jk.map(f, np.arange(3.0), backend=backend).tolist() for f in scope["functions"]]
    assert results == [[1, 2, 3], [0, 7, 14], [0, -1, -2], [2, 4, 6], [0, 3, 6], [0, 4, 8]]
