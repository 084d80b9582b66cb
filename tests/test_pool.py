"""The CPU scheduler: each unit runs exactly once, whoever launches, nests, forks or exits."""

import ctypes
import faulthandler
import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest

from jitkit.backends import pool

pytestmark = pytest.mark.skipif(not pool.available(), reason=f"no thread pool: {pool.unavailable_reason()}")

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60  # seconds until something that should come is a failure
BODY = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)

# Bodies at native speed.
# @mark adds 1 to the byte of each of its units, after as many idle steps as the table says.
# @tally adds to args its units and the sum of their indices (modulo 2**64).
# @calls adds 1 to args.
NATIVE_BODIES = """
%marks = type { ptr, ptr } ; bytes, idle steps

define void @mark(i64 %begin, i64 %end, ptr %args) {
entry:
  %bytes = load ptr, ptr %args
  %table.ptr = getelementptr %marks, ptr %args, i64 0, i32 1
  %table = load ptr, ptr %table.ptr
  %some = icmp slt i64 %begin, %end
  br i1 %some, label %unit, label %out
unit:
  %i = phi i64 [ %begin, %entry ], [ %i.next, %done ]
  %steps.ptr = getelementptr i64, ptr %table, i64 %i
  %steps = load i64, ptr %steps.ptr
  br label %idle
idle:
  %step = phi i64 [ 0, %unit ], [ %step.next, %idle ]
  %step.next = add i64 %step, 1
  %byte.ptr = getelementptr i8, ptr %bytes, i64 %i
  %peek = load volatile i8, ptr %byte.ptr
  %more = icmp ult i64 %step, %steps
  br i1 %more, label %idle, label %done
done:
  %marked = add i8 %peek, 1
  store i8 %marked, ptr %byte.ptr
  %i.next = add i64 %i, 1
  %again = icmp slt i64 %i.next, %end
  br i1 %again, label %unit, label %out
out:
  ret void
}

define void @tally(i64 %begin, i64 %end, ptr %args) {
  %units = sub i64 %end, %begin
  %units.wide = sext i64 %units to i128
  %begin.wide = sext i64 %begin to i128
  %end.wide = sext i64 %end to i128
  %ends = add i128 %begin.wide, %end.wide
  %both = sub i128 %ends, 1
  %twice = mul i128 %both, %units.wide
  %sum.wide = ashr i128 %twice, 1
  %sum = trunc i128 %sum.wide to i64
  %sum.ptr = getelementptr i64, ptr %args, i64 1
  atomicrmw add ptr %args, i64 %units seq_cst
  atomicrmw add ptr %sum.ptr, i64 %sum seq_cst
  ret void
}

define void @calls(i64 %begin, i64 %end, ptr %args) {
  atomicrmw add ptr %args, i64 1 seq_cst
  ret void
}

declare void @jitkit_parallel_for(ptr, ptr, i64, i64)

define void @by_name(ptr %body, ptr %args, i64 %n, i64 %threads) {
  call void @jitkit_parallel_for(ptr %body, ptr %args, i64 %n, i64 %threads)
  ret void
}
"""


class Marks(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_void_p), ("steps", ctypes.c_void_p)]


@pytest.fixture(autouse=True)
def _no_hang():
    """End the run with a traceback if compiled code never returns: nothing in Python could interrupt it."""
    faulthandler.dump_traceback_later(3 * PATIENCE, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()


def compile_bodies():
    """Return the addresses of the native bodies, newly compiled: the scheduler knows nothing of them."""
    pool.register_symbols()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=1, jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(NATIVE_BODIES), machine)
    engine.finalize_object()
    addresses = {name: engine.get_function_address(name) for name in ("mark", "tally", "calls", "by_name")}
    engine.detach()
    return addresses


@pytest.fixture(scope="session")
def native():
    return compile_bodies()


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)


def start_workers(threads):
    pool.ensure_workers(threads)
    wait_until(lambda: pool.counters().workers == pool.workers)


def launch(body, args, n, threads):
    SIGNATURE(pool.parallel_for_address())(ctypes.cast(body, ctypes.c_void_p), args, n, threads)


STEPS = np.random.default_rng(0).random(100_000)


def launch_marks(native, n, threads, steps):
    """Launch @mark, with the idle steps of each unit or the most of them, and return how often each unit ran."""
    marks, steps = np.zeros(n + 1, np.uint8), np.asarray(steps * STEPS[:n], np.int64) if np.isscalar(steps) else steps
    launch(native["mark"], ctypes.byref(Marks(marks.ctypes.data, steps.ctypes.data)), n, threads)
    assert marks[n] == 0
    return marks[:n]


def pieces_of(n, threads, cost=None):
    """Launch a body in Python and return the pieces that ran; cost(begin, end) may take time."""
    pieces = []

    @BODY
    def body(begin, end, _):
        pieces.append((begin, end))
        if cost is not None:
            cost(begin, end)

    launch(body, None, n, threads)
    return pieces


def run_script(script, *, timeout=PATIENCE):
    """Run Python code in a process of its own, where a hang or a crash is a failure and not the end of the tests."""
    prelude = """
        import ctypes, os, sys, threading, time
        from jitkit.backends import pool
        BODY = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
        SIGNATURE = ctypes.CFUNCTYPE(None, BODY, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)

        def check_launch(threads=3, n=40):
            '''Each unit exactly once, and with that many threads inside at once, so the pool works.'''
            pool.ensure_workers(threads)
            deadline = time.monotonic() + 30
            while pool.counters().workers < threads - 1:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            done, meeting = [], threading.Barrier(threads)
            def body(begin, end, _):
                done.extend(range(begin, end))
                if begin == 0:
                    time.sleep(0.002)
                elif n - threads <= begin:
                    meeting.wait(30)
            SIGNATURE(pool.parallel_for_address())(BODY(body), None, n, threads)
            assert sorted(done) == list(range(n)), done
            assert pool.counters().parallel >= 1
    """
    source = textwrap.dedent(prelude) + textwrap.dedent(script)
    # Python 3.12 and later warn of every fork of a process with threads; that it works is what is tested.
    result = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    return result.stdout


# Pieces ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 1, 2, 3, 8])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 64, 97, 1009, 10007])
def test_each_unit_runs_exactly_once(n, threads):
    start_workers(threads)
    for _ in range(2):
        pieces = pieces_of(n, threads)
        slow = pieces_of(n, threads, cost=lambda begin, end: time.sleep(1e-4))
        for ran in (pieces, slow):
            assert sorted(i for begin, end in ran for i in range(begin, end)) == list(range(n))


@pytest.mark.parametrize(("n", "threads"), [(0, 4), (1, 4), (1000, 1), (1000, 0), (1000, -1)])
def test_nothing_to_share_is_one_call_of_the_body(n, threads):
    assert pieces_of(n, threads) == [(0, n)]


@pytest.mark.parametrize("threads", [2, 3, 8])
@pytest.mark.parametrize("n", [2, 1000, 2**31 + 11, 2**53 - 1, 2**62 + 57, 2**63 - 1])
def test_huge_ranges_are_covered(native, n, threads):
    start_workers(threads)
    for _ in range(20):
        args = (ctypes.c_uint64 * 2)()
        launch(native["tally"], args, n, threads)
        assert list(args) == [n, n * (n - 1) // 2 % 2**64]


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_uneven_units_run_exactly_once(native, threads):
    start_workers(threads)
    before = pool.counters().parallel
    for n in (3, 1000, 50_000):
        for most_steps in (0, 10, 1000):
            np.testing.assert_array_equal(launch_marks(native, n, threads, most_steps), 1)
    assert pool.counters().parallel > before


def test_work_that_starts_cheap_is_shared_once_known(native):
    start_workers(2)
    steps = np.where(np.arange(2000) < 300, 0, 4000)
    launch_marks(native, 2000, 2, steps)
    before = pool.counters().parallel
    np.testing.assert_array_equal(launch_marks(native, 2000, 2, steps), 1)
    assert pool.counters().parallel == before + 1


def test_work_that_gets_dearer_is_shared():
    start_workers(2)
    native = compile_bodies()
    time.sleep(0.01)
    before = pool.counters().parallel
    np.testing.assert_array_equal(launch_marks(native, 2000, 2, np.arange(2000) * 5), 1)
    assert pool.counters().parallel == before + 1


def test_without_workers_the_caller_runs_everything():
    run_script("""
        n, pieces = 2**63 - 1, []
        body = BODY(lambda begin, end, _: pieces.append((begin, end)))
        SIGNATURE(pool.parallel_for_address())(body, None, n, 4)
        assert [begin for begin, end in pieces] == [0] + [end for begin, end in pieces][:-1]
        assert pieces[-1][1] == n
        assert pool.counters() == (0, 1, 0)
    """)


def test_short_work_runs_alone(native):
    start_workers(2)
    time.sleep(0.01)
    before = pool.counters()
    for _ in range(100):
        launch_marks(native, 10, 2, 0)
    after = pool.counters()
    assert after.alone > before.alone
    assert after.alone + after.parallel == before.alone + before.parallel + 100


def test_a_body_that_stays_short_is_called_once_a_launch(native):
    start_workers(2)
    calls = ctypes.c_int64()

    def once():
        calls.value = 0
        launch(native["calls"], ctypes.byref(calls), 1000, 2)
        return calls.value == 1

    once()
    assert calls.value > 1  # nothing was known of it
    wait_until(once)  # a launch that the system interrupts starts the row of short ones anew


def test_short_work_that_gets_dear_is_shared_from_the_second_launch():
    start_workers(2)
    native = compile_bodies()
    for _ in range(200):
        np.testing.assert_array_equal(launch_marks(native, 100, 2, np.zeros(100, np.int64)), 1)
    dear = np.full(100, 20_000)
    np.testing.assert_array_equal(launch_marks(native, 100, 2, dear), 1)
    before = pool.counters().parallel
    np.testing.assert_array_equal(launch_marks(native, 100, 2, dear), 1)
    assert pool.counters().parallel == before + 1


# Threads --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_are_inside_together(threads):
    start_workers(threads)
    meeting = threading.Barrier(threads)
    names = set()

    def cost(begin, end):
        if begin == 0:
            time.sleep(0.005)
        else:
            names.add(threading.current_thread().name)
            meeting.wait(PATIENCE)

    pieces = pieces_of(threads + 1, threads, cost)
    assert sorted(pieces) == [(i, i + 1) for i in range(threads + 1)]
    assert len(names) == threads
    assert sum(name.startswith("jitkit-worker-") for name in names) == threads - 1


def test_dear_units_are_shared_from_the_first_once_known():
    start_workers(2)
    meeting = threading.Barrier(2)
    together = []

    @BODY
    def body(begin, end, _):
        if not together:
            time.sleep(0.002 * (end - begin))
        else:
            meeting.wait(PATIENCE)

    launch(body, None, 4, 2)
    together.append(True)
    launch(body, None, 2, 2)
    assert not meeting.broken


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_no_more_threads_than_asked_for(threads):
    start_workers(8)
    for _ in range(20):
        names = set()

        def cost(begin, end, names=names):
            names.add(threading.get_ident())
            time.sleep(1e-4)

        pieces_of(60, threads, cost)
        assert 1 <= len(names) <= threads


def test_concurrent_launches(native):
    start_workers(3)
    before = pool.counters()

    def caller(seed):
        rng = np.random.default_rng(seed)
        for _ in range(150):
            n, most_steps = int(rng.integers(0, 5000)), int(rng.integers(0, 200))
            np.testing.assert_array_equal(launch_marks(native, n, int(rng.integers(1, 4)), most_steps), 1)
        return True

    with ThreadPoolExecutor(8) as callers:
        assert all(callers.map(caller, range(8)))
    after = pool.counters()
    assert after.parallel + after.alone == before.parallel + before.alone + 8 * 150


def test_a_launch_does_not_wait_for_the_slot(native):
    start_workers(2)
    inside, go_on = threading.Event(), threading.Event()

    def cost(begin, end):
        if begin == 0:
            time.sleep(0.005)
        else:
            inside.set()
            go_on.wait(PATIENCE)

    holder = threading.Thread(target=pieces_of, args=(5, 2, cost))
    holder.start()
    assert inside.wait(PATIENCE)
    before = pool.counters()
    np.testing.assert_array_equal(launch_marks(native, 100_000, 2, 200), 1)
    after = pool.counters()
    assert holder.is_alive()
    go_on.set()
    holder.join(PATIENCE)
    assert not holder.is_alive()
    assert (after.alone, after.parallel) == (before.alone + 1, before.parallel)


@pytest.mark.parametrize("threads", [2, 8])
def test_nested_launches(native, threads):
    start_workers(threads)
    inner = []

    def cost(begin, end):
        inner.extend(launch_marks(native, 2000, threads, 100) for _ in range(begin, end))

    outer = pieces_of(50, threads, cost)
    assert sorted(i for begin, end in outer for i in range(begin, end)) == list(range(50))
    assert len(inner) == 50
    np.testing.assert_array_equal(np.concatenate(inner), 1)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_back_to_back_launches(native, threads):
    start_workers(threads)
    rng = np.random.default_rng(threads)
    for turn in range(4000):
        n = int(rng.integers(2, 3000))
        marks = launch_marks(native, n, threads, int(rng.integers(0, 100)))
        assert marks.min() == marks.max() == 1
        if turn % 50 == 0:
            time.sleep(1e-3)


def test_workers_are_named_daemons_and_only_grow():
    start_workers(3)
    count = pool.workers
    assert count >= 2
    pool.ensure_workers(1)
    pool.ensure_workers(2)
    assert pool.workers == count
    found = {thread.name: thread for thread in threading.enumerate() if thread.name.startswith("jitkit-worker-")}
    assert set(found) == {f"jitkit-worker-{k}" for k in range(1, count + 1)}
    assert all(thread.daemon for thread in found.values())


def test_generated_code_finds_the_symbol(native):
    assert llvm.address_of_symbol("jitkit_parallel_for") == pool.parallel_for_address()
    marks, steps = np.zeros(1000, np.uint8), np.full(1000, 100)
    args = Marks(marks.ctypes.data, steps.ctypes.data)
    SIGNATURE(native["by_name"])(native["mark"], ctypes.byref(args), 1000, 2)
    np.testing.assert_array_equal(marks, 1)


# Processes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parent_threads", [1, 4])
def test_fork_while_other_threads_launch(parent_threads):
    run_script(f"""
        stop = threading.Event()
        def busy():
            body = BODY(lambda begin, end, _: time.sleep(1e-5 * (end - begin)))
            while not stop.is_set():
                SIGNATURE(pool.parallel_for_address())(body, None, 50, 3)
        pool.ensure_workers(3)
        others = [threading.Thread(target=busy) for _ in range({parent_threads})]
        for other in others:
            other.start()
        for turn in range(20):
            time.sleep(0.001 * (turn % 4))
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    assert pool.workers == 0
                    check_launch(3)
                    check_launch(2)
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for other in others:
            other.join()
        check_launch(3)
    """)


def test_fork_while_another_thread_compiles():
    run_script("""
        first = threading.Thread(target=pool.ensure_workers, args=(3,))
        first.start()
        time.sleep(0.005)
        child = os.fork()
        check_launch()
        if child:
            first.join()
            assert os.waitpid(child, 0)[1] == 0
        else:
            os._exit(0)
    """)


def test_a_child_may_fork_again_and_exit_normally():
    run_script("""
        check_launch()
        child = os.fork()
        check_launch()
        if child == 0:
            grandchild = os.fork()
            check_launch()
            if grandchild:
                assert os.waitpid(grandchild, 0)[1] == 0
        else:
            assert os.waitpid(child, 0)[1] == 0
    """)


def test_multiprocessing_fork():
    run_script("""
        import multiprocessing
        check_launch()
        def work(k):
            check_launch(2 + k % 2)
            return k
        with multiprocessing.get_context("fork").Pool(3) as processes:
            assert processes.map(work, range(12)) == list(range(12))
        check_launch()
    """)


def test_exit_right_after_a_launch():
    for _ in range(5):
        run_script("check_launch()")


def test_exit_while_a_daemon_thread_launches():
    run_script("""
        check_launch()
        body = BODY(lambda begin, end, _: time.sleep(1e-5 * (end - begin)))
        def busy():
            while True:
                SIGNATURE(pool.parallel_for_address())(body, None, 50, 3)
        threading.Thread(target=busy, daemon=True).start()
        time.sleep(0.02)
    """)


def test_launch_at_exit():
    run_script("""
        import atexit
        check_launch()
        atexit.register(check_launch)
    """)


def test_the_pool_does_not_import_numba():
    run_script("""
        check_launch()
        assert not [name for name in sys.modules if name.split(".")[0] in ("numba", "numpy")]
    """)


# Settings -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(monkeypatch):
    """The settings as in a new process; the environment is free to change."""
    monkeypatch.setattr(pool, "_default", None)
    monkeypatch.setattr(pool, "_num_threads", None)
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    return monkeypatch


def test_default_number_of_threads_is_what_the_process_may_use(settings):
    settings.setattr(pool, "_cgroup_quota", lambda root, membership: None)
    settings.setattr(os, "sched_getaffinity", lambda pid: {1, 3, 5, 6}, raising=False)
    assert pool.get_num_threads() == 4


@pytest.mark.parametrize(("quota", "threads"), [(0.5, 1), (1.0, 1), (2.5, 3), (64.0, 4)])
def test_default_number_of_threads_respects_the_quota(settings, quota, threads):
    settings.setattr(pool, "_cgroup_quota", lambda root, membership: quota)
    settings.setattr(os, "sched_getaffinity", lambda pid: {1, 3, 5, 6}, raising=False)
    assert pool.get_num_threads() == threads


def test_environment_sets_the_default(settings):
    settings.setenv("NUMBA_NUM_THREADS", "7")
    assert pool.get_num_threads() == 7
    pool.set_num_threads(28)
    assert pool.get_num_threads() == 28


@pytest.mark.parametrize("text", ["0", "-2", "two", "1.5", ""])
def test_environment_is_validated(settings, text):
    settings.setenv("NUMBA_NUM_THREADS", text)
    with pytest.raises(ValueError, match=rf"NUMBA_NUM_THREADS must be a positive integer, got '{text}'"):
        pool.get_num_threads()


def test_set_num_threads(settings):
    settings.setenv("NUMBA_NUM_THREADS", "2")
    pool.set_num_threads(np.int64(5))
    assert pool.get_num_threads() == 5
    for n in (0, -1, 9):
        with pytest.raises(ValueError, match=rf"from 1 to 8, got {n} "):
            pool.set_num_threads(n)
    for n in (2.0, "2", None):
        with pytest.raises(TypeError, match=r"must be an integer, got "):
            pool.set_num_threads(n)
    assert pool.get_num_threads() == 5


def test_quota_of_the_control_group_and_those_above(tmp_path):
    inner = tmp_path / "cgroup" / "a" / "b"
    inner.mkdir(parents=True)
    membership = tmp_path / "membership"
    membership.write_text("3:cpuset:/\n0::/a/b\n")
    (inner / "cpu.max").write_text("max 100000\n")
    assert pool._cgroup_quota(tmp_path / "cgroup", membership) is None
    (inner.parent / "cpu.max").write_text("150000 100000\n")
    assert pool._cgroup_quota(tmp_path / "cgroup", membership) == 1.5
    (inner / "cpu.max").write_text("50000 100000\n")
    assert pool._cgroup_quota(tmp_path / "cgroup", membership) == 0.5
    assert pool._cgroup_quota(tmp_path / "cgroup", tmp_path / "missing") is None


def test_platform_without_posix_threads(monkeypatch):
    monkeypatch.setattr(pool, "_scheduler", None)
    with monkeypatch.context() as windows:
        windows.setattr(os, "name", "nt")
        available, reason = pool.available(), pool.unavailable_reason()
        try:
            pool.parallel_for_address()
            message = "no error"
        except RuntimeError as error:
            message = str(error)
    assert not available
    assert "POSIX threads" in reason
    assert message == f"the jitkit thread pool cannot run here: {reason}; run with one thread"
