"""The CPU scheduler: worker threads that share the pieces of a launch.

The scheduling itself is compiled code, in ``pool.ll`` next to this file, which says how it works; here it is compiled,
and given its threads. Generated code calls the symbol ``jitkit_parallel_for(body, args, n, threads)``.

Threads come from Python (daemon threads that enter the compiled loop once and never leave it), so debuggers and
profilers show them by name. They use no processor while there is no work, and none of the API here waits for them.

A process may fork (through Python) at any time outside a body, whatever its other threads do: the child has no workers
until its next `ensure_workers` starts some. A child forked from inside a body may only exit or exec.

The scheduler needs a 64-bit POSIX platform (pthreads and ``clock_gettime``). On Windows `available` is False, and what
needs the compiled code raises.
"""

from __future__ import annotations

import ctypes
import math
import operator
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import llvmlite.binding as llvm

from jitkit.backends import machine
from jitkit.backends.kept import kept

SYMBOL = "jitkit_parallel_for"
READY = "jitkit_ready_threads"

#: How many worker threads have been started. Read it before calling `ensure_workers`, to save the call.
workers: int = 0

# How a spinning processor yields to its sibling: declaration and call. Elsewhere the clock that the loops read must do.
_X86_PAUSE = ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()")
_ARM_PAUSE = ("declare void @llvm.aarch64.isb(i32)", "call void @llvm.aarch64.isb(i32 15)")
_PAUSES = {"x86_64": _X86_PAUSE, "amd64": _X86_PAUSE, "aarch64": _ARM_PAUSE, "arm64": _ARM_PAUSE, "arm64e": _ARM_PAUSE}

# The processor's own counter of time, which no system call reads: declaration and what reads it. Elsewhere the clock serves.
_X86_TICKS = ("declare i64 @llvm.readcyclecounter()", "@llvm.readcyclecounter()")
_ARM_TICKS = ("", 'asm sideeffect "mrs $0, cntvct_el0", "=r"()')
_TICKS = {"x86_64": _X86_TICKS, "amd64": _X86_TICKS, "aarch64": _ARM_TICKS, "arm64": _ARM_TICKS, "arm64e": _ARM_TICKS}

# For systems other than Linux: no thread knows its processor, so none is moved.
_NO_AFFINITY = """
    define linkonce_odr i32 @sched_getcpu() { ret i32 -1 }
    define linkonce_odr i32 @sched_getaffinity(i32 %thread, i64 %size, ptr %mask) { ret i32 -1 }
    define linkonce_odr i32 @sched_setaffinity(i32 %thread, i64 %size, ptr %mask) { ret i32 -1 }
"""

# Held while the scheduler is compiled and while workers start, and over a fork, so that a child finds both complete.
# Reentrant, because a signal handler may fork while its own thread holds it.
_lock = threading.RLock()


class Counters(NamedTuple):
    """What the compiled scheduler counts.

    Attributes
    ----------
    parallel, alone : int
        Launches that opened their work to the workers, and launches that ran in the calling thread alone.
    workers : int
        Worker threads that have arrived in the compiled loop: soon after its start, each of them.
    """

    parallel: int
    alone: int
    workers: int


class _Scheduler(NamedTuple):
    address: int
    ready: ctypes.c_int64
    worker_loop: Callable[[], None]
    reset: Callable[[], None]
    counts: tuple[ctypes.c_int64, ctypes.c_int64, ctypes.c_int64]


_scheduler: _Scheduler | None = None


def unavailable_reason() -> str | None:
    """Say why the scheduler cannot run on this platform; None where it can."""
    if os.name != "posix":
        return f"it needs POSIX threads, which this platform ({os.name!r}) does not have"
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        return "it needs a 64-bit Python"
    return None


def available() -> bool:
    """Tell whether the scheduler can run on this platform; `unavailable_reason` says why not."""
    return unavailable_reason() is None


def parallel_for_address() -> int:
    """Return the address of the compiled ``void parallel_for(body, args, n, threads)``.

    The first call loads it, or compiles it in about 25 ms where no process has before. It stays for the life of the
    process.

    Raises
    ------
    RuntimeError
        On a platform where `available` is False.

    Examples
    --------
    >>> import ctypes
    >>> from jitkit.backends import pool
    >>> Body = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
    >>> signature = ctypes.CFUNCTYPE(None, Body, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    >>> parallel_for = signature(pool.parallel_for_address())
    >>> done = []
    >>> parallel_for(Body(lambda begin, end, args: done.extend(range(begin, end))), None, 5, 2)
    >>> sorted(done)
    [0, 1, 2, 3, 4]
    """
    return _compiled().address


def register_symbols() -> None:
    """Make the scheduler, and how many threads are ready for it, known to every module that LLVM compiles in this process.

    The number is what `ready` returned last, or 0 where it has to be asked (again).
    """
    llvm.add_symbol(SYMBOL, parallel_for_address())
    llvm.add_symbol(READY, ctypes.addressof(_compiled().ready))


def ensure_workers(threads: int) -> None:
    """Start worker threads until a launch can use `threads` of them, the calling thread among them.

    Workers are never stopped. Where enough run already, this costs one comparison.

    Parameters
    ----------
    threads : int
        The `threads` argument of the launches to come.

    Raises
    ------
    RuntimeError
        If the system refuses to start another thread, or `available` is False.
    """
    if threads - 1 > workers:
        _start_workers(threads - 1)


def counters() -> Counters:
    """Return how many launches this process has run, and with how many workers; a forked child starts from zero.

    Examples
    --------
    >>> from jitkit.backends import pool
    >>> pool.counters().parallel >= 0
    True
    """
    return Counters(*(count.value for count in _compiled().counts))


def ready() -> int:
    """Return how many threads a launch may use, after starting those that are missing."""
    threads = _num_threads or get_num_threads()
    if threads - 1 > workers:
        ensure_workers(threads)
    if threads != _announced:
        _announce()
    return threads


def _announce() -> None:
    """Let compiled code know how many threads are ready."""
    global _announced
    with _lock:
        if _num_threads is not None and _num_threads - 1 <= workers:
            _announced = _compiled().ready.value = _num_threads


def get_num_threads() -> int:
    """Return how many threads a launch may use, the calling one among them.

    It is what `set_num_threads` set, else the environment variable ``NUMBA_NUM_THREADS``, else the number of processors
    that this process may use: its affinity mask, and the quota of its control group (version 2), rounded up.

    Raises
    ------
    ValueError
        If ``NUMBA_NUM_THREADS`` is not a positive integer.
    """
    global _num_threads
    if _num_threads is None:
        _num_threads = _default_threads()
    return _num_threads


def set_num_threads(n: int) -> None:
    """Set how many threads a launch may use, in the whole process.

    Parameters
    ----------
    n : int
        From 1 (everything runs in the calling thread) to 4 times the default of `get_num_threads`.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is out of range.

    Examples
    --------
    >>> from jitkit.backends import pool
    >>> before = pool.get_num_threads()
    >>> pool.set_num_threads(1)
    >>> pool.get_num_threads()
    1
    >>> pool.set_num_threads(before)
    """
    global _num_threads, _announced
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"set_num_threads: the number of threads must be an integer, got {n!r}") from None
    default = _default_threads()
    if not 1 <= count <= 4 * default:
        raise ValueError(
            f"set_num_threads: the number of threads must be from 1 to {4 * default}, got {count} "
            f"(4 times the {default} that this process has by default; NUMBA_NUM_THREADS changes that default)"
        )
    with _lock:
        _num_threads, _announced = count, 0
        if _scheduler is not None:
            _scheduler.ready.value = 0


_num_threads: int | None = None
_announced: int = 0  # to compiled code
_default: int | None = None


def _default_threads() -> int:
    global _default
    if _default is None:
        text = os.environ.get("NUMBA_NUM_THREADS")
        _default = _usable_processors() if text is None else _parse_threads(text)
    return _default


def _parse_threads(text: str) -> int:
    count = int(text) if text.strip().isdecimal() else 0
    if count < 1:
        raise ValueError(f"environment variable NUMBA_NUM_THREADS must be a positive integer, got {text!r}")
    return count


def _usable_processors() -> int:
    by_affinity = _processors_by_affinity()
    quota = _cgroup_quota(Path("/sys/fs/cgroup"), Path("/proc/self/cgroup"))
    return by_affinity if quota is None else max(1, min(by_affinity, math.ceil(quota)))


def _processors_by_affinity() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cgroup_quota(root: Path, membership: Path) -> float | None:
    """Return the processors that the control group (version 2) and those above it allow, None if unlimited."""
    try:
        entries = membership.read_text().splitlines()
    except OSError:
        return None
    group = next((line[3:].strip("/") for line in entries if line.startswith("0::")), "")
    limits = [_quota_of(root / folder) for folder in (Path(group), *Path(group).parents)]
    return min((limit for limit in limits if limit is not None), default=None)


def _quota_of(group: Path) -> float | None:
    try:
        quota, period = (group / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)


def _compiled() -> _Scheduler:
    global _scheduler
    if _scheduler is None:
        with _lock:
            if _scheduler is None:
                _scheduler = _compile()
    return _scheduler


def _compile() -> _Scheduler:
    reason = unavailable_reason()
    if reason is not None:
        raise RuntimeError(f"the jitkit thread pool cannot run here: {reason}; run with one thread")
    engine = _build_engine()
    function, variable = engine.get_function_address, engine.get_global_value_address
    counts = [
        ctypes.c_int64.from_address(variable(name))
        for name in ("jitkit_jobs_parallel", "jitkit_jobs_alone", "jitkit_pool_workers")
    ]
    scheduler = _Scheduler(
        address=function(SYMBOL),
        ready=ctypes.c_int64.from_address(variable(READY)),
        worker_loop=ctypes.CFUNCTYPE(None)(function("jitkit_worker_loop")),
        reset=ctypes.CFUNCTYPE(None)(function("jitkit_pool_reset")),
        counts=(counts[0], counts[1], counts[2]),
    )
    # Never freed: when the interpreter goes, the workers are still inside this code.
    engine.detach()
    scheduler.reset()
    return scheduler


def _build_engine() -> llvm.ExecutionEngine:
    scheduler = Path(__file__).with_name("pool.ll").read_text(encoding="utf-8")
    platform = _platform_ir(llvm.get_process_triple().split("-")[0])
    description = {"kernel": "scheduler", "backend": "cpu"}
    # Not optimised: this code waits for atomics, clocks and the system, and a launch took the same 0.15 us without any
    # optimisation as at O2, where compiling took 5 times as long.
    make = lambda: machine.unoptimised(scheduler, platform)  # noqa: E731
    return machine.loaded(kept(description, make, scheduler, platform, machine.identity()))


def _platform_ir(architecture: str) -> str:
    declaration, call = _PAUSES.get(architecture, ("", ""))
    declaration_of_ticks, ticks = _TICKS.get(architecture, ("declare i64 @jitkit_now()", "@jitkit_now()"))
    return f"""
        @jitkit_clock_monotonic = linkonce_odr constant i32 {time.CLOCK_MONOTONIC}
        @jitkit_processors = linkonce_odr constant i64 {_processors_by_affinity()}
        {declaration}
        define linkonce_odr void @jitkit_cpu_pause() {{
          {call}
          ret void
        }}
        {declaration_of_ticks}
        define linkonce_odr i64 @jitkit_ticks() {{
          %ticks = call i64 {ticks}
          ret i64 %ticks
        }}
        {"" if sys.platform == "linux" else _NO_AFFINITY}
    """


def _start_workers(count: int) -> None:
    global workers
    loop = _compiled().worker_loop
    with _lock:
        while workers < count:
            thread = threading.Thread(target=loop, name=f"jitkit-worker-{workers + 1}", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                raise RuntimeError(
                    f"could not start worker thread {workers + 1} of {count} ({error}); "
                    f"raise the limit on threads, or ask for fewer with NUMBA_NUM_THREADS={workers + 1}"
                ) from error
            workers += 1


def _before_fork() -> None:
    _lock.acquire()


def _after_fork_in_parent() -> None:
    _lock.release()


def _after_fork_in_child() -> None:
    global workers, _announced
    workers = _announced = 0
    if _scheduler is not None:
        _scheduler.reset()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
