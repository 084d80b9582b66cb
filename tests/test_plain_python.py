"""What Python offers for loops, conditions, numbers and calls, in kernels: the values that plain Python gives, or a refusal."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import jitkit as jk
from jitkit.errors import KernelSyntaxError

NOTHING, LIMITS, MODE, FACTOR = None, (1, 2, 3), "wide", 3.0
WEIGHTS = np.array([1.0, 2.0, 4.0])
X = np.array([0.0, 1.0, 1.5, 2.5, 3.25])


def scaled(a, b=2.0, *, c=1.0):
    return a * b + c


# ---- constants that are None, and texts


def none_chooses_an_expression(i, x, out):
    out[i] = x[i] if NOTHING is None else x[i] * NOTHING


def what_is_not_taken_may_use_none(i, x, out):
    if NOTHING is not None and NOTHING.shape[0] > 2:
        out[i] = x[i] * NOTHING.shape
    elif FACTOR is not None:
        out[i] = FACTOR * x[i]


def arrays_and_functions_are_not_none(i, x, out):
    out[i] = (WEIGHTS is None) + 2 * (scaled is not None) + 4 * (None is NOTHING)


def texts_choose(i, x, out):
    if MODE == "wide":
        out[i] = 3.0
    if MODE != "wide" or MODE in ("narrow", "flat"):
        out[i] = MODE
    out[i] += 1.0 if MODE not in ("narrow",) else 0.0


# ---- conditions


def chained_comparisons(i, x, out):
    out[i] = 1.0 if 0 < x[i] <= 2 < 5 else 0.0


def among_values(i, x, out):
    out[i] = (
        (i in (1, 2, 3)) + 2 * (x[i] in LIMITS) + 4 * (i not in LIMITS) + 8 * (i in [0, i * i]) + 16 * (2 * i in {4, 6})
    )


def among_none(i, x, out):
    out[i] = (i in ()) + 2 * (i not in ())  # noqa: RUF060


def an_update_is_made_once(i, x, out):
    out[i] = x[i]
    out[i] = 9.0 if jk.atomic.add(out, i, 1.0) in (5.0, 1.5, 7.0) else out[i]


def conditions_join(i, x, out):
    if (i in (1, 4) or x[i] > 2) and not i in (3,):  # noqa: E713
        out[i] = 1.0
    n = 0
    while n not in (i, 3):
        n += 1
    out[i] += n


# ---- loops


def enumerated_tuple(i, x, out):
    for k, v in enumerate((1.0, 2.0, 4.0)):
        if k == 1:
            continue
        out[i] += k * v * x[i]


def enumerated_from_a_start(i, x, out):
    for k, v in enumerate(x, 1):
        out[i] += k * v
        k = 0
    for k, _ in enumerate(range(3), start=i):
        out[i] += k


def enumerated_memory(i, x, out):
    parts = jk.local(3, np.float64)
    for k in range(3):
        parts[k] = x[i] * k
    for k, v in enumerate(parts):
        out[i] += k * v


def reversed_ranges(i, x, out):
    for k in reversed(range(i + 1)):
        out[i] = out[i] * 2 + k
    for k in reversed(range(1, 10, 3)):
        out[i] = out[i] * 2 + k
    for k in reversed(range(10, i, -3)):
        out[i] = out[i] * 2 + k
    for k in reversed(range(5, i)):
        out[i] = out[i] * 2 + k
    else:
        out[i] += 0.5


def zipped(i, x, out):
    for a, b in zip(range(4), range(10, 20, 2), strict=False):
        out[i] += a * b
    for a, (b, c) in enumerate(zip(x, range(i, -9, -2))):  # noqa: B905
        out[i] += a * b - c
    for a, b in zip(LIMITS, x):  # noqa: B905
        if b > 1:
            break
        out[i] += a * b
    for a, b in zip(range(i, 3), x):  # noqa: B905
        out[i] += a + b


def other_loops(i, x, out):
    for v in (1.0, 2.0, 5.0):
        out[i] += v * x[i]
    for v in x:
        out[i] += v
    n = 0
    while True:
        n += 1
        if n > i:
            break
    for k in range(3):
        if k == i:
            break
    else:
        k = 50
    out[i] += n + k


# ---- numbers


def least_and_most(i, x, out):
    out[i] = min(x[i], 1.5, i) + max(x[i], 0.5, 2) + max(LIMITS) + min((x[i], 2.0))


def rounded_and_divided(i, x, out):
    q, r = divmod(i, 3)
    p, s = divmod(x[i], 0.7)
    out[i] = abs(-x[i]) + round(x[i] * 1.7) + q * 10 + r + p * 100 + s + pow(x[i], 2) + (-7 - i) // 3 + (-7.5 - i) % 2


def casts(i, x, out):
    out[i] = int(x[i] * 2.7) + float(i) + bool(i) + np.float32(x[i]) * np.float32(1.1) + np.int8(x[i]) + np.uint8(i + 3)


def integers_wrap(i, x, out):
    out[i] = (
        (np.int32(2147483647) + np.int32(i)) * 1e-9
        + (np.uint8(250) + np.uint8(2 * i))
        + (np.int64(2) ** 62 * np.int64(i))
    )


def bits(i, x, out):
    out[i] = (i ^ 5) + (i & 3) + (i | 8) + (i << 2) + (i >> 1) + ~i + ((x[i] > 1) ^ (i > 1))


def values_of_conditions(i, x, out):
    out[i] = (x[i] or 7.0) + (x[i] and 5.0) + (not x[i]) + (y if (y := x[i] * 2) > 1 else -y)


def complex_numbers(i, x, out):
    out[i] = abs(complex(x[i], 1.0)) + (1j * x[i]).imag


def math_functions(i, x, out):
    v = 0.3 + 0.1 * x[i]
    out[i] = math.sqrt(v) + math.cbrt(v) + math.log(v) + math.log2(v) + math.log10(v) + math.log1p(v) + math.acos(v)
    out[i] += (
        math.asin(v) + math.acosh(1 + v) + math.atanh(v) + math.atan2(v, 2.0) + math.hypot(v, 2.0) + math.pow(v, 1.5)
    )
    out[i] += math.erf(v) + math.erfc(v) + math.fmod(v, 0.2) + math.copysign(v, -1.0)
    out[i] += math.floor(v) + math.ceil(v) + math.trunc(-v) + math.fabs(-v) + math.degrees(v) + math.radians(v)
    out[i] += math.pi + math.e + math.tau + math.isnan(v) + math.isinf(v) + math.isfinite(v)


def more_math_functions(i, x, out):
    v = 0.3 + 0.1 * x[i]
    for_all = math.sin(v) + math.cos(v) + math.tan(v) + math.sinh(v) + math.cosh(v) + math.tanh(v) + math.asinh(v)
    out[i] = for_all + math.atan(v) + math.exp(v) + math.exp2(v) + math.expm1(v) + (math.inf > v)


# ---- names, assignments and calls


def unpacked_and_swapped(i, x, out):
    a, b = x[i], i
    a, b = b, a
    (c, d), e = (a, b), 3
    f = g = d
    out[i] = a * 10 + b + c + d + e + f + g


def augmented(i, x, out):
    out[i] += x[i]
    out[i] *= 3
    out[i] -= 1
    out[i] /= 2
    out[i] **= 2
    out[i] //= 1
    out[i] %= 7


def keywords_and_defaults(i, x, out):
    y: float = x[i]
    out[i] = scaled(y, c=3.0) + scaled(b=x[i], a=2.0) + scaled(x[i]) + len(x) + x.size + x.ndim + x.shape[0] + x[-1]


WORKS = [value for value in list(globals().values()) if inspect.isfunction(value) and value is not scaled]


def interpreted(function):
    """Return what plain Python computes, point by point; NumPy warns of the integers that wrap."""
    out = np.zeros(X.size)
    with np.errstate(over="ignore"):
        for i in range(X.size):
            function(i, X, out)
    return out


KNOWN = {  # what only a launch can run
    enumerated_memory: 5 * X,
    an_update_is_made_once: np.where(X == 1.5, 9.0, X + 1),
}


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("function", WORKS, ids=[function.__name__ for function in WORKS])
def test_kernels_compute_what_python_does(function, backend):
    wanted = KNOWN[function] if function in KNOWN else interpreted(function)
    out = np.zeros(X.size)
    jk.kernel(function).on(backend)[X.size](X, out)
    np.testing.assert_allclose(out, wanted, rtol=1e-12)
    assert np.any(wanted != 0)


# ---- what is refused


def in_an_array(i, x, out):
    out[i] = 1.0 in x


def in_a_variable(i, x, out):
    pair = (1, i)
    out[i] = 2 in pair


def local_is_none(i, x, out):
    y = x[i]
    out[i] = y is None


def reversed_array(i, x, out):
    for v in reversed(x):
        out[i] += v


def reversed_by_a_variable(i, x, out):
    for k in reversed(range(0, 9, i)):
        out[i] += k


def enumerated_into_one(i, x, out):
    for pair in enumerate(x):
        out[i] += pair[0]


def enumerate_alone(i, x, out):
    out[i] = len(enumerate(x))


def zip_strict(i, x, out):
    for a, b in zip(x, x, strict=True):
        out[i] += a * b


def zip_into_two(i, x, out):
    for a, b in zip(x, x, x):  # noqa: B905
        out[i] += a * b


def round_to_digits(i, x, out):
    out[i] = round(x[i], 2)


def asks_for_a_type(i, x, out):
    out[i] = isinstance(x[i], float)


def asserts(i, x, out):
    assert x[i] >= 0, f"negative at {i}"


def defines(i, x, out):
    def square(v):
        return v * v

    out[i] = square(x[i])


def text_as_a_value(i, x, out):
    out[i] = MODE


REFUSED = [
    (in_an_array, "in of anything but a tuple that is written out or constant cannot be used in a kernel: loop over"),
    (in_a_variable, "in of anything but a tuple"),
    (
        local_is_none,
        "is cannot be used in a kernel: compare numbers with ==; only arguments, and names outside the kernel, can be None",
    ),
    (reversed_array, r"reversed of anything but range .*: loop over reversed\(range\(len\(x\)\)\), and index x"),
    (
        reversed_by_a_variable,
        r"a range whose step is 0 or no constant, in reversed or zip cannot be used in a kernel: write the loop out",
    ),
    (enumerated_into_one, "one name for several values cannot be used in a kernel: give the loop 2 variables"),
    (enumerate_alone, r"enumerate\(...\) .*: for i, v in enumerate\(x\) works"),
    (zip_strict, r"zip with these arguments .*: write zip\(x, y\), and compare the lengths before"),
    (zip_into_two, "one name for several values .*: give the loop 3 variables"),
    (round_to_digits, r"round with 2 arguments .*: round takes 1 here; two digits are round\(x \* 100\) / 100"),
    (asks_for_a_type, r"isinstance\(...\) .*: types are fixed when a kernel is compiled"),
    (asserts, "assert cannot be used in a kernel: write a flag"),
    (defines, "a function defined inside cannot be used in a kernel: define it outside"),
    (text_as_a_value, r"'MODE' \(a str\) cannot be used in a kernel"),
]


@pytest.mark.parametrize(("function", "message"), REFUSED, ids=[function.__name__ for function, _ in REFUSED])
def test_refusals_name_the_line_and_the_remedy(function, message, backend):
    with pytest.raises(KernelSyntaxError, match=rf"(?s){message}") as caught:
        jk.kernel(function).on(backend)[X.size](X, np.zeros(X.size))
    first = function.__code__.co_firstlineno
    line = int(str(caught.value).split(__file__ + ":")[1].split(":")[0])
    assert first < line <= first + 6


def test_a_group_waits_in_a_loop_from_the_end(backend):
    @jk.kernel(group=8)
    def shifted(i, x, out):
        shared = jk.shared(8, np.float64)
        local = jk.local_index()
        shared[local] = x[i]
        for k, n in zip(reversed_places, range(3)):  # noqa: B905
            jk.barrier()
            value = shared[(local + k + n) % 8]
            jk.barrier()
            shared[local] = value
        for k in reversed(range(2)):
            jk.barrier()
            value = shared[(local + k) % 8]
            jk.barrier()
            shared[local] = value
        out[i] = shared[local]

    reversed_places = (3, 2, 1)
    x, out = np.arange(16.0), np.zeros(16)
    shifted.on(backend)[16](x, out)
    np.testing.assert_array_equal(out.reshape(2, 8), np.roll(x.reshape(2, 8), -(6 + 3 + 1), axis=1))


def test_functions_made_with_none_and_with_a_number_are_told_apart(backend):
    def made(limit, mode):
        def bounded(v):
            cut = v if limit is None else min(v, limit)
            return -cut if mode == "negative" else cut

        @jk.kernel
        def apply(i, x, out):
            out[i] = bounded(x[i]) + (100.0 if limit is None else 200.0)

        return bounded, apply

    for limit, mode in [(None, "plain"), (2.0, "plain"), (None, "negative"), (1.0, "negative"), (None, "plain")]:
        bounded, apply = made(limit, mode)
        wanted = (X if limit is None else np.minimum(X, limit)) * (-1 if mode == "negative" else 1)
        for _ in range(2):
            np.testing.assert_array_equal(jk.map(bounded, X, backend=backend), wanted)
            out = np.zeros(X.size)
            apply.on(backend)[X.size](X, out)
            np.testing.assert_array_equal(out, wanted + (100.0 if limit is None else 200.0))


@pytest.mark.parametrize("function", WORKS, ids=[function.__name__ for function in WORKS])
def test_the_sanitizer_runs_them(function):
    report = jk.kernel(function).check[X.size](X, np.zeros(X.size))
    assert {finding.kind for finding in report.findings} <= {"integer-overflow", "out-of-bounds"}, str(report)
