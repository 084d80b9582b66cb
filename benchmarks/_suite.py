"""What the benchmarks of the cases share: a case out of the catalogue, prepared once, launched and timed.

asv runs the benchmarks of today against the commits of yesterday. So jitkit is imported in `setup` alone, and what a
commit lacks raises NotImplementedError there, which asv shows as n/a. Each benchmark owns its sizes and its `version`:
neither a change of the catalogue nor one of these texts may cut or bend a history.

The classes with benchmarks are abstract because asv collects those of every class that it can instantiate, here too.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import _measure

BACKENDS = ["cpu", "cuda"]
DTYPES = ["float32", "float64"]
OPERATIONS = (
    "benchmarking",
    "cases",
    "cli",
    "linalg",
    "ml",
    "ode",
    "primitives",
    "signal",
    "sparse",
    "spatial",
    "stats",
)
"""The parts of the package that compile nothing: kernels, and what launches and times them."""


class Prepared(NamedTuple):
    """A problem whose kernel is compiled and has run once.

    Attributes
    ----------
    case : Case
        Where it comes from.
    problem : Problem
        What is launched; its arrays are where the backend has them.
    host : Problem
        The same on NumPy arrays; `problem` itself on the CPU.
    launch : callable
        Launches it and waits for the end.
    """

    case: Any
    problem: Any
    host: Any
    launch: Callable[[], None]


def load(name: str) -> Any:
    """Return a case of the installed jitkit.

    Raises
    ------
    NotImplementedError
        Where this commit has no such case.
    """
    if importlib.util.find_spec("jitkit.cases") is None:
        raise NotImplementedError("this commit has no catalogue of cases")
    from jitkit import cases

    if name not in cases.names():
        raise NotImplementedError(f"this commit has no case {name!r}")
    return cases.load(name)


def keep_caches_apart() -> None:
    """Give commits that compile differently caches of their own, or code compiled by another commit may be timed.

    Commits that differ in operations alone share one: the source of a kernel is part of its key there, so what changed is
    compiled anew, and the rest, which is most of the time that a commit takes, is not. In an environment that asv did not
    make, nobody knows the commit: the cache then lies in the folder that asv makes for each benchmark and removes after it.
    """
    if "ASV" in os.environ:
        known = os.environ.get("ASV_COMMIT")
        home = Path(os.environ["ASV_ENV_DIR"], "jitkit-cache", compiler()) if known else Path("jitkit-cache").absolute()
        os.environ["JITKIT_CACHE_DIR"] = str(home)


@functools.cache
def compiler() -> str:
    """Return a digest of the installed jitkit without its operations: of all that can change how a kernel is compiled."""
    found = importlib.util.find_spec("jitkit")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(package.rglob("*")):
        name = path.relative_to(package)
        if path.is_file() and path.suffix != ".pyc" and name.parts[0] not in OPERATIONS:
            digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def has_gpu() -> bool:
    """Tell whether there is a real GPU; Numba's CUDA simulator lists one without a compute capability."""
    # Importing numba.cuda takes a second, and most machines are told from the driver that they lack.
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    import jitkit as jk

    return any(device.kind == "cuda" and device.compute_capability is not None for device in jk.devices())


# asv calls `setup` before every round, in a process that runs one set of parameters.
@functools.lru_cache(maxsize=1)
def prepare(name: str, backend: str, size: int, dtype: str) -> Prepared:
    """Make a problem, move it to where the backend runs, and launch it once.

    Raises
    ------
    NotImplementedError
        Where this commit has no such case, or this machine no such backend.
    """
    keep_caches_apart()
    if backend == "cuda" and not has_gpu():
        raise NotImplementedError("there is no GPU here")
    case = load(name)
    host = case.problem(size, dtype)
    if backend == "cuda":
        prepared = on_gpu(case, host)
    else:
        prepared = Prepared(case, host, host, functools.partial(case.launch, host, backend))
    prepared.launch()
    return prepared


def on_gpu(case: Any, host: Any) -> Prepared:
    """Move a problem to the GPU; its launches wait for their end."""
    import jitkit as jk

    args = tuple(jk.asarray(arg, device="cuda") if hasattr(arg, "shape") else arg for arg in host.args)
    problem = type(host)(host.space, args, host.written)

    def launch_and_wait() -> None:
        case.launch(problem, "cuda")
        jk.synchronize()

    return Prepared(case, problem, host, launch_and_wait)


class CaseBenchmark:
    """A benchmark of the case that its file is named after."""

    version = "1"
    timeout = 120

    @property
    def case(self) -> str:
        """The name of the case."""
        return type(self).__module__.rpartition(".")[2]


class Launches(CaseBenchmark, ABC):
    """Compiled launches on arrays that are in place already."""

    # With a `setup`, asv takes a sample from each call: at least, at most, and for how many seconds.
    repeat = (5, 200, 0.5)
    param_names = ["backend", "size", "dtype"]

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the problems: about a millisecond on two cores, and tens of them."""

    @property
    def params(self) -> list[list[Any]]:
        """The values of the parameters."""
        return [BACKENDS, list(self.sizes), DTYPES]

    def setup(self, backend: str, size: int, dtype: str) -> None:
        self.prepared = prepare(self.case, backend, size, dtype)

    def time_launch(self, backend: str, size: int, dtype: str) -> None:
        self.prepared.launch()


class LaunchesBesideNumPy(CaseBenchmark, ABC):
    """Compiled launches and the reference taking turns; for references that are how one writes the case in NumPy.

    Only at a size that takes a millisecond: larger, the references need seconds, and most of that to get memory.
    """

    params = [BACKENDS, DTYPES]
    param_names = ["backend", "dtype"]

    @property
    @abstractmethod
    def size(self) -> int:
        """The size of the problem."""

    def setup(self, backend: str, dtype: str) -> None:
        self.prepared = prepare(self.case, backend, self.size, dtype)

    def track_relative_to_numpy(self, backend: str, dtype: str) -> float:
        return _measure.ratio(self.prepared.launch, self.in_numpy())

    track_relative_to_numpy.unit = "times NumPy"

    def in_numpy(self) -> Callable[[], Any]:
        """Return a call that computes the same in NumPy: the reference, unless that is not how one writes it."""
        return functools.partial(self.prepared.case.reference, self.prepared.host)


class LaunchesBesidePlain(CaseBenchmark, ABC):
    """Compiled launches of a group kernel, and of a kernel without groups that does the same, taking turns."""

    param_names = ["backend", "size", "dtype"]

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the problems."""

    @property
    def params(self) -> list[list[Any]]:
        """The values of the parameters."""
        return [BACKENDS, list(self.sizes), DTYPES]

    def setup(self, backend: str, size: int, dtype: str) -> None:
        self.prepared = prepare(self.case, backend, size, dtype)
        from .peers import plain

        self.plain = plain.bind(self.prepared.case, self.prepared.problem, backend)
        self.run_plain()

    def run_plain(self) -> None:
        """Launch the plain kernel and wait for the end."""
        import jitkit as jk

        self.plain()
        jk.synchronize()

    def track_relative_to_plain(self, backend: str, size: int, dtype: str) -> float:
        return _measure.ratio(self.prepared.launch, self.run_plain)

    track_relative_to_plain.unit = "times the plain kernel"


class InterpretedLaunches(CaseBenchmark, ABC):
    """Launches in the interpreter, which is a thousand times slower than compiled code and has a size of its own."""

    repeat = (3, 20, 2.0)
    params = [DTYPES]
    param_names = ["dtype"]

    @property
    @abstractmethod
    def size(self) -> int:
        """The size of the problem."""

    def setup(self, dtype: str) -> None:
        self.prepared = prepare(self.case, "python", self.size, dtype)

    def time_launch(self, dtype: str) -> None:
        self.prepared.launch()
