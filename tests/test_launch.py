"""Launch spaces, argument binding and the choice of a backend."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jitkit as jk
from jitkit.backends import cuda_grid
from jitkit.launch.space import Space


@jk.kernel
def mark1(i, out):
    out[i] += 1


@jk.kernel
def mark2(i, j, out):
    out[i, j] += 1


@jk.kernel
def mark3(i, j, k, out):
    out[i, j, k] += 1


@jk.kernel
def mark4(i, j, k, m, out):
    out[i, j, k, m] += 1


MARKS = {1: mark1, 2: mark2, 3: mark3, 4: mark4}
axis = st.one_of(
    st.integers(0, 6),
    st.builds(slice, st.integers(0, 4), st.integers(0, 6)),
    st.builds(slice, st.none() | st.integers(0, 4), st.integers(0, 6), st.none() | st.integers(1, 3)),
)


@given(space=st.lists(axis, min_size=1, max_size=4))
@settings(max_examples=40)
def test_every_point_runs_once(backend, space):
    shape = (7,) * len(space)
    out, expected = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    expected[tuple(slice(item) if isinstance(item, int) else item for item in space)] = 1
    MARKS[len(space)].on(backend)[tuple(space)](out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n", [0, 1, 127, 128, 129, 1000, 100_003])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_point_runs_once_on_any_number_of_threads(n, threads):
    before = jk.get_num_threads()
    jk.set_num_threads(threads)
    try:
        out = np.zeros(n, np.int32)
        mark1.on("cpu")[n](out)
        wide = np.zeros((3, n), np.int32)
        mark2.on("cpu")[3, n](wide)
        tall = np.zeros((n, 3), np.int32)
        mark2.on("cpu")[n, 3](tall)
    finally:
        jk.set_num_threads(before)
    assert (out == 1).all()
    assert (wide == 1).all()
    assert (tall == 1).all()


def test_numpy_integers_are_extents(backend):
    out = np.zeros((3, 4), np.int8)
    mark2.on(backend)[np.int32(3), 1 : np.int64(4)](out)
    assert out.sum() == 9


@jk.kernel
def blend(i, x, y, out, weight=0.25, scale=2.0):
    out[i] = scale * (weight * x[i] + (1 - weight) * y[i])


def test_keywords_and_defaults(backend):
    x, y, zero = np.arange(5.0), np.ones(5), np.zeros(5)
    for _ in range(3):  # the first compiles, later ones find what was compiled
        for arguments, keywords, expected in (
            ((x, y), {}, 2 * (0.25 * x + 0.75 * y)),
            ((x,), {"y": y, "scale": 1.0}, 0.25 * x + 0.75 * y),
            ((), {"y": y, "x": x, "weight": 1.0}, 2 * x),
        ):
            out, part, same = zero.copy(), zero.copy(), zero.copy()
            blend.on(backend)[5](*arguments, **keywords, out=out)
            blend.on(backend)[1:4](*arguments, **keywords, out=part)
            blend.on(backend)[(slice(4),)](x, y, same)
            np.testing.assert_allclose(out, expected)
            np.testing.assert_allclose(part, np.where((x >= 1) & (x < 4), expected, 0))
            np.testing.assert_allclose(same, np.where(x < 4, 2 * (0.25 * x + 0.75 * y), 0))
        for call in (
            lambda: blend.on(backend)[5](x, y),
            lambda: blend.on(backend)[5](x, y, zero, out=zero),
            lambda: blend.on(backend)[5](x, y, zero, width=1.0),
            lambda: blend.on(backend)[1:4:True](x, y, zero),
            lambda: blend.on(backend)[1:4.0](x, y, zero),
        ):
            with pytest.raises(jk.LaunchError):
                call()


@jk.kernel
def shifted(i, x, *, by, times=2.0):
    x[i] += times * by


@jk.kernel(group=3)
def shifted_together(i, x, *, by, times=2.0):
    jk.barrier()
    x[i] += times * by


def test_parameters_that_are_keywords_alone(backend):
    for kernel in (shifted, shifted_together):
        x = np.zeros(3)
        for _ in range(3):
            kernel.on(backend)[3](x, by=1.0)
            with pytest.raises(jk.LaunchError, match="too many positional arguments"):
                kernel.on(backend)[3](x, 1.0)
        assert x.tolist() == [6, 6, 6]
        kernel.check[3](x, by=1.0).raise_if_any()


class Pair(NamedTuple):
    a: np.ndarray
    k: float


@dataclass(frozen=True)
class Model:
    pair: Pair
    offset: float
    shape: tuple[int, int]


@jk.kernel
def structured(i, model, out):
    n, m = model.shape
    out[i] = model.pair.k * model.pair.a[i] + model.offset + n * m


def test_named_tuples_and_frozen_dataclasses(backend):
    a, out = np.arange(4, dtype=np.float32), np.zeros(4, np.float32)
    structured.on(backend)[4](Model(Pair(a, 3.0), 0.5, (2, 5)), out)
    np.testing.assert_array_equal(out, 3 * a + np.float32(10.5))


@jk.kernel
def total(i, arrays, out):
    acc = 0.0
    for k in range(3):
        acc += arrays[k][i]
    out[i] = acc


def test_tuple_of_arrays(backend):
    arrays, out = tuple(np.full(3, k, np.float32) for k in range(3)), np.zeros(3, np.float32)
    total.on(backend)[3](arrays, out)
    assert (out == 3).all()


def test_the_point_function_can_be_called():
    out = np.zeros(3)
    mark1.func(1, out)
    assert list(out) == [0, 1, 0]
    assert mark1.name == "mark1"


# ---- choosing a backend


@jk.kernel
def probe(i, out):
    out[i] = out[i] / 0  # Python's own numbers raise, compiled code gives infinity: tells who ran


def ran_interpreted(launch) -> bool:
    seen: list[int] = []

    class Spy(np.ndarray):
        def __setitem__(self, key, value):
            seen.append(key)
            super().__setitem__(key, value)

    launch(np.zeros(2).view(Spy))
    return bool(seen)


def test_the_context_and_the_pin_choose():
    assert not ran_interpreted(lambda out: mark1[2](out))
    with jk.backend("python"):
        assert ran_interpreted(lambda out: mark1[2](out))
        assert not ran_interpreted(lambda out: mark1.on("cpu")[2](out))
        with jk.backend("cpu"):
            assert not ran_interpreted(lambda out: mark1[2](out))
        assert ran_interpreted(lambda out: mark1[2](out))
    assert not ran_interpreted(lambda out: mark1[2](out))


def test_the_environment_chooses_behind_the_context(monkeypatch):
    monkeypatch.setenv("JITKIT_BACKEND", "python")
    assert ran_interpreted(lambda out: mark1[2](out))
    with jk.backend("cpu"):
        assert not ran_interpreted(lambda out: mark1[2](out))
    monkeypatch.setenv("JITKIT_BACKEND", "fpga")
    with pytest.raises(jk.BackendError, match=r"JITKIT_BACKEND.*'fpga'.*'python', 'cpu', 'cuda'"):
        mark1[2](np.zeros(2))
    monkeypatch.setenv("JITKIT_BACKEND", "")
    assert not ran_interpreted(lambda out: mark1[2](out))


def test_the_context_does_not_leak_between_threads_and_tasks():
    found = {}

    def other():
        found["thread"] = ran_interpreted(lambda out: mark1[2](out))

    async def task(name):
        with jk.backend(name):
            await asyncio.sleep(0)
            found[name] = ran_interpreted(lambda out: mark1[2](out))

    async def both():
        await asyncio.gather(task("python"), task("cpu"))

    with jk.backend("python"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    asyncio.run(both())
    assert found == {"thread": False, "python": True, "cpu": False}


class OnDevice:
    """Looks like an array on a GPU."""

    __cuda_array_interface__: ClassVar = {
        "shape": (3,),
        "typestr": "<f4",
        "data": (0, False),
        "version": 3,
        "strides": None,
    }
    shape = (3,)


def test_device_arrays_mean_cuda_and_do_not_mix():
    with pytest.raises(jk.BackendError, match="y on the GPU and x, out on the host"):
        blend[3](np.ones(3), OnDevice(), np.ones(3))
    with pytest.raises(jk.BackendError, match="'cpu' was asked for, and x, y, out is on the GPU"):
        blend.on("cpu")[3](OnDevice(), OnDevice(), OnDevice())
    if not jk.devices()[1:]:
        with pytest.raises(jk.BackendError, match="cuda backend cannot run here"):
            blend[3](OnDevice(), OnDevice(), OnDevice())


def test_launches_from_many_threads_at_once():
    def work(seed):
        out = np.zeros(50_000 + seed)
        for _ in range(20):
            mark1[out.size](out)
        return bool((out == 20).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


FORKED = """
import multiprocessing, os
import numpy as np
import jitkit as jk
from tests.test_launch import mark1

def work(n):
    out = np.zeros(n)
    for _ in range(10):
        mark1[n](out)
    return float(out.sum())

mark1[300_000](np.zeros(300_000))
with multiprocessing.get_context("fork").Pool(3) as pool:
    assert pool.map(work, [200_000] * 6) == [2_000_000.0] * 6
assert work(200_000) == 2_000_000.0
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_launches_in_forked_children():
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED]
    subprocess.run(command, check=True, timeout=120)


def test_imports_are_light():
    code = (
        "import sys, jitkit as jk\njk.kernel\nimport jitkit.cases\nassert not {'numba', 'llvmlite'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_plain_arrays_import_no_masks():
    code = (
        "import sys, numpy as np, jitkit as jk\njk.map(abs, np.zeros(3), backend='python')\n"
        "jk.linalg.norm(np.zeros(3))\nassert 'numpy.ma' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_interpreter_never_imports_numba():
    code = (
        "import sys, numpy as np\nfrom jitkit import cases\ncase = cases.load('heat')\n"
        "case.launch(case.problem('tiny'), 'python')\nassert not {'numba', 'llvmlite'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


BESIDE_NUMBA = """
import sys
import numba, numpy as np, jitkit as jk
from numba.extending import intrinsic

@intrinsic
def doubled(typing, x):
    return x(x), lambda context, builder, signature, args: builder.add(args[0], args[0])

@numba.njit
def theirs(x):
    words = {"first": 1}
    words["last"] = doubled(words["first"])
    return words["last"] + len([v for v in x]) + len({1, 1}) + np.linalg.norm(x) + np.sort(x)[0] + len(str(3))

@jk.kernel
def ours(i, x, out):
    out[i] = np.sin(x[i]) + x.shape[0]

def run_ours():
    x, out = np.arange(5.0), np.zeros(5)
    ours[5](x, out)
    assert np.allclose(out, np.sin(x) + 5)
    assert jk.reduce(lambda a, b: a + b, x, backend="cpu") == 10

def run_theirs():
    assert abs(theirs(np.array([3.0, 4.0])) - (2 + 2 + 1 + 5 + 3 + 1)) < 1e-12

for run in {"ours": (run_ours, run_theirs, run_ours), "theirs": (run_theirs, run_ours)}[sys.argv[1]]:
    run()
"""


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_numba_compiles_its_own_functions_beside_kernels(tmp_path, first):
    (tmp_path / "beside.py").write_text(BESIDE_NUMBA)
    environment = {**os.environ, "JITKIT_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run([sys.executable, str(tmp_path / "beside.py"), first], env=environment, check=True, timeout=120)


# ---- grids, whose limits no test machine can reach by running


@given(
    counts=st.lists(st.sampled_from([0, 1, 31, 32, 65535, 65536, 2**31, 2**33 + 5]), min_size=1, max_size=4),
    threads=st.sampled_from([64, 128, 256, 512]),
)
def test_grids_cover_any_space_within_the_limits(counts, threads):
    space = Space((0,) * len(counts), (1,) * len(counts), tuple(counts))
    if space.points == 0 or space.points > 2**50:
        return
    covered = 0
    for number, part in enumerate(cuda_grid.parts(space)):
        blocks, block = cuda_grid.grid(part, threads)
        assert all(n <= limit for n, limit in zip(blocks, cuda_grid.MAX_BLOCKS, strict=True))
        assert block[0] * block[1] * block[2] <= threads
        along = [*part.counts[::-1][:2], int(np.prod(part.counts[:-2], dtype=object))]
        along += [1] * (3 - len(along))
        assert all(b * t >= n for b, t, n in zip(blocks, block, along, strict=True))
        covered += part.points
        if number > 200:
            return
    assert covered == space.points


@jk.kernel
def weighed(i, a, x, pair, on, out):
    if on:
        out[i] = a * x[i] + pair[0][i] + pair[1]


X = np.arange(8.0)
WEIGHED = [
    (2.0, X, (X, 1), True),
    (np.float64(2.0), X, (X, 1), True),
    (np.float32(2.0), X.astype(np.float32), (X[::-1], 1.0), True),
    (2, np.repeat(X, 2)[::2], (X, np.int8(1)), np.True_),
    (2.0, X, (X, 1), False),
    (2, X.astype(np.uint16), (X.astype(np.int64), 1), True),
    (2.0, np.asfortranarray(X), (X, True), np.False_),
    (2.0, np.frombuffer(X.tobytes()), (X, 1), True),
    (2.0, pickle.loads(pickle.dumps(X)), (X, 1), True),
]


@given(order=st.permutations(range(len(WEIGHED))))
@settings(max_examples=20, deadline=None)
def test_launches_of_all_types_in_any_order(order):
    """What was compiled for some types never runs on others, however often either were launched before."""
    for k in [*order, *order, *order]:
        a, x, pair, on = WEIGHED[k]
        out = np.zeros(8)
        weighed.on("cpu")[8](a, x, pair, on, out)
        expected = a * x.astype(np.float64) + pair[0] + float(pair[1]) if on else np.zeros(8)
        np.testing.assert_array_equal(out, expected)


class Renamed(np.ndarray):
    pass


def test_launches_straight_into_compiled_code_take_what_was_compiled_for():
    x, out = np.arange(8.0), np.zeros(8)
    launch = jk.kernel(weighed.func).on("cpu")[8]
    for _ in range(3):
        launch(2.0, x, (x, 1), True, out)
    (enter, *_), (alone, *_), (over, *_) = launch.kernel.entries(1)
    prefix = (0, 1, 8)
    assert enter(prefix, (1.0, x, (x, 2), True, out)) is None
    np.testing.assert_array_equal(out, 2 * x + 2)
    assert alone(prefix, (1.0, x, (x, 3), True, out)) is None
    np.testing.assert_array_equal(out, 2 * x + 3)
    assert over((1.0, x, (x, 4), True, out)) is None
    np.testing.assert_array_equal(out, 2 * x + 4)
    square = np.zeros((2, 4))
    assert over((1.0, x.reshape(2, 4), (x.reshape(2, 4), 4), True, square)) is None
    np.testing.assert_array_equal(square.reshape(8), 2 * x + 4)
    before, both = out.copy(), np.zeros(12)
    for args in (
        (1.0, x, (x.reshape(2, 4), 4), True, out), (1.0, x[:7], (x, 4), True, out), (1.0, x, (both[4:], 4), True, both[:8]),
        (1.0, both[:8], (x, 4), True, both[4:]), (1.0, x, (out[:], 4), True, out), (1.0, x, (x, 4), True, (out,)),
        (1.0, x, (x, 4), True, (1,)),
        (1.0, x, (x, 4), True, out.view(Renamed)),
    ):  # fmt: skip
        assert over(args) is NotImplemented
    frozen = x.copy()
    frozen.flags.writeable = False
    for args in (
        (1, x, (x, 2), True, out), (True, x, (x, 2), True, out), (1.0, x[::2], (x, 2), True, out), (1.0, x, [x, 2], True, out),
        (1.0, x.reshape(2, 4), (x, 2), True, out), (1.0, x.view("i8"), (x, 2), True, out), (1.0, x, (x,), True, out),
        (1.0, x.astype(">f8"), (x, 2), True, out), (1.0, x.view(Renamed), (x, 2), True, out), (1.0, x, (x, 2**63), True, out),
        (1.0, x, (x, 2), 1, out), (1.0, x, (x, 2), True, None), (1.0, x, (x, 2), True), (1.0, x, (x, 2), True, frozen),
        (1.0, x, Pair(x, 2), True, out),
    ):  # fmt: skip
        assert enter(prefix, args) is NotImplemented
    np.testing.assert_array_equal(out, before)


def test_a_change_of_the_number_of_threads_reaches_compiled_code():
    out = np.zeros(100_000)
    before = jk.get_num_threads()
    try:
        for threads in (1, 2, 1, 2):
            jk.set_num_threads(threads)
            for _ in range(3):
                mark1.on("cpu")[100_000](out)
    finally:
        jk.set_num_threads(before)
    assert (out == 12).all()


@jk.kernel
def doubled(i, x, y):
    y[i] = 2 * x[i]


def test_masks_are_looked_for_at_each_launch(backend):
    x, y = np.arange(8.0), np.zeros(8)
    for _ in range(3):
        doubled.on(backend)[8](np.ma.array(x), y)  # no element is masked: all of it is data
        np.testing.assert_array_equal(y, 2 * x)
    with pytest.raises(jk.KernelTypeError, match="doubled: argument x has masked elements"):
        doubled.on(backend)[8](np.ma.array(x, mask=x == 1), y)


# ---- other processes


@jk.kernel
def moved(i, x, by):
    x[i] += by


class Solver:
    @staticmethod
    @jk.kernel(group=4)
    def filled(i, x):
        if i < x.shape[0]:
            x[i] = 7


def _local_kernel(factor):
    @jk.kernel(name="scaled", fastmath=True)
    def inner(i, x):
        x[i] *= factor

    return inner


def _launched(launch):
    x = np.ones(3)
    launch(x, 2)
    return x


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_kernels_are_pickled_by_name_as_functions_are(protocol):
    for kernel in (moved, Solver.filled):
        assert pickle.loads(pickle.dumps(kernel, protocol)) is kernel
        assert copy.deepcopy(kernel) is kernel
    for launch in (moved[3], moved.on("python")[1:3], moved.on("cpu")[0:3:2]):
        expected = _launched(launch)  # what has run holds compiled code
        np.testing.assert_array_equal(_launched(pickle.loads(pickle.dumps(launch, protocol))), expected)
    pinned = pickle.loads(pickle.dumps(moved.on("python"), protocol))
    assert (pinned.kernel, pinned.backend) == (moved, "python")


def test_a_kernel_without_a_name_of_its_own_is_copied_with_its_options():
    kernel = _local_kernel(3.0)
    again = copy.copy(kernel)
    assert again is not kernel
    assert (again.func, again.name, again.fastmath, again.group) == (kernel.func, "scaled", True, None)
    x = np.ones(3)
    again[3](x)
    np.testing.assert_array_equal(x, 3.0)
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"_local_kernel\.<locals>\.inner"):
        pickle.dumps(kernel)


_SCRIPT = """
import functools, linecache, sys
import cloudpickle
import numpy as np
import jitkit as jk

cell = "def twice(a):\\n    return 2 * a\\n\\n@jk.kernel(name='of_cell')\\ndef doubled(i, x):\\n    x[i] = twice(x[i])\\n"
linecache.cache["<cell>"] = len(cell), None, cell.splitlines(keepends=True), "<cell>"
exec(compile(cell, "<cell>", "exec"))

@jk.kernel
def moved(i, x):
    x[i] += five()

def five():
    return 5

def run():
    x = np.ones(3)
    moved[3](x)
    doubled[3](x)
    doubled.on("python")[3](x)
    return x.tolist(), doubled.name

if __name__ == "__main__":
    sys.stdout.buffer.write(cloudpickle.dumps(run))
"""


def test_kernels_of_scripts_and_cells_go_by_value_with_cloudpickle(tmp_path, monkeypatch):
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "cache"))  # nothing is recognised: sources are read
    pytest.importorskip("cloudpickle")
    (tmp_path / "script.py").write_text(_SCRIPT)
    pickled = subprocess.run([sys.executable, tmp_path / "script.py"], check=True, capture_output=True).stdout
    read = "import sys, pickle; print(*pickle.load(sys.stdin.buffer)())"
    found = subprocess.run([sys.executable, "-c", read], check=True, stdout=subprocess.PIPE, input=pickled).stdout
    assert found.decode().strip() == "[24.0, 24.0, 24.0] of_cell"


def test_a_function_that_cloudpickle_sent_without_its_source_is_refused_by_a_sentence():
    cloudpickle = pytest.importorskip("cloudpickle")
    factor = 0.37519
    sent = pickle.loads(cloudpickle.dumps(lambda a: a * factor))
    with pytest.raises(
        jk.KernelSyntaxError, match=r"in this process: it came here by value.*a module that this process can"
    ):
        jk.map(sent, np.ones(3))


class k:  # noqa: N801
    @staticmethod
    @jk.kernel
    def func(i, x):
        x[i] = 1


def test_kernels_of_modules_go_by_name_with_cloudpickle():
    cloudpickle = pytest.importorskip("cloudpickle")
    for kernel in (moved, Solver.filled, k.func, k.func):
        data = cloudpickle.dumps(kernel)
        assert pickle.loads(data) is kernel
        assert len(data) < 300  # no code


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_launches_go_to_other_processes(method):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        found = pool.submit(_launched, moved.on("cpu")[3]).result()
    np.testing.assert_array_equal(found, 3.0)
