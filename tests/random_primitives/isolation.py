"""Running checks in a process of its own, one after another: a crash or an endless loop is one more result."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection


def isolated(
    seeds: Iterable[int], backend: str, families: tuple[str, ...], seconds: float
) -> Iterator[tuple[int, str]]:
    """Yield the seeds that fail, and how; after a crash another process goes on behind it."""
    waiting = list(seeds)
    while waiting:
        here, there = multiprocessing.get_context("fork").Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(target=_run, args=(there, waiting, backend, families))
        process.start()
        there.close()
        done = 0
        while done < len(waiting):
            wrong = None
            try:
                wrong = here.recv() if here.poll(seconds) else f"hang: no answer in {seconds:g} s"
            except EOFError:
                process.join()
                wrong = f"crash: {signal.Signals(-process.exitcode).name if (process.exitcode or 0) < 0 else process.exitcode}"
            if wrong:
                yield waiting[done], wrong
            done += 1
            if wrong and wrong.startswith(("hang", "crash")):
                break
        process.kill()
        process.join()
        waiting = waiting[done:]


def _run(there: Connection, seeds: list[int], backend: str, families: tuple[str, ...]) -> None:
    from . import checking

    for seed in seeds:
        there.send(checking.failure(checking.check_of(seed, backend, families)))
    there.close()
