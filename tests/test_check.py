"""The sanitizer: each kind of mistake is found at its line, element and work-items, and correct kernels are left in peace."""

from __future__ import annotations

import dataclasses
import inspect
import math
import operator
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.errors import LaunchError
from jitkit.findings import FindingsError, Report


def line_of(func, text: str) -> int:
    """Return the line of a function's source that holds a text."""
    lines, first = inspect.getsourcelines(getattr(func, "func", func))
    found = [first + k for k, line in enumerate(lines) if text in line]
    assert len(found) == 1, f"{text!r} stands in {len(found)} lines"
    return found[0]


def only(report: Report):
    assert len(report.findings) == 1, str(report)
    return report.findings[0]


def kinds(report: Report) -> list[str]:
    return [finding.kind for finding in report.findings]


# ---- races


@jk.kernel
def in_place(i, u):
    u[i] = u[i - 1] * 2


def test_a_race_in_a_plain_kernel():
    finding = only(in_place.check[1:6](np.arange(6.0)))
    assert (finding.kind, finding.array, finding.index, finding.work_items) == ("race", "u", 1, (2, 1))
    assert (finding.filename, finding.lineno) == (__file__, line_of(in_place, "u[i] ="))
    assert (finding.other_filename, finding.other_lineno) == (__file__, line_of(in_place, "u[i] ="))
    assert finding.count == 4


@jk.kernel
def same_element(i, j, total):
    total[0, 0] = i + j


def test_two_writes_of_one_element():
    finding = only(same_element.check[2, 3](np.zeros((1, 1))))
    assert (finding.kind, finding.index, finding.work_items) == ("race", (0, 0), ((0, 1), (0, 0)))
    assert "is written by work-item (0, 1) and written by work-item (0, 0)" in finding.message


@jk.kernel(group=8)
def missing_barrier(i, x):
    tile = jk.shared(8, x.dtype)
    me = jk.local_index()
    tile[me] = x[i]  # write
    x[i] = tile[7 - me]  # read


def test_a_missing_barrier():
    finding = only(missing_barrier.check[16](np.arange(16.0)))
    assert (finding.kind, finding.array) == ("race", "tile")
    assert {finding.lineno, finding.other_lineno} == {
        line_of(missing_barrier, "# write"),
        line_of(missing_barrier, "# read"),
    }
    first, second = finding.work_items
    assert first + second == 7  # the work-items that mirror each other
    assert finding.index in finding.work_items


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_race_is_found_in_any_order(seed):
    assert kinds(missing_barrier.check(seed=seed)[16](np.arange(16.0))) == ["race"]


@jk.kernel(group=4)
def with_barrier(i, x):
    tile = jk.shared(4, x.dtype)
    me = jk.local_index()
    tile[me] = x[i]
    jk.barrier()
    x[i] = tile[3 - me]


@jk.kernel(group=4)
def across_groups(i, x):
    jk.barrier()
    if jk.local_index() == 0:
        x[0] = i


def test_a_barrier_orders_its_own_group_only():
    assert with_barrier.check[8](np.arange(8.0)).ok
    assert across_groups.check[4](np.zeros(4)).ok
    finding = only(across_groups.check[8](np.zeros(8)))
    assert (finding.kind, finding.work_items) == ("race", (4, 0))
    assert "(0 of group 1)" in finding.message
    assert "nothing orders them" in finding.message


@jk.kernel(group=4)
def second_phase(i, x, out):
    tile = jk.shared(4, x.dtype)
    me = jk.local_index()
    for k in range(2):
        tile[me] = x[i] + k
        jk.barrier()
        out[i] += tile[3 - me]  # the next round writes while others still read


def test_a_loop_needs_two_barriers():
    finding = only(second_phase.check[4](np.arange(4.0), np.zeros(4)))
    assert (finding.kind, finding.array) == ("race", "tile")


@jk.kernel
def histogram(i, keys, counts, weights):
    jk.atomic.add(counts, keys[i], 1)
    jk.atomic.max(weights, keys[i], i)


def test_atomics_do_not_race_with_atomics():
    keys = np.array([0, 1, 0, 1, 0])
    assert histogram.check[5](keys, np.zeros(2, np.int32), np.zeros(2, np.float32)).ok


@jk.kernel
def peek(i, counts, out):
    jk.atomic.add(counts, 0, 1)  # atomic
    out[i] = counts[0]  # plain


def test_atomics_race_with_plain_accesses():
    finding = only(peek.check[3](np.zeros(1, np.int32), np.zeros(3, np.int32)))
    assert (finding.kind, finding.array, finding.index) == ("race", "counts", 0)
    assert {finding.lineno, finding.other_lineno} == {line_of(peek, "# atomic"), line_of(peek, "# plain")}


@jk.kernel
def lost_update(i, counts):
    counts[0] += 1


def test_a_lost_update():
    finding = only(lost_update.check[3](np.zeros(1, np.int32)))
    assert (finding.kind, finding.lineno) == ("race", line_of(lost_update, "+= 1"))


def test_readers_far_apart_are_remembered():
    """A write races with a read of another group though its own group has read the element since."""
    report = far_reader.check[8](np.zeros(8), np.zeros(8))
    finding = only(report)
    assert (finding.kind, finding.array, finding.index) == ("race", "x", 0)
    assert finding.work_items[0] == 4
    assert finding.work_items[1] < 4


@jk.kernel(group=4)
def far_reader(i, x, out):
    out[i] = x[0]
    jk.barrier()
    if i == 4:
        x[0] = 1


@jk.kernel
def shifted(i, x, y):
    y[i] = x[i]


def test_arguments_that_overlap():
    memory = np.zeros(8)
    finding = only(shifted.check[7](memory[1:], memory[:7]))
    assert finding.kind == "race"
    assert shifted.check[8](memory, memory).ok


# ---- indices


@jk.kernel
def off_by_one(i, x, out):
    out[i] = x[i + 1]  # here


def test_an_index_past_the_end():
    x, out = np.ones(4), np.ones(4)
    finding = only(off_by_one.check[4](x, out))
    assert (finding.kind, finding.array, finding.index, finding.work_items) == ("out-of-bounds", "x", 4, (3,))
    assert (finding.lineno, finding.column) == (line_of(off_by_one, "# here"), 13)
    np.testing.assert_array_equal(out, np.ones(4))  # the caller's array


@jk.kernel
def negative(i, x, out):
    out[i] = x[i - 1] + x[-1] + x[LAST]


LAST = -2


def test_a_computed_negative_index_and_literals():
    finding = only(negative.check[3](np.arange(3.0), np.zeros(3)))
    assert (finding.kind, finding.array, finding.index, finding.work_items) == ("out-of-bounds", "x", -1, (0,))
    assert "only a literal counts from the end" in finding.message


@jk.kernel
def transposed(i, j, a, out):
    out[j, i] = a[i, j]


def test_an_index_of_two_dimensions():
    finding = only(transposed.check[2, 3](np.zeros((2, 3)), np.zeros((2, 3))))
    assert (finding.kind, finding.array, finding.index) == ("out-of-bounds", "out", (2, 0))
    assert "axis 0 has extent 2" in finding.message
    assert finding.work_items == ((0, 2),)


def bump(row, k):
    row[k] += 1  # here


@jk.kernel
def through_a_view(i, a):
    row = a[i]
    bump(row, i + 1)


def test_a_view_in_a_helper_keeps_the_parameters_name():
    finding = only(through_a_view.check[3](np.zeros((3, 3))))
    assert (finding.kind, finding.array, finding.index) == ("out-of-bounds", "a", (2, 3))
    assert finding.lineno == line_of(bump, "# here")
    assert finding.count == 2  # the read and the write


@jk.kernel
def row_outside(i, a, out):
    row = a[i + 1]
    out[i] = row[0] + row[1]


def test_a_view_outside_reads_as_zeros():
    finding = only(row_outside.check[2](np.ones((2, 2)), np.zeros(2)))
    assert (finding.index, finding.count) == (2, 1)


@jk.kernel
def tuple_of_arrays(i, pair, out):
    out[i] = pair[0][i] + pair[1][i]


def test_a_tuple_of_arrays():
    finding = only(tuple_of_arrays.check[3]((np.zeros(3), np.zeros(2)), np.zeros(3)))
    assert (finding.array, finding.index) == ("pair[1]", 2)


class Grid(NamedTuple):
    values: np.ndarray
    step: float


@dataclasses.dataclass(frozen=True)
class Wall:
    values: np.ndarray


@jk.kernel
def fields(i, grid, wall):
    grid.values[i] = wall.values[i + 1] * grid.step


def test_fields_of_tuples_and_dataclasses():
    finding = only(fields.check[2](Grid(np.zeros(2), 0.5), Wall(np.zeros(2))))
    assert (finding.array, finding.index) == ("wall.values", 2)


PARTICLE = np.dtype([("mass", np.float32), ("speed", np.float64)])


@jk.kernel
def records(i, p, out):
    p[i]["speed"] = p[i + 1]["mass"]
    out[i] = p[i].speed


def test_records():
    particles = np.zeros(3, PARTICLE)
    assert records.check[2](particles, np.zeros(2)).ok  # different fields of one record do not race
    finding = only(records.check[3](particles, np.zeros(3)))
    assert (finding.kind, finding.array, finding.index) == ("out-of-bounds", "p", 3)


@jk.kernel
def same_field(i, p):
    p[0].mass = i


def test_a_race_on_a_field():
    finding = only(same_field.check[2](np.zeros(1, PARTICLE)))
    assert (finding.kind, finding.array, finding.index) == ("race", "p", 0)
    assert "p[0].mass" in finding.message


@jk.kernel(group=2)
def searches(i, x, out):
    k = 0
    while x[k] < 5:
        k += 1
    jk.barrier()
    out[i] = k


@jk.kernel
def searches_alone(i, x, out):
    k = 0
    while x[k] < 5:
        k += 1
    out[i] = k


@pytest.mark.parametrize("kernel", [searches, searches_alone], ids=lambda kernel: kernel.name)
def test_a_search_past_the_end_ends(kernel):
    finding = only(kernel.check[4](np.arange(4.0), np.zeros(4)))
    assert (finding.kind, finding.index) == ("out-of-bounds", 4)
    assert kernel.check[4](np.arange(8.0), np.zeros(4)).ok


@jk.kernel
def atomic_outside(i, x):
    jk.atomic.add(x, i, 1)


def test_an_atomic_outside():
    finding = only(atomic_outside.check[3](np.zeros(2, np.int64)))
    assert (finding.kind, finding.index) == ("out-of-bounds", 2)


# ---- memory without a value


@jk.kernel
def unwritten_local(i, x):
    mine = jk.local(3, x.dtype)
    mine[0] = x[i]
    x[i] = mine[0] + mine[i]  # here


def test_private_memory_read_before_it_is_written():
    finding = only(unwritten_local.check[3](np.zeros(3, np.float32)))
    assert (finding.kind, finding.array, finding.index) == ("uninitialized-read", "mine", 1)
    assert (finding.lineno, finding.work_items, finding.count) == (line_of(unwritten_local, "# here"), (1,), 2)


@jk.kernel(group=4)
def unwritten_shared(i, x):
    tile = jk.shared((2, 4), x.dtype)
    me = jk.local_index()
    tile[0, me] = x[i]
    jk.barrier()
    x[i] = tile[0, me] + tile[1, 3]  # here


def test_group_memory_read_before_it_is_written():
    finding = only(unwritten_shared.check[8](np.zeros(8)))
    assert (finding.kind, finding.array, finding.index) == ("uninitialized-read", "tile", (1, 3))
    assert (finding.lineno, finding.count) == (line_of(unwritten_shared, "# here"), 8)


@jk.kernel
def set_in_one_branch(i, x, out):
    if x[i] > 1:
        found = x[i]
    out[i] = found  # here


@jk.kernel(group=4)
def set_in_one_branch_of_a_group(i, x, out):
    if x[i] > 1:
        found = x[i]
    jk.barrier()
    out[i] = found  # here


@pytest.mark.parametrize(("kernel", "times"), [(set_in_one_branch, 6), (set_in_one_branch_of_a_group, 2)])
def test_a_variable_that_only_some_branches_set(kernel, times):
    x, out = np.array([0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0]), np.zeros(8)
    finding = only(kernel.check[8](x, out))  # a group ends where one of its work-items does
    assert (finding.kind, finding.array, finding.work_items) == ("uninitialized-read", None, (0,))
    assert (finding.filename, finding.lineno, finding.count) == (__file__, line_of(kernel, "# here"), times)
    assert "variable 'found' is read before anything is assigned to it, in work-item 0" in str(finding)


@jk.kernel
def copied(i, x, out):
    out[i] = x[i]


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "complex128"])
def test_an_empty_array(dtype):
    x = jk.empty(16, dtype)
    assert kinds(copied.check[16](x, np.zeros(16, dtype))) == ["uninitialized-read"]
    x[:8] = 1
    assert copied.check[8](x, np.zeros(16, dtype)).ok
    finding = only(copied.check[16](x, np.zeros(16, dtype)))
    assert (finding.array, finding.index, finding.count) == ("x", 8, 8)
    assert copied.check[16](np.zeros(16, dtype), x).ok  # writing it is fine


def test_an_empty_array_that_a_launch_filled():
    x = jk.empty(16)
    copied.on("python")[16](np.arange(16.0), x)
    assert copied.check[16](x, np.zeros(16)).ok
    assert copied.check[16](x[::2].repeat(2), np.zeros(16)).ok


def test_a_view_of_an_empty_array():
    x = jk.empty((4, 4))
    x[:, 1] = 0
    assert copied.check[4](x[:, 1], np.zeros(4)).ok
    assert kinds(copied.check[4](x[:, 2], np.zeros(4))) == ["uninitialized-read"]


# ---- barriers


@jk.kernel(group=4)
def in_a_branch(i, x):
    if jk.local_index() > 1:
        jk.barrier()  # here
    x[i] = 1


def test_a_barrier_in_a_branch():
    x = np.zeros(8)
    finding = only(in_a_branch.check[8](x))
    assert (finding.kind, finding.array, finding.index) == ("barrier-divergence", None, None)
    assert (finding.filename, finding.lineno) == (__file__, line_of(in_a_branch, "# here"))
    assert finding.work_items == (2, 0)
    assert finding.count == 2  # both groups


@jk.kernel(group=4)
def early_return(i, x):
    if i >= x.shape[0]:
        return
    tile = jk.shared(4, x.dtype)
    tile[jk.local_index()] = x[i]
    jk.barrier()
    x[i] = tile[0]


def test_returning_before_a_barrier():
    assert early_return.check[8](np.zeros(8)).ok
    assert kinds(early_return.check[6](np.zeros(6))) == ["barrier-divergence"]


# ---- arithmetic


@jk.kernel
def doubled(i, x):
    x[i] = x[i] * 2  # here


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "int64"])
def test_integers_that_wrap(dtype):
    high = np.iinfo(dtype).max
    assert doubled.check[2](np.array([1, high // 2], dtype)).ok
    finding = only(doubled.check[2](np.array([1, high], dtype)))
    assert (finding.kind, finding.work_items) == ("integer-overflow", (1,))
    assert finding.lineno == line_of(doubled, "# here")
    assert f"{high} * 2 = {high * 2} does not fit in {dtype}" in finding.message


@pytest.mark.parametrize("dtype", ["uint32", "uint64"])
def test_modular_arithmetic_is_left_in_peace(dtype):
    assert doubled.check[1](np.array([np.iinfo(dtype).max], dtype)).ok


@jk.kernel
def narrowed(i, x, big):
    x[i] = big


@jk.kernel
def cast(i, x, big):
    x[i] = np.int16(big)


@jk.kernel
def whole(i, x, big):
    x[i] = int(big)


@jk.kernel
def weak(i, x, n):
    x[i] = (n + i) * n


@jk.kernel
def shifted_left(i, x, n):
    x[i] = x[i] << n


@jk.kernel
def shifted_right(i, x, n):
    x[i] = x[i] >> n


@jk.kernel
def negated(i, x):
    x[i] = -x[i]


@jk.kernel
def absolute(i, x):
    x[i] = abs(x[i])


@jk.kernel
def accumulated(i, x):
    for _ in range(4):
        x[i] += 100


@jk.kernel
def powered(i, x, n):
    x[i] = x[i] ** n


@jk.kernel
def counted(i, x):
    jk.atomic.add(x, 0, 100)


OVERFLOWS = [
    (narrowed, np.zeros(1, np.int8), 300), (narrowed, np.zeros(1, np.int32), np.float32(3e9)),
    (narrowed, np.zeros(1, np.uint8), -1), (narrowed, np.zeros(1, np.int32), np.nan),
    (narrowed, np.zeros(1, np.int16), np.int64(40000)), (narrowed, np.zeros(1, np.uint64), -1.5),
    (cast, np.zeros(1, np.int16), 40000), (cast, np.zeros(1, np.int16), np.float64(-1e9)),
    (whole, np.zeros(1), np.inf), (whole, np.zeros(1), 1e30), (weak, np.zeros(1), 2**40),
    (shifted_left, np.ones(1, np.int32), 32), (shifted_left, np.ones(1, np.uint64), 64),
    (shifted_left, np.ones(1, np.int64), -1), (shifted_left, np.ones(1, np.int32), 31),
    (shifted_right, np.ones(1, np.int8), 8),
    (negated, np.array([-(2**31)], np.int32)), (absolute, np.array([-128], np.int8)),
    (accumulated, np.zeros(1, np.int8)), (powered, np.array([10], np.int32), 10),
    (powered, np.array([3], np.int64), 1000), (counted, np.full(1, 2**31 - 1, np.int32)),
]  # fmt: skip
FITS = [
    (narrowed, np.zeros(1, np.int8), 127), (narrowed, np.zeros(1, np.int32), 2147483647.5),
    (narrowed, np.zeros(1, np.uint32), -1), (cast, np.zeros(1, np.int16), -32768.9), (whole, np.zeros(1), 1e18),
    (weak, np.zeros(1), 2**31), (shifted_left, np.ones(1, np.int32), 30),
    (shifted_left, np.ones(1, np.uint8), 7), (shifted_right, np.ones(1, np.int8), 7),
    (negated, np.array([2**31 - 1], np.int32)), (absolute, np.array([-127], np.int8)),
    (powered, np.array([10], np.int32), 9), (powered, np.array([2.0]), 2000), (counted, np.zeros(1, np.int32)),
    (narrowed, np.zeros(1, np.float32), 1e300),
]  # fmt: skip


@pytest.mark.parametrize("case", OVERFLOWS, ids=lambda case: f"{case[0].name}-{case[1].dtype}-{case[2:]}")
def test_overflow(case):
    kernel, *args = case
    assert only(kernel.check[1](*args)).kind == "integer-overflow"


@pytest.mark.parametrize("case", FITS, ids=lambda case: f"{case[0].name}-{case[1].dtype}-{case[2:]}")
def test_no_overflow(case):
    kernel, *args = case
    report = kernel.check[1](*args)
    assert report.ok, str(report)


@jk.kernel
def ratio(i, x, y):
    x[i] = x[i] / y[i]


@jk.kernel
def quotient(i, x, y):
    x[i] = x[i] // y[i]


@jk.kernel
def rest(i, x, y):
    x[i] = x[i] % y[i]


@jk.kernel
def weak_ratio(i, x, y):
    x[i] = 1 / (i - i)


@jk.kernel
def inverse(i, x, y):
    x[i] = y[i] ** -1


DIVISIONS = [
    (kernel, dtype)
    for kernel in (ratio, quotient, rest, weak_ratio, inverse)
    for dtype in ("float32", "float64", "int32")
    if dtype != "int32" or kernel in (quotient, rest)  # the others answer with a float
]


@pytest.mark.parametrize(("kernel", "dtype"), DIVISIONS, ids=[f"{kernel.name}-{dtype}" for kernel, dtype in DIVISIONS])
def test_division_by_zero(kernel, dtype):
    finding = only(kernel.check[1](np.ones(1, dtype), np.zeros(1, dtype)))
    assert (finding.kind, finding.work_items) == ("division-by-zero", (0,))
    assert finding.lineno == line_of(kernel, "x[i] =")
    assert kernel is weak_ratio or kernel.check[1](np.ones(1, dtype), np.ones(1, dtype)).ok


def test_zero_by_zero_is_one_finding():
    assert only(ratio.check[1](np.zeros(1), np.zeros(1))).kind == "division-by-zero"


@jk.kernel
def difference(i, x, y):
    x[i] = x[i] - y[i]


@jk.kernel
def root(i, x, y):
    x[i] = math.sqrt(x[i])


@jk.kernel
def logarithm(i, x, y):
    x[i] = np.log(x[i])


@jk.kernel
def cube_root(i, x, y):
    x[i] = x[i] ** y[i]


@jk.kernel
def through_operator(i, x, y):
    x[i] = operator.mul(x[i], y[i])


NANS = [
    (difference, np.inf, np.inf), (root, -1.0, 0.0), (logarithm, -1.0, 0.0), (cube_root, -8.0, 1 / 3),
    (through_operator, np.inf, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("kernel", "x", "y"), NANS, ids=[kernel.name for kernel, *_ in NANS])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nan_made_from_numbers(kernel, x, y, dtype):
    finding = only(kernel.check[1](np.full(1, x, dtype), np.full(1, y, dtype)))
    assert (finding.kind, finding.work_items, finding.lineno) == ("nan", (0,), line_of(kernel, "x[i] ="))
    assert kernel.check[1](np.full(1, np.nan, dtype), np.full(1, y, dtype)).ok  # made elsewhere
    assert kernel.check[1](np.ones(1, dtype), np.full(1, 0.5, dtype)).ok


@jk.kernel
def infinities(i, x, out):
    out[0] = math.exp(x[i]) * 1e300
    out[1] = math.log(x[i] * 0.0)
    out[2] = np.float64(1e300) ** 2
    out[3] = 1e200 * 1e200


def test_infinity_is_no_finding():
    report = infinities.check[1](np.full(1, 700.0), np.zeros(4))
    assert report.ok, str(report)


@jk.kernel
def large_constant(i, x, y):
    y[i] = x[i] / 2**64 + (1 << 63) * 0.0


def test_constants_are_not_arithmetic():
    assert large_constant.check[1](np.ones(1), np.zeros(1)).ok


# ---- correct kernels of every form


def weighted(x, w=0.5):
    return x * w


@jk.kernel
def forms(i, a, b, out, pair, n):
    """Use what the language has."""
    total, count = 0.0, 0
    for row in a:
        total += row[i % n]
    for k in range(a.shape[0] - 1, -1, -1):
        count += k
    first, second = a[0]
    out[i, 0], out[i, 1] = out[i, 1], out[i, 0]
    out[i, 0] = out[i, 1] = weighted(total, w=2.0) if count else weighted(first)
    out[i, -1] += b[i].real + abs(b[i]) + second + len(a) + out.ndim + pair[1]
    x: float = max(total, 1.0)
    while x > 1.0 and not math.isnan(x):
        x /= 2
    if (y := x * 2) > 0:
        out[i, 0] -= y
    b[i] *= 1j
    out[i] = out[i]


def test_the_forms_of_the_language():
    rng = np.random.default_rng(0)
    a, out = rng.random((3, 2)), rng.random((4, 2))
    b = rng.random(4) + 0j
    report = forms.check[4](a, b, out, (1, 2.0), 2)
    assert report.ok, str(report)


@jk.kernel
def computes(i, j, a, b, out, n):
    t = a[i, j]
    t -= np.float32(3) * b[j]
    t = t / (1 + abs(t)) + n // 2 + n % 3 - (-n) ** 2
    t += math.floor(a[i, j] * 3) + round(a[i, j]) + int(a[i, j] * 5.0)
    t += np.hypot(a[i, j], b[j]) + divmod(n, 3)[1] + pow(b[j], 2)
    t += np.square(b[j] < 1) - (b[j] < 0)
    out[i, j] += t
    out[i, j] *= -1


def test_results_are_those_of_the_interpreter():
    from jitkit.backends import sanitizer
    from jitkit.launch.kernel import Launch
    from jitkit.launch.space import parse

    rng = np.random.default_rng(1)
    a, b = rng.random((3, 4), np.float32), rng.random(4, np.float32)
    plain, checked = np.ones((3, 4), np.float32), np.ones((3, 4), np.float32)
    with jk.backend("python"):
        computes[3, 4](a, b, plain, 7)
    report = sanitizer.check(Launch(computes, parse((3, 4), "computes"), None), (a, b, checked, 7), keep=True)
    assert report.ok, str(report)
    np.testing.assert_array_equal(checked, plain)


SIZES = {"matmul_tiled": 26}  # 32 terms fill a tile


@pytest.mark.parametrize("name", cases.names())
def test_shipped_kernels_are_clean(name):
    case = cases.load(name)
    problem = case.problem(SIZES.get(name, "tiny"))
    report = case.kernel.check[problem.space](*problem.args)
    assert report.ok, str(report)
    assert report.work_items >= 1


# ---- the report


def test_the_callers_arrays_stay_as_they_are():
    x = np.arange(6.0)
    in_place.check[1:6](x)
    np.testing.assert_array_equal(x, np.arange(6.0))


def test_a_report_prints_like_a_compiler():
    report = off_by_one.check[4](np.ones(4), np.ones(4))
    line = line_of(off_by_one, "# here")
    assert str(report) == (
        "off_by_one: 1 finding in 4 work-items\n\n"
        f"{__file__}:{line}: out-of-bounds: x[4] is read, and the extent is 4: the last index is 3, in work-item 3\n"
        f"{line:>6} |     out[i] = x[i + 1]  # here\n"
        "       |              ^~~~~~~~"
    )
    assert not report.ok
    with pytest.raises(FindingsError, match="1 finding in 4 work-items"):
        report.raise_if_any()


def test_a_clean_report():
    report = shifted.check[4](np.ones(4), np.ones(4))
    assert report.ok
    assert report.findings == ()
    assert str(report) == "shifted: nothing found in 4 work-items"
    report.raise_if_any()


def test_findings_are_frozen():
    finding = only(lost_update.check[3](np.zeros(1, np.int32)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        finding.kind = "none"


def test_an_empty_space_and_empty_arrays():
    assert shifted.check[0](np.ones(0), np.ones(0)).ok
    assert shifted.check[0](np.ones(3), np.ones(3)[::-1]).ok
    assert only(shifted.check[1](np.ones(0), np.ones(3))).kind == "out-of-bounds"


def test_strides_and_broadcasts():
    a = np.arange(24.0).reshape(4, 6)
    assert shifted.check[3](a[1, ::-2], a[::-1, 0]).ok  # no element in common
    assert shifted.check[4](np.broadcast_to(np.float64(1), 4), np.zeros(4)).ok


def test_a_space_too_large():
    with pytest.raises(LaunchError, match="the sanitizer takes at most 33,554,431: check a smaller space"):
        shifted.check[2**26](np.ones(4), np.ones(4))


def test_errors_of_the_kernel_itself_are_raised():
    with pytest.raises(IndexError) as caught:
        too_many.check[2](np.ones(2))
    assert caught.value.__notes__ == ["in kernel too_many at point (0,)"]


@jk.kernel
def too_many(i, x):
    x[i, i] = 1


# ---- the command


def run(*arguments: str):
    from click.testing import CliRunner

    from jitkit.cli import main

    return CliRunner().invoke(main, ["check", *arguments])


SCRIPT = """
import sys
import numpy as np, jitkit as jk

@jk.kernel
def smooth(i, x, y):
    y[i] = x[i] + x[i + 1]

def main(n=8, last=0):
    x, y = jk.empty(n), jk.zeros(n)
    x[:] = 1
    for _ in range(3):
        smooth.on("cpu")[0:n - 1 + last](x, y)
    assert y[0] == 2.0  # what the launch wrote is there
    return y

def broken():
    main(last=1)

if __name__ == "__main__":
    main(last=int(sys.argv[1]))
    print("done", sys.argv[1:])
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "smooth_script.py"
    path.write_text(SCRIPT)
    return str(path)


def test_checking_a_script(script):
    clean = run(script, "0", "--size", "3")
    assert clean.exit_code == 0, clean.output
    assert "done ['0', '--size', '3']" in clean.output
    assert "nothing found in 3 launches, 21 work-items" in clean.output
    wrong = run(script, "1")
    assert wrong.exit_code == 1
    assert wrong.output.count("out-of-bounds: x[8] is read") == 1
    assert f"{script}:7" in wrong.output
    assert "1 finding in 3 launches" in wrong.output


def test_checking_a_function(script):
    assert run(f"{script}:main").exit_code == 0
    wrong = run(f"{script}:broken")
    assert wrong.exit_code == 1
    assert "out-of-bounds" in wrong.output


def test_checking_a_case(monkeypatch):
    # As in a new process: another test of this one may have run the kernel, and launches are watched from its first run on.
    monkeypatch.setattr(cases.load("saxpy").kernel, "_kept", {})
    result = run("saxpy")
    assert result.exit_code == 0, result.output
    assert "nothing found in 2 launches, 2,000 work-items" in result.output


def test_what_cannot_be_checked(script, tmp_path):
    for arguments, text in [
        ((f"{script}:smooth",), "does not say with which arguments to launch"),
        ((f"{script}:absent",), "has no function 'absent'"),
        ((str(tmp_path / "absent.py"),), "there is no file"),
        ((f"{script}:main", "4"), "is called without arguments"),
        (("saxpy", "--size", "4"), "is called without arguments"),
        ((script,), "IndexError"),
    ]:
        result = run(*arguments)
        assert result.exit_code == 2, result.output
        assert text in result.output


def test_a_script_without_launches(tmp_path):
    path = tmp_path / "quiet.py"
    path.write_text("print('nothing to do')\n")
    result = run(str(path))
    assert result.exit_code == 2
    assert "launched no kernel" in result.output


def test_launches_are_watched_inside_the_command_only(script):
    run(script, "0")
    x, y = np.ones(2), np.zeros(2)
    shifted.on("python")[2](x, y)
    np.testing.assert_array_equal(y, x)
