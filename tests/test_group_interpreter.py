"""Group kernels in the interpreter: what the language means there, in which order work-items run, and what is refused."""

from __future__ import annotations

import operator
import subprocess
import sys
import traceback

import numpy as np
import pytest

import jitkit as jk
from jitkit.errors import KernelError, LaunchError
from jitkit.frontend import rewrite
from jitkit.launch.definition import Definition
from jitkit.launch.space import parse

GROUP = 8
FACTOR = 3.0


def interpret(kernel, space, *args, seed=None):
    from jitkit.backends import interpreted_groups

    interpreted_groups.run_groups(kernel, parse(space, kernel.name), kernel.group, args, seed)


def line_of(func, text: str) -> int:
    """Return the line of a function's source that holds a text."""
    import inspect

    lines, first = inspect.getsourcelines(func)
    found = [first + k for k, line in enumerate(lines) if text in line]
    assert len(found) == 1, f"{text!r} stands in {len(found)} lines"
    return found[0]


@jk.kernel(group=GROUP)
def places(i, index, local, group, size):
    if i < index.shape[0]:
        index[i], local[i], group[i], size[i] = i, jk.local_index(), jk.group_index(), jk.group_size()


def test_indices_in_one_dimension():
    index, local, group, size = (np.full(20, -1) for _ in range(4))
    interpret(places, 20, index, local, group, size)
    np.testing.assert_array_equal(index, np.arange(20))
    np.testing.assert_array_equal(local, np.arange(20) % GROUP)
    np.testing.assert_array_equal(group, np.arange(20) // GROUP)
    np.testing.assert_array_equal(size, np.full(20, GROUP))


@jk.kernel(group=(2, 3))
def places_2d(i, j, out, counts):
    counts[0] += 1
    if i < out.shape[0] and j < out.shape[1]:
        y, x = jk.local_index()
        row, column = jk.group_index()
        height, width = jk.group_size()
        out[i, j] = (row * height + y) * 100 + column * width + x


def test_indices_in_two_dimensions_and_whole_groups():
    out, counts = np.zeros((3, 7), np.int64), np.zeros(1, np.int64)
    interpret(places_2d, (3, 7), out, counts)
    rows, columns = np.indices(out.shape)
    np.testing.assert_array_equal(out, rows * 100 + columns)
    assert counts[0] == 4 * 9  # rounded up to whole groups: every work-item runs


@jk.kernel(group=4)
def stepped(i, seen):
    seen[i] += 1


def test_starts_and_steps():
    seen = np.zeros(40, np.int64)
    interpret(stepped, slice(3, 20, 2), seen)  # 9 points, so three groups and 12 work-items
    np.testing.assert_array_equal(np.flatnonzero(seen), np.arange(3, 3 + 12 * 2, 2))
    assert seen.max() == 1


def tree(tile, me):
    s = GROUP // 2
    while s > 0:
        if me < s:
            tile[me] += tile[me + s]
        jk.barrier()
        s //= 2
    return tile[0]


@jk.kernel(group=GROUP)
def sums(i, x, out):
    tile = jk.shared(GROUP, x.dtype)
    me = jk.local_index()
    tile[me] = x[i]
    jk.barrier()
    total = tree(tile, me)
    if me == 0:
        out[jk.group_index()] = total


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_barriers_in_a_helper_and_a_loop(seed):
    x, out = np.random.default_rng(0).random(40, np.float32), np.zeros(5, np.float32)
    interpret(sums, 40, x, out, seed=seed)
    np.testing.assert_allclose(out, x.reshape(5, GROUP).sum(axis=1), rtol=1e-6)


def made(scale):
    @jk.kernel(group=4)
    def reversed_times(i, x):
        pair = jk.shared(4, np.float64)
        me = jk.local_index()
        pair[me] = x[i] * scale * FACTOR
        jk.barrier()
        x[i] = pair[3 - me]

    return reversed_times


def test_closures_keep_their_values():
    for scale in (2.0, 5.0):
        x = np.arange(8.0)
        interpret(made(scale), 8, x)
        np.testing.assert_array_equal(x, np.array([3, 2, 1, 0, 7, 6, 5, 4]) * scale * FACTOR)


@jk.kernel(group=4)
def one_array_each(i, out):
    first = jk.shared(1, np.int64)
    second = jk.shared(1, np.int64)
    if jk.local_index() == 0:
        first[0], second[0] = 10 + jk.group_index(), 20 + jk.group_index()
    jk.barrier()
    out[i] = first[0] * 100 + second[0]


def test_each_place_is_one_array_for_each_group():
    out = np.zeros(8, np.int64)
    interpret(one_array_each, 8, out)
    np.testing.assert_array_equal(out, [1020] * 4 + [1121] * 4)


@jk.kernel(group=4)
def private(i, out):
    mine = jk.local((2, 2), np.int64)
    mine[0, 0] = i
    jk.barrier()
    out[i] = mine[0, 0]


def test_local_memory_is_private():
    out = np.zeros(8, np.int64)
    interpret(private, 8, out)
    np.testing.assert_array_equal(out, np.arange(8))


def larger(a, b):
    return a if a > b else b


@jk.kernel(group=(2, 4))
def collective(i, j, x, total, running, held, most):
    total[i, j] = jk.group_reduce(operator.add, x[i, j])
    running[i, j] = jk.group_scan("add", x[i, j])
    held[i, j] = jk.broadcast(x[i, j], index=5)
    most[i, j] = jk.group_reduce(larger, x[i, j])


@pytest.mark.parametrize("seed", [None, 7])
def test_collectives(seed):
    x = np.random.default_rng(1).integers(0, 100, (4, 8))
    total, running, held, most = (np.zeros_like(x) for _ in range(4))
    interpret(collective, (4, 8), x, total, running, held, most, seed=seed)
    for row in (slice(0, 2), slice(2, 4)):
        for column in (slice(0, 4), slice(4, 8)):
            part = x[row, column]
            assert (total[row, column] == part.sum()).all()
            np.testing.assert_array_equal(running[row, column].ravel(), part.cumsum())
            assert (held[row, column] == part[1, 1]).all()
            assert (most[row, column] == part.max()).all()


@jk.kernel(group=4)
def order(i, seen, count):
    seen[jk.atomic.add(count, 0, 1)] = i
    jk.barrier()
    seen[jk.atomic.add(count, 0, 1)] = i


def run_order(seed):
    seen, count = np.zeros(16, np.int64), np.zeros(1, np.int64)
    interpret(order, 8, seen, count, seed=seed)
    return seen


def test_order_is_that_of_the_indices():
    np.testing.assert_array_equal(run_order(None), [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7])


def test_a_seed_shuffles_each_phase():
    first = run_order(3)
    np.testing.assert_array_equal(first, run_order(3))
    assert any((run_order(seed) != first).any() for seed in range(4, 8))
    phases = first.reshape(4, 4)
    for phase in phases:  # still phase by phase, and group by group
        assert set(phase) in ({0, 1, 2, 3}, {4, 5, 6, 7})
    assert set(phases[0]) == set(phases[1])


def test_the_environment_gives_a_seed(monkeypatch):
    monkeypatch.setenv("JITKIT_SHUFFLE", "3")
    np.testing.assert_array_equal(run_order(None), run_order(3))
    monkeypatch.setenv("JITKIT_SHUFFLE", "three")
    with pytest.raises(LaunchError, match="JITKIT_SHUFFLE is an integer, the seed, not 'three'"):
        run_order(None)


@jk.kernel(group=4)
def some_wait(i, x):
    if i < 2:
        jk.barrier()  # here
    x[i] = 1.0


def test_a_barrier_that_only_part_reaches_is_refused():
    with pytest.raises(KernelError, match="work-items 0 to 1 wait here, work-items 2 to 3 ended without it") as caught:
        interpret(some_wait, 4, np.zeros(4))
    assert f"{__file__}:{line_of(some_wait.func, '# here')}: some_wait" in str(caught.value)


@jk.kernel(group=4)
def two_barriers(i, x):
    if i % 2 == 0:
        jk.barrier()  # even
    else:
        jk.barrier()  # odd
    x[i] = 1.0


def test_two_barriers_are_not_one():
    with pytest.raises(KernelError, match="work-items 0, 2 wait here, work-items 1, 3 at line") as caught:
        interpret(two_barriers, 4, np.zeros(4))
    assert f"at line {line_of(two_barriers.func, '# odd')}" in str(caught.value)


def waiting(x):
    jk.barrier()
    return x


@jk.kernel(group=4)
def two_calls(i, x):
    if i == 0:
        x[i] = waiting(1.0)
    else:
        x[i] = waiting(2.0)


def test_one_barrier_through_two_calls_is_not_one():
    with pytest.raises(KernelError, match="work-item 0 waits here, work-items 1 to 3 came to it through another call"):
        interpret(two_calls, 4, np.zeros(4))


@jk.kernel(group=4)
def partial_reduce(i, x):
    if i < 3:
        x[i] = jk.group_reduce(max, x[i])  # here


def test_a_collective_in_a_branch_names_the_users_line():
    with pytest.raises(KernelError, match="only part of group 0") as caught:
        interpret(partial_reduce, 4, np.zeros(4))
    assert f"{__file__}:{line_of(partial_reduce.func, '# here')}: " in str(caught.value)


def broken(x):
    jk.barrier()
    return x[100]  # here


@jk.kernel(group=4)
def failing(i, x):
    x[i] = broken(x)


def test_tracebacks_show_the_users_lines():
    with pytest.raises(IndexError) as caught:
        interpret(failing, 4, np.zeros(4))
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert (__file__, line_of(broken, "# here")) in frames
    assert (__file__, line_of(failing.func, "x[i] = broken(x)")) in frames
    assert caught.value.__notes__ == ["in kernel failing at point (0,), work-item 0 of group 0"]


def without(x):
    return x + 1


@jk.kernel(group=4)
def mixed(i, x):
    jk.barrier()
    x[i] = without(x[i])


def test_functions_without_barriers_are_the_users_own_code():
    from jitkit.backends.interpreted_groups import Cooperative

    function = Cooperative((4,)).kernel(mixed.func)
    assert function.__code__ is not mixed.func.__code__
    assert function.__code__.co_filename == __file__
    assert function.__globals__["without"].__code__ is without.__code__


@jk.kernel(group=4)
def typed(i, x):
    jk.barrier()
    x[i] = jk.group_reduce(max, np.sqrt(x[i])) * 0.5


def test_launching_on_the_python_backend():
    x = np.arange(8, dtype=np.float32)
    with jk.backend("python"):
        typed[8](x)
    np.testing.assert_array_equal(x, np.repeat(np.sqrt(np.float32([3, 7])) * np.float32(0.5), 4))


def test_outside_a_kernel():
    for call in (jk.barrier, jk.local_index, jk.group_index, jk.group_size, lambda: jk.shared(1, np.float32)):
        with pytest.raises(KernelError, match="was called outside a kernel: it belongs in the body"):
            call()
    with pytest.raises(KernelError, match=r"jk\.local was called outside a kernel"):
        jk.local(1, np.float32)


@jk.kernel
def with_local(i, x):
    mine = jk.local(2, x.dtype)
    mine[0], mine[1] = x[i], 1
    x[i] = mine[0] + mine[1]


def test_local_memory_in_a_plain_kernel():
    x = np.arange(3.0)
    with jk.backend("python"):
        with_local[3](x)
    np.testing.assert_array_equal(x, [1, 2, 3])


def test_a_plain_function_as_definition():
    """What backends are promised: a definition needs no more than a function, a name and a group."""
    definition = Definition(private.func, False, "private", (4,))
    assert rewrite.build(private.func, (4,)).barriers
    out = np.zeros(4, np.int64)
    interpret(definition, 4, out)
    np.testing.assert_array_equal(out, np.arange(4))


def test_numba_is_not_imported():
    program = (
        "import sys, numpy as np, jitkit as jk\n"
        "from tests.test_group_interpreter import sums\n"
        "out = np.zeros(2)\n"
        "with jk.backend('python'): sums[16](np.arange(16.0), out)\n"
        "assert sums.check[16](np.arange(16.0), out).ok\n"
        "assert out.tolist() == [28.0, 92.0]\n"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
