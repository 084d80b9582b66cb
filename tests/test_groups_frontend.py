"""Group kernels as the frontend sees them: operations, shapes, what is known at a launch, and every refusal.

Nothing is compiled here. What a kernel computes is tested in test_group_interpreter, test_collectives and their kin.
"""

from __future__ import annotations

import ast
import inspect
import operator
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk
from jitkit.frontend import rewrite
from tests import groups_helpers

TILE = 16
SHAPE = (4, np.int64(8))
DTYPE = np.dtype("f4")


def lines_of(func, group=(8,)):
    """Return the rewritten statements, without the prefix of jitkit's own names."""
    body = rewrite.build(func, group).tree.body[0].body
    return [ast.unparse(statement).replace("jk·", "").replace("·", ".") for statement in body]


# ---- operations


def places(i, out):
    a = jk.local_index()
    b = jk.group_index()
    c = jk.group_size()
    out[i] = a + b + c
    jk.barrier()


def test_indices_and_barriers_become_operations():
    assert lines_of(places)[:2] == ["a = group.local_index()", "b = group.group_index()"]
    line = inspect.getsourcelines(places)[1] + 5
    assert lines_of(places)[-1] == f"group.barrier({line})"


def test_the_size_of_a_group_is_a_constant_an_int_or_a_tuple():
    one, two = rewrite.build(places, (8,)), rewrite.build(places, (8, 4))
    assert lines_of(places)[2] == "c = c0"
    assert one.names["jk·c0"].value == 8
    assert lines_of(places, (8, 4))[2] == "c = (c0, c1)"
    assert (two.names["jk·c0"].value, two.names["jk·c1"].value) == (8, 4)


def sizes_in_arithmetic(i, j, x):
    jk.local((jk.group_size()[0] + 2, 2 * jk.group_size()[-1]), np.int32)
    x[i, jk.group_size()[1]] = 0


def test_the_size_of_a_group_folds_in_shapes_and_indices():
    assert lines_of(sizes_in_arithmetic, (8, 4)) == [
        "group.local.int32((10, 8))", "setitem(x, (i, 4), c0)",
    ]  # fmt: skip


def atomics(i, x, y, z):
    old = jk.atomic.add(x, i, 2.5)
    jk.atomic.min(y, (i, -1), old)
    jk.atomic.cas(z[i], 3, compare=0, value=i)
    jk.atomic.exch(index=i, array=x, value=1)


def test_atomics_become_operations_with_a_subscript():
    assert lines_of(atomics, None) == [
        "old = atomic.add(x, i, c0)",
        "atomic.min(y, (i, -1), old)",
        "atomic.cas(getitem(z, i), 3, c1, i)",
        "atomic.exch(x, i, c2)",
    ]


def chosen_shape(i, n):
    jk.shared((TILE,) if n else 3, bool)


def constant_memory(i, x):
    T = 2 * TILE
    a = jk.shared(TILE, np.float32)
    b = jk.shared((TILE, T + 1), x.dtype)
    c = jk.shared(SHAPE, DTYPE)
    d = jk.local((2, 3), float)
    e = jk.local(T, dtype="u1")
    f = jk.shared(jk.group_size(), c.dtype)
    x[i] = a[0] + b[0, 0] + c[0, 0] + d[0, 0] + e[0] + f[0]


def test_constant_shapes_are_literals_and_dtypes_part_of_the_name():
    assert lines_of(constant_memory)[1:7] == [
        "a = group.shared.float32((16,))",
        "b = group.shared.like((16, 33), x)",
        "c = group.shared.float32((4, 8))",
        "d = group.local.float64((2, 3))",
        "e = group.local.uint8((32,))",
        "f = group.shared.float32((8,))",
    ]
    sites = rewrite.build(constant_memory, (8,)).shared_sites
    assert [site.shape for site in sites] == [(16,), (16, 33), (4, 8), (8,)]
    assert not any(site.dynamic for site in sites)


def test_a_shape_that_is_chosen_is_refused():
    with pytest.raises(jk.KernelSyntaxError, match=r"size must be known at the launch"):
        rewrite.build(chosen_shape, (8,))


# ---- shared memory whose size is known at the launch


class Sizes(NamedTuple):
    rows: int
    columns: int


def dynamic(i, x, n, sizes):
    rows, columns = x.shape
    half = n // 2
    fixed = jk.shared(4, x.dtype)
    first = jk.shared(half, np.float32)
    second = jk.shared((rows, 3), x.dtype)
    third = jk.shared(min(rows, columns) * 2 + sizes.rows, second.dtype)
    x[i, 0] = fixed[0] + first[0] + second[0, 0] + third[0]


ARGUMENTS = {"x": np.zeros((5, 6)), "n": 11, "sizes": Sizes(7, 8)}


def test_dynamic_arrays_are_made_on_entry_each_behind_the_one_before():
    made = lines_of(dynamic)[:3]
    assert made == [
        "t1 = group.shared.float32((operator.floordiv(n, c0),))",
        "t2 = group.shared.like((getitem(value.shape(x), 0), 3), x, t1)",
        "t3 = group.shared.like((operator.add(operator.mul(python.min(getitem(value.shape(x), 0), "
        "getitem(value.shape(x), 1)), c0), sizes.rows),), x, t2)",
    ]
    assert "first = t1" in lines_of(dynamic)
    assert "fixed = group.shared.like((4,), x)" in lines_of(dynamic)


def test_the_host_computes_the_sizes_from_the_arguments():
    program = rewrite.build(dynamic, (8,))
    fixed, first, second, third = program.shared_sites
    assert [site.dynamic for site in program.shared_sites] == [False, True, True, True]
    assert [site.extents(ARGUMENTS) for site in (fixed, first, second, third)] == [(4,), (5,), (5, 3), (17,)]
    assert [site.itemsize(ARGUMENTS) for site in (fixed, first, second, third)] == [8, 4, 8, 8]
    # 20, 120 and 136 bytes, each up to a multiple of 16
    assert program.dynamic_shared_bytes(ARGUMENTS) == 32 + 128 + 144
    assert [str(extent) for extent in third.shape] == ["min(x.shape[0], x.shape[1]) * 2 + sizes.rows"]
    assert first.lineno == inspect.getsourcelines(dynamic)[1] + 4


class Foreign:
    """An array on the GPU whose library has its own dtypes, and a `size` that is a method."""

    __cuda_array_interface__ = {"typestr": "<f2"}  # noqa: RUF012
    dtype = "foreign.half"
    shape = (5, 6)

    def size(self):
        return self.shape


def test_sizes_come_from_foreign_arrays_too():
    arguments = ARGUMENTS | {"x": Foreign()}
    _, _, second, _ = rewrite.build(dynamic, (8,)).shared_sites
    assert (second.extents(arguments), second.itemsize(arguments)) == ((5, 3), 2)


@pytest.mark.parametrize(
    ("n", "message"),
    [(-4, r"the extent n // 2 is -2; it must be at least 1"), (2.5, r"n // 2 is 1.0 \(float\)"), (1, "is 0;")],
)
def test_a_size_that_is_none_is_refused_at_the_launch_by_line(n, message):
    site = rewrite.build(dynamic, (8,)).shared_sites[1]
    with pytest.raises(jk.LaunchError, match=rf"test_groups_frontend.py:{site.lineno}: jk.shared: .*{message}"):
        site.extents(ARGUMENTS | {"n": n})


def test_a_launch_refuses_such_a_size_before_it_runs():
    launch = jk.kernel(group=8)(dynamic).on("python")[8]
    with pytest.raises(jk.LaunchError, match="the extent n // 2 is -2; it must be at least 1"):
        launch(np.zeros((5, 6)), -4, Sizes(7, 8))


def element(i, sizes):
    jk.shared(sizes[1], np.float32)


def test_a_tuple_gives_a_size_and_an_array_does_not():
    site = rewrite.build(element, (8,)).shared_sites[0]
    assert site.extents({"sizes": (3, 4)}) == (4,)
    with pytest.raises(jk.LaunchError, match="an element of an array is not known before the launch"):
        site.extents({"sizes": np.array([3, 4])})


# ---- what a program says about itself


def calls_helper(i, x):
    groups_helpers.wait()
    x[i] = 0


def test_a_program_knows_its_group_and_its_barriers():
    program = rewrite.build(places, (8,))
    assert (program.group, program.barriers) == ((8,), True)
    assert program.uses_group == ("local_index", inspect.getsourcelines(places)[1] + 1)
    plain = rewrite.build(atomics)
    assert (plain.group, plain.barriers, plain.uses_group) == (None, False, None)


def test_a_barrier_in_a_helper_counts_and_keeps_its_file():
    program = rewrite.build(calls_helper, (8,))
    assert program.barriers
    (helper,) = program.helpers
    literal = next(node for node in ast.walk(helper.tree) if isinstance(node, ast.Constant))
    wait, first = inspect.getsourcelines(groups_helpers.wait)
    assert program.place(literal.value) == (groups_helpers.__file__, first + len(wait) - 1)
    assert program.place(12) == (__file__, 12)


def test_the_fingerprint_tells_groups_apart():
    prints = {rewrite.build(calls_helper, group).fingerprint for group in ((8,), (9,), (8, 1))}
    assert len(prints) == 3
    assert rewrite.build(calls_helper, (8,)).fingerprint in prints


def writes_through(i, x, pair, plain, view, untouched):
    jk.atomic.add(x, i, 1)
    jk.atomic.max(pair[1], i, 1)
    row = view[i]
    jk.atomic.sub(row, 0, 1)
    groups_helpers.count(plain, i)
    tile = jk.shared(4, untouched.dtype)
    tile[0] = untouched[i]
    own = jk.local(3, untouched.dtype)
    jk.atomic.add(own, 0, 1)


def test_atomics_write_and_new_arrays_are_nobody_elses():
    assert rewrite.build(writes_through, (8,)).written == {"x", "pair", "view", "plain"}


# ---- refusals


def local_of_argument(i, n):
    jk.local(n, np.float32)


def local_of_float(i):
    jk.local(2.0, np.float32)


def shared_of_nothing(i):
    jk.shared((4, 0), np.float32)


def shared_of_index(i, x):
    jk.shared(i, np.float32)


def shared_of_element(i, x):
    n = x[i]
    jk.shared(n, np.float32)


def shared_of_changing(i, n):
    n = n + 1
    jk.shared(n, np.float32)


def shared_of_shape(i, x):
    jk.shared(x.shape, np.float32)


def shared_of_object(i):
    jk.shared(4, np.str_)


def shared_of_value(i, x):
    jk.shared(4, x[i])


def shared_without_dtype(i):
    jk.shared(4)


def shared_in_helper(i, n):
    groups_helpers.scratch(n)


def dtype_of_choice(i, x, y, n):
    for z in (x, y):
        jk.shared(n, z.dtype)


def atomic_on_global(i):
    jk.atomic.add(GLOBAL, i, 1)


def atomic_slice(i, x):
    jk.atomic.add(x, slice, 1)


def atomic_missing(i, x):
    jk.atomic.add(x, i)


def language_as_value(i, x):
    f = jk.barrier
    f()


def unpacked(i, x):
    jk.shared(*SHAPE)


def reduce_with_text(i, x):
    jk.group_reduce("nonsense", x[i])


def reduce_with_one(i, x):
    jk.group_reduce(operator.neg, x[i])


def reduce_with_local(i, x):
    op = x[i]
    jk.group_reduce(op, x[i])


def reduce_with_closure(i, x):
    k = x[0]
    jk.group_reduce(lambda a, b: a + k * b, x[i])


def broadcast_from_nobody(i, x):
    jk.broadcast(x[i], 8)


GLOBAL = np.zeros(3)
REFUSED = [
    (local_of_argument, "the shape of jk.local, n, .*private memory has a constant size: use literals"),
    (local_of_float, "the extent 2.0 of an array .*extents are integers from 1"),
    (shared_of_nothing, "the extent 0 of an array"),
    (shared_of_index, r"the shape of jk.shared, i, .*not its indices"),
    (shared_of_element, r"the shape of jk.shared, x\[i\], .*must be known at the launch"),
    (shared_of_changing, "the shape of jk.shared, n, .*names assigned more than once"),
    (shared_of_shape, r"x.shape as a shape .*write its extents out: \(x.shape\[0\], x.shape\[1\]\)"),
    (shared_of_object, "the dtype np.str_ .*such as np.float32"),
    (shared_of_value, r"the dtype x\[i\] .*or x.dtype of an array in scope"),
    (shared_without_dtype, "missing a required argument: 'dtype'"),
    (shared_in_helper, "is made in the kernel: make it there and pass it here"),
    (dtype_of_choice, "the dtype of z .*takes the dtype of a parameter, or one written out"),
    (atomic_on_global, "writing to the global 'GLOBAL' .*pass the array as an argument"),
    (atomic_slice, "the function 'slice' as a value"),
    (atomic_missing, "missing a required argument: 'value'"),
    (language_as_value, "the function 'jk.barrier' as a value .*call it"),
    (unpacked, r"a call with \* or \*\*"),
    (reduce_with_text, r"'nonsense' is no operator of two numbers: give a function of two parameters"),
    (reduce_with_one, "is no operator of two numbers"),
    (reduce_with_local, "the operator op .*name one from outside the kernel"),
    (reduce_with_closure, "the kernel's own 'k' in a lambda"),
    (broadcast_from_nobody, "jk.broadcast from work-item 8: the group has those from 0 to 7"),
]


@pytest.mark.parametrize(("func", "message"), REFUSED, ids=lambda item: getattr(item, "__name__", ""))
def test_what_cannot_be_is_refused_by_name_line_and_remedy(func, message):
    with pytest.raises(jk.KernelSyntaxError, match=message) as caught:
        rewrite.build(func, (8,))
    _, first = inspect.getsourcelines(func)
    place = str(caught.value).split(" ")[0]
    if func is shared_in_helper:
        func, first = groups_helpers.scratch, inspect.getsourcelines(groups_helpers.scratch)[1]
    filename, line = place.rstrip(":").rsplit(":", 1)
    assert filename == inspect.getsourcefile(func)
    assert first < int(line) <= first + 3


def says_barrier(i, x):
    jk.barrier()


def says_shared(i, x):
    jk.shared(4, x.dtype)


def says_local_index(i, x):
    x[i] = jk.local_index()


def says_group_index(i, x):
    x[i] = jk.group_index()


def says_group_size(i, x):
    x[i] = jk.group_size()


def says_group_reduce(i, x):
    x[i] = jk.group_reduce("add", x[i])


def says_group_scan(i, x):
    x[i] = jk.group_scan("add", x[i])


def says_broadcast(i, x):
    x[i] = jk.broadcast(x[i])


@pytest.mark.parametrize(
    "func",
    [
        says_barrier, says_shared, says_local_index, says_group_index, says_group_size, says_group_reduce,
        says_group_scan, says_broadcast,
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["python", "cpu"])
def test_a_plain_kernel_has_no_group_on_any_backend(func, name):
    said = func.__name__.removeprefix("says_")
    line = inspect.getsourcelines(func)[1] + 1
    message = rf"test_groups_frontend.py:{line}: {func.__name__}: jk.{said} needs .*@jk.kernel\(group=256\)"
    with pytest.raises(jk.KernelSyntaxError, match=message):
        jk.kernel(func).on(name)[4](np.zeros(4))


def test_a_plain_kernel_has_no_group_in_its_helpers():
    with pytest.raises(jk.KernelSyntaxError, match=r"groups_helpers.py:\d+: wait: jk.barrier needs"):
        rewrite.build(calls_helper)


# ---- operators of collectives


def plus(a, b):
    return a + b


times, minus = lambda a, b: a * b, lambda a, b: a - b


def collective_operators(i, x):
    jk.group_reduce(plus, x[i])
    jk.group_reduce(times, x[i])
    jk.group_reduce(minus, x[i])
    jk.group_reduce(lambda a, b: TILE * a + b, x[i])
    jk.group_scan(np.hypot, x[i])
    jk.group_scan(min, x[i])


def test_operators_are_read_wherever_they_are_written():
    program = rewrite.build(collective_operators, (8,))
    # The operator's code stands as a helper of the collective, or as an operation in it.
    texts = [ast.unparse(item.tree).replace("jk·", "").replace("·", ".") for item in program.reachable()]
    for expected in (
        "return operator.add(a, b)", "return operator.mul(a, b)", "return operator.sub(a, b)",
        "return operator.add(operator.mul(c0, a), b)", "numpy.hypot(total, ", "python.min(total, ",
    ):  # fmt: skip
        assert any(expected in text for text in texts), expected


def test_a_collective_hands_its_line_down_to_its_barriers():
    program = rewrite.build(says_group_reduce, (8,))
    line = inspect.getsourcelines(says_group_reduce)[1] + 1
    calls = [node for node in ast.walk(program.tree) if isinstance(node, ast.Call)]
    call = next(call for call in calls if call.func.id == "jk·group_reduce")
    assert program.names[call.args[1].id].value == line


# ---- the decorator and the launch


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (0, "is no shape of a group: write a positive integer"),
        ((4, -1), "is no shape of a group"),
        (2.0, "is no shape of a group"),
        (True, "is no shape of a group"),
        ("8", "is no shape of a group"),
        ((2, 2, 2, 2), "a group has 1 to 3 dimensions, and .* has 4"),
        ((), "has 0"),
        ((33, 32), "has 1056 work-items; a group has at most 1024"),
    ],
)
def test_a_group_is_a_shape_of_at_most_1024(group, message):
    with pytest.raises(jk.KernelTypeError, match=message):
        jk.kernel(group=group)(places)


def test_a_kernel_keeps_its_group_as_a_tuple():
    assert jk.kernel(places).group is None
    assert jk.kernel(group=np.int64(8))(places).group == (8,)
    assert jk.kernel(group=(4, 2))(places).group == (4, 2)


def test_the_space_has_as_many_dimensions_as_the_group():
    kernel = jk.kernel(group=(4, 2), name="tiles")(places)
    with pytest.raises(jk.LaunchError, match=r"tiles\[...\]: the launch space has 1 dimension and .*\(4, 2\) has 2"):
        kernel[8]
    with pytest.raises(jk.LaunchError, match="the launch space has 1 dimension and"):
        kernel.on("python")[8]
    with pytest.raises(jk.LaunchError, match="the launch space has 3 dimensions"):
        kernel.check[8, 8, 8]


def indices(i, j, out, seen):
    jk.atomic.add(seen, 0, 1)
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = 10 * i + j


def test_the_interpreter_rounds_the_space_up_and_hands_out_global_indices():
    out, seen = np.full((9, 8), -1), np.zeros(1, np.int64)
    jk.kernel(group=(2, 4))(indices).on("python")[1:8:3, 2:7](out, seen)
    # 3 x 5 points of groups of 2 x 4: 4 x 8 work-items
    assert seen[0] == 32
    expected = np.full((9, 8), -1)
    for i in (1, 4, 7):  # 10 lies past the array
        for j in range(2, 8):  # 8 and 9 lie past it, 7 only past the space
            expected[i, j] = 10 * i + j
    np.testing.assert_array_equal(out, expected)


def test_an_empty_space_runs_no_group():
    out, seen = np.zeros((1, 1)), np.zeros(1, np.int64)
    jk.kernel(group=(2, 4))(indices).on("python")[0, 5](out, seen)
    assert seen[0] == 0


@pytest.mark.parametrize(("tool", "module"), [("check", "jitkit.checking"), ("verify", "jitkit.verification")])
def test_check_and_verify_bind_the_arguments_of_a_launch(tool, module, monkeypatch):
    got = []

    def record(call, values, **options):
        got.append((call.kernel.name, tuple(call.space.counts), values, options))
        return "the report"

    monkeypatch.setattr(f"{module}.{tool}", record)
    kernel = jk.kernel(group=(2, 4))(indices)
    out, seen = np.zeros((1, 1)), np.zeros(1, np.int64)
    assert getattr(kernel, tool)[3, 4](out, seen=seen) == "the report"
    assert getattr(kernel, tool)(seed=3)[3, 4](out, seen) == "the report"
    assert got == [("indices", (3, 4), (out, seen), {}), ("indices", (3, 4), (out, seen), {"seed": 3})]
    with pytest.raises(jk.LaunchError, match="missing a required argument: 'seen'"):
        getattr(kernel, tool)[3, 4](out)
    with pytest.raises(jk.KernelTypeError, match="argument seen is a list"):
        getattr(kernel, tool)[3, 4](out, [1])
    with pytest.raises(jk.LaunchError, match=rf"indices.{tool} is called over a space"):
        getattr(kernel, tool)(out, seen)


def test_available_answers_for_known_backends_and_refuses_others():
    assert jk.available("python")
    assert jk.available("cpu")
    assert jk.available("cuda") in (True, False)
    with pytest.raises(jk.BackendError, match="there is no backend 'gpu'"):
        jk.available("gpu")
