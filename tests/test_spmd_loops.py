"""What the SPMD vectoriser hands from turn to turn of a loop, and in how many bits lanes leave one."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends.lowering import target
from jitkit.backends.spmd import leaving, pressure, reader, turns
from jitkit.backends.spmd.shapes import Shapes

SIZES = [1, 7, 33, 100]

# Mandelbrot's loop as LLVM leaves it: the squares that decide are those with which the next turn begins.
ORBIT = """
define void @f(i64 %i, float %cx, float %cy, ptr %out, i64 %n) {
entry:
  br label %head

head:                                             ; preds = %body, %entry
  %zx = phi float [ 0.000000e+00, %entry ], [ %nx, %body ]
  %zy = phi float [ 0.000000e+00, %entry ], [ %ny, %body ]
  %k = phi i64 [ 0, %entry ], [ %more, %body ]
  %end = icmp eq i64 %k, %n
  br i1 %end, label %done, label %body

body:                                             ; preds = %head
  %more = add nuw nsw i64 %k, 1
  %twice = fmul contract float %zx, 2.000000e+00
  %both = fmul contract float %twice, %zy
  %ny = fadd contract float %cy, %both
  %xx = fmul contract float %zx, %zx
  %yy = fmul contract float %zy, %zy
  %apart = fsub contract float %xx, %yy
  %nx = fadd contract float %cx, %apart
  %nxx = fmul contract float %nx, %nx
  %nyy = fmul contract float %ny, %ny
  %size = fadd contract float %nyy, %nxx
  %far = fcmp ugt float %size, 4.000000e+00
  br i1 %far, label %done, label %head

done:                                             ; preds = %body, %head
  %count = phi i64 [ %n, %head ], [ %more, %body ]
  %o = getelementptr i32, ptr %out, i64 %i
  %cut = trunc i64 %count to i32
  store i32 %cut, ptr %o, align 4
  ret void
}
"""


def test_a_turn_begins_with_the_squares_of_the_turn_before():
    function = turns.carried(reader.read(ORBIT, "f"))
    carried = {phi.name: [value.text for value in phi.operands] for phi in function.blocks["%head"].phis}
    assert carried["%xx"] == ["%xx.first", "%nxx"]
    assert carried["%yy"] == ["%yy.first", "%nyy"]
    assert [item.name for item in function.blocks["%entry"].code[:-1]] == ["%xx.first", "%yy.first"]
    assert not {"%xx", "%yy"} & {item.name for item in function.blocks["%body"].code}


ONE_SQUARE = (
    ORBIT.replace("  %yy = fmul contract float %zy, %zy\n", "")
    .replace("fsub contract float %xx, %yy", "fsub contract float %xx, %cx")
    .replace("fadd contract float %nyy, %nxx", "fadd contract float %cy, %nxx")
)
"""One product, fused with a sum in both places: carried over it would be an operation of its own."""
OTHERS = ORBIT.replace("fmul contract float %nx, %nx", "fmul contract float %nx, %cx").replace("%ny, %ny", "%ny, %cy")
"""What the test squares is not what the next turn gets."""


@pytest.mark.parametrize("text", [ONE_SQUARE, OTHERS], ids=["fused", "other squares"])
def test_loops_keep_what_costs_less_anew(text):
    function = reader.read(text, "f")
    assert turns.carried(function) == function


def test_values_that_only_some_turns_compute_are_not_carried():
    """The squares stand behind a branch of their own: a turn may pass them by."""
    text = ORBIT.replace(
        "  %nxx =", "  %odd = icmp eq i64 %more, 7\n  br i1 %odd, label %head, label %test\n\ntest:\n  %nxx ="
    )
    for name in ("%nx", "%ny", "%more"):
        text = text.replace(f"[ {name}, %body ]\n", f"[ {name}, %body ], [ {name}, %test ]\n", 1)
    text = text.replace("[ %n, %head ], [ %more, %body ]", "[ %n, %head ], [ %more, %test ]")
    function = reader.read(text, "f")
    assert turns.carried(function) == function


def test_a_loop_that_waits_gets_more_registers_where_they_are():
    function = turns.carried(reader.read(ORBIT.replace("float %cx, float %cy", "float %cy, float %cx"), "f"))
    shapes = Shapes(function, {"%i": 1, "%cx": None})
    assert pressure.starved(function, shapes, 32, 4)
    assert not pressure.starved(function, shapes, 16, 4)  # they would not fit
    assert not pressure.starved(function, shapes, 32, 8)  # four hide the latency


def test_a_count_is_cut_where_lanes_leave():
    done = leaving.cut(reader.read(ORBIT, "f")).blocks["%done"]
    assert [(phi.name, phi.type) for phi in done.phis] == [("%cut", "i32")]
    assert not any(item.op == "trunc" for item in done.code)


def test_a_count_that_is_used_whole_stays():
    function = reader.read(
        ORBIT.replace("%o = getelementptr i32, ptr %out, i64 %i", "%o = getelementptr i32, ptr %out, i64 %count"), "f"
    )
    assert leaving.cut(function) == function


@jk.kernel
def orbit(i, x, y, counts, limit):
    """Count the steps of an orbit until it is far away; `counts` has few bits or many."""
    zx = 0.0
    zy = 0.0
    count = 0
    while count < limit and zx * zx + zy * zy <= 4.0:
        zx, zy = zx * zx - zy * zy + x[i], 2.0 * zx * zy + y[i]
        count += 1
    counts[i] = count + 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_orbits_of_different_lengths(size, kind, dtype, backend):
    # Multiples of 1/2 stay exact until they are far away, fused or not.
    rng = np.random.default_rng(size)
    x, y = (rng.integers(-4, 5, size).astype(dtype) / 2 for _ in range(2))
    counts = np.zeros(size, kind)
    orbit.on(backend)[size](x, y, counts, 100)

    def steps(c):
        z, count = 0j, 0
        while count < 100 and z.real**2 + z.imag**2 <= 4:
            z, count = z * z + c, count + 1
        return count + 1

    expected = np.array([steps(complex(a, b)) for a, b in zip(x, y, strict=True)])
    np.testing.assert_array_equal(counts, expected.astype(kind))


@jk.kernel
def bits_set(i, x, out):
    left, count = x[i], 0
    while left:
        left &= left - 1
        count += 1
    out[i] = count


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint64"])
@pytest.mark.parametrize("size", SIZES)
def test_loops_that_clear_one_bit_a_turn(size, dtype, backend):
    bounds = np.iinfo(dtype)
    x = np.random.default_rng(0).integers(bounds.min, bounds.max, size, dtype, endpoint=True)
    x[-1] = 0
    out = np.full(size, -1)
    bits_set.on(backend)[size](x, out)
    width = 8 * x.itemsize
    assert out.tolist() == [(int(value) % 2**width).bit_count() for value in x]


def test_they_are_instructions_where_the_cpu_has_one():
    if "popcnt" in target.features():
        x, out = np.zeros(4, np.uint64), np.zeros(4, np.int64)
        assert "llvm.ctpop" in bits_set.inspect(x, out, space=4, backend="cpu").llvm
