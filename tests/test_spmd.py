"""The SPMD vectoriser: what it knows of values and branches, and kernels whose lanes part in every way they can."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends.lowering import target
from jitkit.backends.spmd import (
    gathers,
    graph,
    order,
    patterns,
    phases,
    places,
    plan,
    pressure,
    reader,
    regions,
    unrolling,
)
from jitkit.backends.spmd.ir import UnsupportedIRError
from jitkit.backends.spmd.pattern import Pattern
from jitkit.backends.spmd.shapes import Shapes

# A loop that lanes leave at different turns, as LLVM prints it.
ESCAPE = """
define void @f(i64 %i, ptr %x, ptr %out, i64 %n) {
entry:
  %a = getelementptr double, ptr %x, i64 %i
  %start = load double, ptr %a, align 8
  br label %head

head:                                             ; preds = %body, %entry
  %z = phi double [ %start, %entry ], [ %twice, %body ]
  %k = phi i64 [ 0, %entry ], [ %more, %body ]
  %end = icmp eq i64 %k, %n
  br i1 %end, label %done, label %body

body:                                             ; preds = %head
  %twice = fmul contract double %z, 2.000000e+00
  %more = add nuw nsw i64 %k, 1
  %far = fcmp ogt double %twice, 1.000000e-01
  br i1 %far, label %done, label %head

done:                                             ; preds = %body, %head
  %turns = phi i64 [ %n, %head ], [ %more, %body ]
  %o = getelementptr i64, ptr %out, i64 %i
  store i64 %turns, ptr %o, align 8
  ret void
}
"""


def test_strides_and_divergence():
    function = reader.read(ESCAPE, "f")
    shapes = Shapes(function, {"%i": 1})
    assert shapes.strides["%a"] == 8  # neighbouring doubles
    assert shapes.strides["%z"] is None
    assert shapes.strides["%k"] == 0  # all lanes still inside have made as many turns
    assert shapes.strides["%turns"] is None  # but they leave at different ones
    assert shapes.divergent == {"%body"}
    (region,) = regions.find(shapes.graph, function.entry, shapes.divergent)
    assert (region.entry, region.exit, region.blocks) == ("%entry", "%done", {"%head", "%body"})


# A row of a sparse matrix by a vector; GATHERED is what it adds to the place where it reads.
ROW = """
define void @f(i64 %i, ptr %ends, ptr %columns, ptr %x, ptr %out) {
entry:
  %e = getelementptr i64, ptr %ends, i64 %i
  %end = load i64, ptr %e, align 8
  br label %turn

turn:                                             ; preds = %turn, %entry
  %k = phi i64 [ 0, %entry ], [ %more, %turn ]
  %place = phi i64 [ %i, %entry ], [ %next, %turn ]
  %sum = phi double [ 0.000000e+00, %entry ], [ %added, %turn ]
  %c = getelementptr i64, ptr %columns, i64 %place
  %column = load i64, ptr %c, align 8
  %a = getelementptr double, ptr %x, i64 %column
  %value = load double, ptr %a, align 8
  %added = fadd double %sum, %value
  %more = add nuw nsw i64 %k, 1
  %next = add nuw nsw i64 %place, STEP
  %last = icmp eq i64 %more, %end
  br i1 %last, label %done, label %turn

done:                                             ; preds = %turn
  %o = getelementptr double, ptr %out, i64 %i
  store double %added, ptr %o, align 8
  ret void
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROW.replace("STEP", "7"), True),
        (ROW.replace("STEP", "%column"), False),  # each turn waits for what the one before has read
        (ROW.replace("STEP", "7").replace("fadd double", "call double @jk_atan2(double 1.0, double %value) ;"), False),
        (ESCAPE, False),
    ],
)
def test_loops_that_are_little_but_gathers_are_not_for_lanes(text, expected):
    function = reader.read(text, "f")
    assert gathers.dominate(function, Shapes(function, {"%i": 1}), masks=False) is expected
    assert gathers.dominate(function, Shapes(function, {"%i": 1}), masks=True) is expected


# What each turn of ROW adds, where it is more than a cutoff.
CUTOFF = ROW.replace("STEP", "7").replace(
    "  %added = fadd double %sum, %value\n",
    "  %far = fcmp ogt double %value, 1.000000e-01\n  br i1 %far, label %within, label %latch\n\nwithin:\n"
    "  %new = fadd double %sum, %value\n  br label %latch\n\nlatch:\n"
    "  %added = phi double [ %sum, %turn ], [ %new, %within ]\n",
).replace("%more, %turn ]", "%more, %latch ]").replace("%next, %turn ]", "%next, %latch ]").replace(
    "%added, %turn ]", "%added, %latch ]"
)  # fmt: skip


def test_lanes_keep_loops_that_branch_where_the_cpu_has_masks():
    function = reader.read(CUTOFF, "f")
    assert gathers.dominate(function, Shapes(function, {"%i": 1}), masks=False)
    assert not gathers.dominate(function, Shapes(function, {"%i": 1}), masks=True)


@pytest.mark.parametrize(
    ("cpu", "bits", "expected"), [("znver3", 256, False), ("znver4", 512, False), ("icelake-server", 512, True)]
)
def test_lanes_gather_where_the_cpu_has_a_fast_instruction_for_it(monkeypatch, cpu, bits, expected):
    monkeypatch.setattr(plan, "vector_bits", lambda: bits)
    monkeypatch.setattr(target, "name", lambda: cpu)
    function = reader.read(ROW.replace("STEP", "7"), "f")
    assert plan.worthwhile(function, Shapes(function, {"%i": 1}), fastmath=False) is expected


def test_features_are_those_that_numbas_setting_leaves(monkeypatch):
    here = {"sse4.2": True, "avx2": True, "fma": True, "avx512f": True, "sve": False}
    monkeypatch.setattr(target.llvm, "get_host_cpu_features", lambda: here)
    target._features.cache_clear()
    try:
        for setting, expected in (
            (None, {"sse4.2", "avx2", "fma", "avx512f"}),
            ("+avx2, +sve,-avx512f", {"sse4.2", "avx2"}),
            ("+fma", {"fma"}),
            ("", set()),
        ):
            monkeypatch.setattr(target.config, "CPU_FEATURES", setting)
            assert target.features() == expected
    finally:
        target._features.cache_clear()


MEETING = """
define void @f(i64 %i, ptr %out, i64 %n) {
entry:
  %alike = icmp slt i64 %n, 10
  br i1 %alike, label %parted, label %away

away:                                             ; preds = %entry
  %w = add nsw i64 %n, 1
  br label %join

parted:                                           ; preds = %entry
  %v = add nsw i64 %n, 2
  %low = icmp slt i64 %i, 5
  br i1 %low, label %one, label %join

one:                                              ; preds = %parted
  %again = add i64 %n, 2
  store i64 0, ptr %out, align 8
  br label %join

join:                                             ; preds = %one, %parted, %away
  %same = phi i64 [ %w, %away ], [ %v, %one ], [ %v, %parted ]
  %computed = phi i64 [ %w, %away ], [ %again, %one ], [ %v, %parted ]
  %other = phi i64 [ 0, %away ], [ 1, %one ], [ 2, %parted ]
  store i64 %other, ptr %out, align 8
  ret void
}
"""


def test_lanes_that_bring_one_value_from_all_sides_agree():
    shapes = Shapes(reader.read(MEETING, "f"), {"%i": 1})
    assert shapes.divergent == {"%parted"}
    assert shapes.strides["%same"] == 0
    assert shapes.strides["%computed"] == 0  # on each way by itself, from the same values
    assert shapes.strides["%other"] is None


def test_private_memory_in_blocks_out_of_order():
    """LLVM lays blocks out as they are likely to run: an address may stand before the one that it is made of."""
    text = """
define void @f(i64 %i, i1 %some) {
entry:
  %memory = alloca [64 x i8], align 8
  br i1 %some, label %first, label %last

last:
  ret void

second:
  %there = getelementptr i8, ptr %row, i64 8
  %x = load double, ptr %there, align 8
  br label %last

first:
  %row = getelementptr i8, ptr %memory, i64 16
  br label %second
}
"""
    shapes = Shapes(reader.read(text, "f"), {"%i": 1})
    assert shapes.private["%there"] == "%memory"
    assert shapes.strides["%x"] is None


def turns_of(sums, body):
    """Return a loop over n that adds something different to each of so many sums, its shapes with lanes along %i."""
    phis = "".join(f"  %s{k} = phi float [ %start, %entry ], [ %t{k}, %turn ]\n" for k in range(sums))
    adds = "".join(f"  %t{k} = fadd contract float %s{k}, %b{k}\n" for k in range(sums))
    text = f"""
define void @f(i64 %i, ptr %x, i64 %n) {{
entry:
  %a = getelementptr float, ptr %x, i64 %i
  %start = load float, ptr %a, align 4
  br label %turn

turn:                                             ; preds = %turn, %entry
  %k = phi i64 [ 0, %entry ], [ %more, %turn ]
{phis}{"".join(body(k) for k in range(sums))}{adds}  %more = add nuw nsw i64 %k, 1
  %end = icmp eq i64 %more, %n
  br i1 %end, label %done, label %turn

done:                                             ; preds = %turn
  %last = phi float [ %t0, %turn ]
  store float %last, ptr %a, align 4
  ret void
}}
"""
    function = reader.read(text, "f")
    return function, Shapes(function, {"%i": 1})


def apart(k):
    """Work that no turn waits for."""
    return f"  %a{k} = fmul contract float %start, %start\n  %b{k} = fmul contract float %a{k}, %start\n"


def behind(k):
    """Work on what the turn before gave."""
    return f"  %a{k} = fmul contract float %s{k}, %start\n  %b{k} = fmul contract float %a{k}, %s{k}\n"


@pytest.mark.parametrize(
    ("sums", "body", "available", "crowded"),
    [(7, apart, 16, True), (7, apart, 32, False), (3, apart, 16, False), (4, behind, 8, False)],
    ids=["two do not fit", "more registers", "few values", "waits for itself"],
)
def test_loops_that_two_registers_for_each_value_would_crowd(sums, body, available, crowded):
    assert pressure.crowded(*turns_of(sums, body), available) is crowded


@pytest.mark.parametrize(
    ("behind", "values", "crowded"),
    [("  call void @jk.barrier(i64 7)\n", 12, True), ("  call void @jk.barrier(i64 7)\n", 3, False), ("", 12, False)],
    ids=["two do not fit", "few values", "no barrier"],
)
def test_blocks_between_barriers_that_two_registers_for_each_value_would_crowd(behind, values, crowded):
    made = "".join(f"  %v{k} = fmul contract float %start, %start\n" for k in range(values))
    sums = "".join(f"  %s{k + 1} = fadd contract float %s{k}, %v{k}\n" for k in range(values))
    text = f"""
define void @f(i64 %i, ptr %x) {{
entry:
  %a = getelementptr float, ptr %x, i64 %i
  %start = load float, ptr %a, align 4
{made}  %s0 = fadd contract float %start, %start
{sums}  store float %s{values}, ptr %a, align 4
{behind}  ret void
}}
"""
    function = reader.read(text, "f")
    assert pressure.crowded(function, Shapes(function, {"%i": 1}), 16) is crowded


# Each work-item fills memory of its own, and there is a barrier in each turn of a loop that narrows from 4 to 1.
FILLING = """
define void @f(i64 %i, ptr %x, i64 %n) {
entry:
  %mine = alloca [4 x float], align 4
  br label %fill

fill:                                             ; preds = %fill, %entry
  %r = phi i64 [ 0, %entry ], [ %more, %fill ]
  %a = getelementptr float, ptr WHERE, i64 %r
  store float 1.000000e+00, ptr %a, align 4
  %more = add nuw nsw i64 %r, 1
  %filled = icmp eq i64 %more, TURNS
  br i1 %filled, label %head, label %fill

head:                                             ; preds = %head, %fill
  %half = phi i64 [ 4, %fill ], [ %next, %head ]
  %low = icmp slt i64 NARROWED, %half
  %b = getelementptr float, ptr %x, i64 %i
  %v = select i1 %low, float 1.000000e+00, float 2.000000e+00
  store float %v, ptr %b, align 4
  call void @jk.barrier(i64 7)
  %next = lshr i64 %half, 1
  %end = icmp eq i64 %next, 0
  br i1 %end, label %done, label %head

done:                                             ; preds = %head
  ret void
}
"""


@pytest.mark.parametrize(
    ("where", "turns", "narrowed", "unrolled"),
    [
        ("%mine", "4", "%i", {"%head", "%fill"}),
        ("%x", "4", "%i", {"%head"}),
        ("%mine", "%n", "%i", set()),
        ("%mine", "4", "%n", set()),
        ("%mine", str(unrolling.MOST_INSTRUCTIONS), "%i", set()),
    ],
    ids=["of its own", "of an array", "turns unknown", "barriers' loop stays", "too many turns"],
)
def test_loops_over_private_memory_are_unrolled_with_those_of_barriers(where, turns, narrowed, unrolled):
    text = FILLING.replace("WHERE", where).replace("TURNS", turns).replace("NARROWED", narrowed)
    function = reader.read(text, "f")
    assert {loop.header for loop in unrolling.unrollable(function, Shapes(function, {"%i": 1}))} == unrolled


# A group of work-items (%i, %j) reads, before each barrier, one element of a place and four of another.
READING = """
define void @f(i64 %i, i64 %j, ptr %x, ptr %y, i64 %n) {
entry:
  br label %head

head:                                             ; preds = %behind, %entry
  %k = phi i64 [ 0, %entry ], [ %next, %behind ]
  %a = getelementptr float, ptr %x, i64 %ONCE
  %u = load float, ptr %a, align 4
  br label %turn

turn:                                             ; preds = %turn, %head
  %r = phi i64 [ 0, %head ], [ %more, %turn ]
  %at = add nsw i64 %r, %FOUR
  %b = getelementptr float, ptr %y, i64 %at
  %v = load float, ptr %b, align 4
  %more = add nuw nsw i64 %r, 2
  %again = icmp samesign ult i64 %r, 6
  br i1 %again, label %turn, label %behind

behind:                                           ; preds = %turn
  call void @jk.barrier(i64 7)
  %next = add nuw nsw i64 %k, 1
  %end = icmp eq i64 %next, %n
  br i1 %end, label %done, label %head

done:                                             ; preds = %behind
  ret void
}
"""


@pytest.mark.parametrize(("once", "four", "fastest"), [("i", "j", 0), ("j", "i", 1), ("i", "i", 1)])
def test_groups_follow_one_another_where_the_next_reads_less_anew(once, four, fastest):
    function = reader.read(READING.replace("ONCE", once).replace("FOUR", four), "f")
    assert order.fastest(function, Shapes(function, {"%j": 1}), 2) == fastest


def test_unknown_instructions_are_refused():
    with pytest.raises(UnsupportedIRError, match="va_arg"):
        reader.read("define void @f(ptr %p) {\nentry:\n  %x = va_arg ptr %p, i32\n  ret void\n}\n", "f")


def test_ways_that_llvm_has_proved_away_part_no_lanes():
    text = """
define void @f(i64 %i, ptr %p) {
entry:
  %some = icmp eq i64 %i, 0
  br i1 %some, label %behind, label %dead

dead:
  %x = load double, ptr %p, align 8
  %more = fcmp oeq double %x, 0.000000e+00
  br i1 %more, label %end, label %other

other:
  br label %end

end:
  unreachable

behind:
  call void @jk.barrier(i64 7)
  ret void
}
"""
    function = reader.read(text, "f")
    assert list(function.blocks) == ["%entry", "%behind"]
    shapes = Shapes(phases.split_at_barriers(function), {"%i": 1})
    assert not shapes.divergent
    phases.refuse_divergent(shapes)


def test_dominators_and_loops():
    flow = {"a": ["b"], "b": ["c", "d"], "c": ["b", "e"], "d": ["e"], "e": []}
    assert graph.dominators(flow, "a") == {"a": "a", "b": "a", "c": "b", "d": "b", "e": "b"}
    found = graph.loops(flow, "a")
    assert set(found) == {"b", "c"}
    assert found["c"].header == "b"


SIZES = [1, 4, 5, 7, 8, 15, 16, 17, 31, 33, 100, 127, 129, 1000]
"""Rows that end at every place in a vector."""


@jk.kernel
def collatz(i, start, steps):
    n = start[i]
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
        if count == 100:
            break
    steps[i] = count


@pytest.mark.parametrize("size", SIZES)
def test_lanes_that_leave_a_loop_at_different_turns(size):
    start, steps = np.arange(1, size + 1), np.zeros(size, np.int64)
    collatz.on("cpu")[size](start, steps)

    def turns(n):
        count = 0
        while n != 1 and count < 100:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            count += 1
        return count

    assert steps.tolist() == [turns(n) for n in start.tolist()]


@jk.kernel
def window(i, j, x, out, radius):
    """Sum a window whose column is clamped to the row, skip every third place, stop at the first negative value."""
    m = x.shape[1]
    total = 0
    for a in range(-radius, radius + 1):
        value = x[i, min(max(j + a, 0), m - 1)]
        if a % 3 == 1:
            continue
        if value < 0:
            break
        total += value
    out[i, j] = total


@pytest.mark.parametrize("columns", SIZES)
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32, np.float64])
def test_clamped_neighbours_with_break_and_continue(columns, dtype):
    rng, radius = np.random.default_rng(columns), 4
    x = rng.integers(-1, 9, (3, columns)).astype(dtype)
    out = np.zeros_like(x)
    window.on("cpu")[3, columns](x, out, radius)
    expected = np.zeros_like(x)
    for i, j in np.ndindex(x.shape):
        for a in range(-radius, radius + 1):
            value = x[i, np.clip(j + a, 0, columns - 1)]
            if a % 3 == 1:
                continue
            if value < 0:
                break
            expected[i, j] += value
    np.testing.assert_array_equal(out, expected)


@jk.kernel
def guarded(i, a, b, out):
    """Divide only where that is possible: lanes outside must not trap."""
    for k in range(b.shape[1]):
        if b[i, k] != 0:
            out[i] += a[i] // b[i, k]


def test_no_division_by_zero_in_lanes_that_take_no_part():
    rng = np.random.default_rng(0)
    a, b = rng.integers(-1000, 1000, 77), rng.integers(-2, 3, (77, 5))
    out = np.zeros(77, np.int64)
    guarded.on("cpu")[77](a, b, out)
    expected = [sum(int(a[i]) // int(d) for d in b[i] if d != 0) for i in range(77)]
    assert out.tolist() == expected


@jk.kernel
def returning(i, x, out):
    for k in range(4):
        if x[i] > k:
            return
        out[i, k] = math.exp(x[i] - k)


def test_lanes_that_return_early():
    x = np.linspace(-1, 5, 53, dtype=np.float32)
    out = np.zeros((53, 4), np.float32)
    returning.on("cpu")[53](x, out)
    k = np.arange(4)
    alive = np.logical_and.accumulate(x[:, None] <= k, axis=1)
    np.testing.assert_allclose(out, np.where(alive, np.exp(x[:, None] - k, dtype=np.float32), 0), rtol=5e-7)


@jk.kernel
def strided(i, x, out):
    total = 0.0
    for k in range(i % 5):
        total += x[(i * (k + 1)) % x.shape[0]]
    out[i] = total


def test_steps_other_than_one():
    x, out = np.arange(97.0), np.zeros(97)
    strided.on("cpu")[3:90:4](x, out)
    expected = np.zeros(97)
    for i in range(3, 90, 4):
        expected[i] = sum(x[(i * (k + 1)) % 97] for k in range(i % 5))
    np.testing.assert_array_equal(out, expected)


@jk.kernel(group=(3, 5))
def private(i, j, x, n):
    """Fill private memory to a place that differs between work-items, and read it behind a barrier."""
    mine = jk.local(8, x.dtype)
    for k in range(8):
        mine[k] = -1
    for k in range(int(x[i, j]) % 8):
        mine[k] = 0
    jk.barrier()
    total = 0
    for k in range(n):
        total += mine[(k + j) % 8]
    x[i, j] = total


def test_private_memory_across_a_barrier():
    x = np.arange(60).reshape(6, 10)
    before = x.copy()
    private.on("cpu")[6, 10](x, 5)
    mine = [np.where(np.arange(8) < v % 8, 0, -1) for v in before.ravel()]
    expected = [sum(m[(k + p % 10) % 8] for k in range(5)) for p, m in enumerate(mine)]
    assert x.ravel().tolist() == expected


@jk.kernel(group=8)
def private_at_a_chosen_place(i, flags, x, out):
    """Make LLVM choose between two addresses in private memory, and read there behind a barrier."""
    mine = jk.local(4, x.dtype)
    for k in range(4):
        mine[k] = x[i] * k
    if flags[i]:
        mine[0] = mine[2] + 1
        at = 1
    else:
        at = 3
    mine[at] += 7
    jk.barrier()
    out[i] = mine[0] + 10 * mine[1] + 100 * mine[3] + 1000 * mine[at]


def test_private_memory_at_a_chosen_place(backend):
    flags, x, out = np.arange(16) % 3 == 0, np.arange(16), np.zeros(16, int)
    private_at_a_chosen_place.on(backend)[16](flags, x, out)
    taken, left = 2 * x + 1 + 1010 * (x + 7) + 300 * x, 10 * x + 1100 * (3 * x + 7)
    np.testing.assert_array_equal(out, np.where(flags, taken, left))


@jk.kernel(group=16)
def odd_sizes_filled(i, x, out):
    running = jk.group_scan("add", x[i])
    bytes_ = jk.local(5, np.uint8)
    for k in range(5):
        bytes_[k] = 64
    bytes_[i % 5] += 1
    out[i] = running + 100.0 * bytes_[jk.group_index()] + 1e4 * bytes_[(i + 1) % 5]


def test_private_memory_of_any_size_is_aligned_for_every_vector():
    x, out = np.ones(32), np.zeros(32)
    odd_sizes_filled.on("cpu")[32](x, out)
    at, group = np.arange(32), np.arange(32) // 16
    held = 64 + (at % 5 == group)
    np.testing.assert_array_equal(out, at % 16 + 1 + 100 * held + 1e4 * 64)


@jk.kernel(group=32)
def uniform_flow(i, x, rounds, out):
    """Barriers in a loop and a branch whose conditions are the same for the whole group."""
    tile = jk.shared(32, x.dtype)
    me = jk.local_index()
    value = x[i]
    for k in range(rounds[0]):
        tile[me] = value
        jk.barrier()
        if k % 2 == 0:
            value = tile[31 - me]
        else:
            value += tile[(me + 1) % 32]
            jk.barrier()
            tile[me] = 0
        jk.barrier()
        if rounds[1] == k:
            break
    out[i] = value


@pytest.mark.parametrize("rounds", [(0, 9), (1, 9), (4, 9), (5, 2)])
def test_barriers_in_uniform_loops_and_branches(rounds):
    x = np.random.default_rng(1).integers(0, 100, 96)
    out = np.zeros_like(x)
    uniform_flow.on("cpu")[96](x, np.array(rounds), out)
    value = x.reshape(3, 32).copy()
    for k in range(min(rounds[0], rounds[1] + 1)):
        value = value[:, ::-1].copy() if k % 2 == 0 else value + np.roll(value, -1, axis=1)
    np.testing.assert_array_equal(out.reshape(3, 32), value)


def counted(log, i):
    log[i] += 1
    return log[i]


@jk.kernel(group=4)
def led_past_a_test(i, x, n, log, out):
    """Loops behind which LLVM knows that the last one turns, as ``n % 2 == 1`` says so, while work-items part in the second."""
    me = jk.local_index()
    tile = jk.shared(4, np.int64)
    value = x[i]
    if n % 2 == 1:
        for _ in range(n % 4):
            jk.barrier()
        k = 0
        while k < 4 and (x[i] >= 14 or counted(log, i) % 3 == 2):
            value = log[i] + x[i]
            k += 1
    k = n % 4
    while k > 0:
        k -= 1
        tile[me] = k + x[i]
        jk.barrier()
        value += tile[3 - me]
        jk.barrier()
    out[i] = value


@pytest.mark.parametrize("n", [2, 3])
def test_barriers_behind_a_loop_that_some_leave_sooner(n, backend):
    x, log, out = np.arange(16), np.arange(16) % 3, np.zeros(16, int)
    led_past_a_test.on(backend)[16](x, n, log, out)
    value = np.where((n == 3) & ((x % 3 == 1) | (x >= 14)), x + x % 3 + (x < 14), x)
    opposite = x.reshape(4, 4)[:, ::-1].ravel()
    np.testing.assert_array_equal(out, value + sum(range(n)) + n * opposite)


@jk.kernel(group=64)
def in_a_branch(i, x):
    if jk.local_index() < 32:
        jk.barrier()  # HERE
    x[i] = 1


@jk.kernel(group=64)
def in_a_loop(i, x):
    for _ in range(int(x[i])):
        jk.barrier()  # HERE
    x[i] = 1


@jk.kernel(group=64)
def behind_a_return(i, x):
    if i >= x.shape[0]:
        return
    jk.barrier()  # HERE
    x[i] = 1


@pytest.mark.parametrize("kernel", [in_a_branch, in_a_loop, behind_a_return])
def test_barriers_that_part_a_group_are_refused(kernel):
    with pytest.raises(jk.KernelSyntaxError, match="differs between the work-items") as caught:
        kernel.on("cpu")[64](np.zeros(64))
    assert "# HERE" in str(caught.value)


@jk.kernel(group=64)
def range_tests(i, x, bounds, out):
    """Ranges narrower than a vector, which LLVM writes as one unsigned comparison of a place less a bound."""
    tile = jk.shared(64, np.int64)
    me = jk.local_index()
    tile[me] = x[i]
    jk.barrier()
    value = 0
    if 3 <= me < 6:
        value += tile[me]
    if bounds[0] <= i < bounds[1]:
        value += 1000
    if i < bounds[0] or i > bounds[1]:
        value += 100000
    if i == bounds[1]:
        value += 10000000
    if i != bounds[0]:
        value += 1000000000
    out[i] = value


@pytest.mark.parametrize("bounds", [(70, 75), (0, 1), (5, 4), (63, 64), (100, 191)])
def test_ranges_narrower_than_a_vector(bounds):
    x = np.random.default_rng(2).integers(0, 100, 192)
    out = np.zeros_like(x)
    range_tests.on("cpu")[192](x, np.array(bounds), out)
    i = np.arange(192)
    expected = np.where((i % 64 >= 3) & (i % 64 < 6), x, 0) + 1000 * ((bounds[0] <= i) & (i < bounds[1]))
    expected += 100000 * ((i < bounds[0]) | (i > bounds[1])) + 10000000 * (i == bounds[1])
    np.testing.assert_array_equal(out, expected + 1000000000 * (i != bounds[0]))


@jk.kernel(group=32)
def clamped_across_barriers(i, x, rounds, out):
    """An address clamped before the loop is used inside it; the truth of a test from before a barrier is used behind."""
    tile = jk.shared(32, x.dtype)
    me = jk.local_index()
    near = min(max(i - 3, 0), x.shape[1] - 1)
    inside = 2 < i < x.shape[1] - 2 and (me != 7 or rounds > 2)
    total = 0.0
    for r in range(rounds):
        tile[me] = x[min(r, 2), near]
        jk.barrier()
        if inside:
            total += tile[31 - me]
        jk.barrier()
    if i < x.shape[1]:
        out[i] = total


@pytest.mark.parametrize("size", [5, 31, 64, 100])
@pytest.mark.parametrize("rounds", [0, 1, 4])
def test_clamped_addresses_and_truths_from_before_a_barrier(size, rounds):
    x = np.random.default_rng(3).random((3, size))
    out = np.full(size, -1.0)
    clamped_across_barriers.on("cpu")[size](x, rounds, out)
    i = np.arange(-(-size // 32) * 32)
    near = x[:, np.clip(i - 3, 0, size - 1)].reshape(3, -1, 32)[:, :, ::-1].reshape(3, -1)
    sums = sum((near[min(r, 2)] for r in range(rounds)), np.zeros(i.size))
    inside = (i > 2) & (i < size - 2) & ((i % 32 != 7) | (rounds > 2))
    np.testing.assert_allclose(out, np.where(inside, sums, 0)[:size])


@jk.kernel(group=64)
def clamped_rows(i, x, out):
    """Each turn reads a row within the matrix, at columns within it."""
    row = jk.shared(64, x.dtype)
    me = jk.local_index()
    total = 0.0
    for r in range(-2, x.shape[0] + 2):
        row[me] = x[min(max(r, 0), x.shape[0] - 1), min(max(i - 3, 0), x.shape[1] - 1)]
        jk.barrier()
        total += row[63 - me]
        jk.barrier()
    if i < out.size:
        out[i] = total


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (9, 64), (5, 200)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_next_turn_s_clamped_row_is_asked_for(backend, shape, dtype):
    x = np.random.default_rng(4).integers(0, 1000, shape).astype(dtype)
    out = np.zeros(shape[1], dtype)
    clamped_rows.on(backend)[shape[1]](x, out)
    wide = np.pad(x, ((2, 2), (3, 64)), mode="edge").sum(0)[: -(-shape[1] // 64) * 64]
    np.testing.assert_array_equal(out, wide.reshape(-1, 64)[:, ::-1].ravel()[: shape[1]])
    llvm = clamped_rows.inspect(x, out, backend="cpu").llvm
    behind = [int(byte) for byte in re.findall(r"getelementptr i8, ptr \S+, i64 (\d+)\n.*@llvm\.prefetch", llvm)]
    assert any(byte % 32 == 31 for byte in behind)  # the last byte of a row, which may lie in a line of its own
    assert re.search(r"add i64 \S+, 4\n(?:.*\n){,12}.*@llvm\.smin", llvm)  # four turns on, since a row is short


@jk.kernel(group=64)
def running_sums(i, x, out):
    """Each turn writes a row of sums, of the columns from the other end."""
    total = jk.shared(64, x.dtype)
    me = jk.local_index()
    mine = 0.0
    for r in range(x.shape[0]):
        mine += x[r, i] if i < x.shape[1] else 0
        total[me] = mine
        jk.barrier()
        if i < out.shape[1]:
            out[r, i] = total[63 - me]
        jk.barrier()


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (9, 64), (5, 200)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_row_that_the_next_turn_writes_is_asked_for(backend, shape, dtype):
    x = np.random.default_rng(5).integers(0, 1000, shape).astype(dtype)
    out = np.zeros(shape, dtype)
    running_sums.on(backend)[shape[1]](x, out)
    wide = np.pad(x, ((0, 0), (0, -shape[1] % 64))).cumsum(0)
    expected = wide.reshape(shape[0], -1, 64)[:, :, ::-1].reshape(shape[0], -1)[:, : shape[1]]
    np.testing.assert_array_equal(out, expected)
    llvm = running_sums.inspect(x, out, backend="cpu").llvm
    assert re.search(r"@llvm\.prefetch\.p0\(ptr \S+, i32 1,", llvm)  # to write


@jk.kernel(group=24)
def guessed_anew_in_each_turn(i, x, out, n, rounds):
    t = jk.local_index()
    tile = jk.shared((2, 24), np.float32)
    total = 0.0
    for k in range(rounds):
        first = 24 * k
        inside = t + first < n  # of each turn, and lives across the barrier
        tile[k % 2, t] = x[t + first] if inside else 0
        jk.barrier()
        if inside:
            total += tile[k % 2, (t + 1) % 24] + 1
        if t + first < n - 3:  # of the turn before the one in which this phase ends
            total += 10
    out[i] = total


@pytest.mark.parametrize("n", [5, 48, 53, 77])
def test_a_guess_about_one_turn_is_not_taken_for_the_next(n):
    x, out = np.ones(120, np.float32), np.zeros(24, np.float32)
    guessed_anew_in_each_turn.on("cpu")[24](x, out, n, 5)
    inside = np.arange(120).reshape(5, 24) < n
    sums = inside * (np.roll(inside, -1, axis=1) + 1.0) + 10 * (np.arange(120).reshape(5, 24) < n - 3)
    np.testing.assert_array_equal(out, sums.sum(axis=0))


PLACES = """
declare i64 @jk.local_index.0()

define void @f(i64 %i, ptr %x) {
entry:
  %local = call i64 @jk.local_index.0()
  %twice = shl i64 %local, 1
  %odd = and i64 %local, 1
  %low = sub i64 %twice, %odd
  %high = xor i64 %low, 2
  %far = xor i64 %local, 31
  %any = xor i64 %local, %i
  ret void
}
"""


def test_where_lanes_stand_when_no_stride_says_it():
    shapes = Shapes(reader.read(PLACES, "f"), {"@jk.local_index.0": 1, "%i": 0})
    found = patterns.of_vectors(shapes, 4, 0)
    assert found.get("%low") == Pattern((0, 1, 4, 5), 8, 0, (2, 0))
    assert found.get("%high") == Pattern((0, 1, 4, 5), 8, 2, (2, 2))
    assert found.get("%far") == Pattern((0, -1, -2, -3), 4, 3)  # which vector is not known, but that it is turned round
    assert found.get("%any") is None
    halves = places.window(Pattern((0, 4, 16, 20), 32, 8), lanes=4, size=4, fresh=False)
    assert halves == places.Window(first=-8, count=2, places=(2, 3, 6, 7))


@jk.kernel(group=40)
def exchanging(i, x, out):
    local = jk.local_index()
    held = jk.shared(40, x.dtype)
    held[local] = x[i]
    jk.barrier()
    width = 1
    while width < 64:
        other = local ^ width
        if other < 40 and local < other and held[other] < held[local]:
            held[local], held[other] = held[other], held[local]
        jk.barrier()
        width *= 2
    if local < 20:
        held[local] += held[39 - local]
    jk.barrier()
    out[i] = held[local // 2 * 2]


def test_neighbours_exchanged_by_turns_of_a_loop():
    x = np.random.default_rng(7).random(120, dtype=np.float32)
    out = np.zeros_like(x)
    exchanging.on("cpu")[120](x, out)
    for start in range(0, 120, 40):
        held = x[start : start + 40].copy()
        for width in (1, 2, 4, 8, 16, 32):
            for local in range(40):
                other = local ^ width
                if local < other < 40 and held[other] < held[local]:
                    held[local], held[other] = held[other], held[local]
        held[:20] += held[:19:-1]
        np.testing.assert_array_equal(out[start : start + 40], held[np.arange(40) // 2 * 2])


@jk.kernel(group=72)
def swept(i, x, y, out, sums):
    """Go through a block of 30 rows of a group's width: three rows, then twenty in a loop, and all of them in another."""
    local, start = jk.local_index(), jk.group_index() * 2160 + jk.local_index()
    total, most = x[start] - x[start + 72] + 2 * x[start + 144], y[start]
    for k in range(20):
        at = start + 72 * (k + 3)
        if at < x.shape[0]:
            if x[at] > 0.25:
                total += x[at]
            out[at] = y[at] + k
    for k in range(30):
        if start + 72 * k < x.shape[0]:
            most = max(most, y[start + 72 * k])
    held = jk.shared(72, x.dtype)
    held[local] = total
    jk.barrier()
    sums[i] = most + held[71 - local]


def test_groups_that_read_memory_from_one_end_to_the_other():
    x, y = np.random.default_rng(8).random((2, 3 * 2160 - 500))
    out, sums = np.zeros_like(x), np.zeros(3 * 72)
    swept.on("cpu")[sums.size](x, y, out, sums)
    expected = np.zeros_like(x)
    for group in range(3):
        padded = np.full((3, 30, 72), 0.0)
        length = x[group * 2160 : (group + 1) * 2160].size
        padded[:2].reshape(2, -1)[:, :length] = x[group * 2160 :][:length], y[group * 2160 :][:length]
        (a, b, c), terms = padded[0, :3], np.where(padded[0, 3:23] > 0.25, padded[0, 3:23], 0)
        totals = a - b + 2 * c
        for term in terms:
            totals = totals + term
        np.testing.assert_allclose(sums[group * 72 :][:72], padded[1].max(axis=0) + totals[::-1], rtol=1e-14)
        padded[2, 3:23] = padded[1, 3:23] + np.arange(20)[:, None]
        expected[group * 2160 :][:length] = padded[2].reshape(-1)[:length]
    np.testing.assert_array_equal(out, expected)


@jk.kernel(group=32)
def carried(i, x, rounds, out):
    """Exchange two numbers in each turn, and keep what one was in the turn before."""
    local = jk.local_index()
    held = jk.shared(32, x.dtype)
    a, b, before, turns = x[i], 2 * x[i], x[i], 0
    for _ in range(rounds):
        held[local] = a
        jk.barrier()
        before, turns = b, turns + 1
        a, b = b, a + held[31 - local]
        jk.barrier()
    out[i] = a + 3 * b + 5 * before + 7 * turns


@pytest.mark.parametrize("rounds", [0, 1, 2, 7])
def test_what_a_loop_carries_across_barriers_keeps_its_place(rounds):
    x = np.random.default_rng(9).integers(0, 100, 96)
    out = np.zeros_like(x)
    carried.on("cpu")[96](x, rounds, out)
    a, b, before = x, 2 * x, x
    for _ in range(rounds):
        before, a, b = b, b, a + a.reshape(3, 32)[:, ::-1].reshape(-1)
    np.testing.assert_array_equal(out, a + 3 * b + 5 * before + 7 * rounds)


@jk.kernel
def butterflies(i, x, out, n):
    for k in range(n):
        a, b, c, d = x[8 * k, i], x[8 * k + 1, i], x[8 * k + 2, i], x[8 * k + 3, i]
        e, f, g, h = x[8 * k + 4, i], x[8 * k + 5, i], x[8 * k + 6, i], x[8 * k + 7, i]
        out[8 * k, i] = a + e
        out[8 * k + 1, i] = b + f
        out[8 * k + 2, i] = c + g
        out[8 * k + 3, i] = d + h
        out[8 * k + 4, i] = a - e
        out[8 * k + 5, i] = b - f
        out[8 * k + 6, i] = c - g
        out[8 * k + 7, i] = d - h


def test_what_keeps_llvm_from_comparing_many_accesses_is_no_instruction(monkeypatch):
    x = np.random.default_rng(3).random((24, 37))
    out = np.zeros_like(x)
    butterflies.on("cpu")[37](x, out, 3)
    low, high = x.reshape(3, 2, 4, 37).transpose(1, 0, 2, 3)
    np.testing.assert_array_equal(out.reshape(3, 2, 4, 37), np.stack([low + high, low - high], axis=1))
    for least, expected in ((16, True), (17, False)):
        monkeypatch.setattr("jitkit.backends.spmd.body._MANY", least)
        seen = butterflies.inspect(x, out, 3, space=37, backend="cpu")
        assert ("widenable" in seen.llvm) == expected
        assert "widenable" not in seen.asm
