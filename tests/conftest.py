"""What all tests share: one body of a test for every backend, and a run that the user's own settings cannot change.

A test that takes the `backend` fixture runs once on each backend. Without a GPU its `cuda` leg runs in the emulator,
which executes the generated PTX. `test_simulator.py` starts a second run of pytest for a few files, in Numba's CUDA
simulator, which Numba chooses when it is imported; only the `cuda` legs are left there.
"""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
BACKENDS = ("cuda",) if SIMULATED else ("python", "cpu", "cuda")

# jitkit reads these; conftest is imported before any test imports jitkit. The workers of pytest-xdist share the cache of
# the process that starts them: what one has compiled, the others load.
_cache = None
if "PYTEST_XDIST_WORKER" not in os.environ:
    _cache = tempfile.TemporaryDirectory(prefix="jitkit-tests-")
    os.environ["JITKIT_CACHE_DIR"] = _cache.name
os.environ.pop("JITKIT_BACKEND", None)
os.environ.pop("JITKIT_CUDA_EMULATOR", None)

# No deadline: the first example of a test compiles.
hypothesis.settings.register_profile("jitkit", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("jitkit")


@functools.cache
def has_gpu() -> bool:
    """Tell whether this process can reach a real GPU, or a stand-in for its driver; Numba's simulator is none."""
    if SIMULATED:
        return False
    if "JITKIT_TESTS_STAND_IN" in os.environ:
        import stand_in

        stand_in.driver()
    from numba import cuda

    return bool(cuda.is_available())


# Not of function scope: hypothesis refuses such fixtures, since they are not renewed between its examples.
@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend in turn, by name."""
    if request.param != "cuda" or SIMULATED or has_gpu():
        yield request.param
        return
    # Not jk.emulate_cuda(): a context does not reach the threads that some tests start.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JITKIT_CUDA_EMULATOR", "1")
        yield request.param


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each array that comes from the emulated GPU to the host while a test runs."""
    from jitkit.backends.emulated_arrays import EmulatedArray

    sizes: list[int] = []
    copy = EmulatedArray.copy_to_host

    def copy_to_host(self: EmulatedArray, ary: object = None) -> object:
        sizes.append(self.nbytes)
        return copy(self, ary)  # type: ignore[arg-type]

    monkeypatch.setattr(EmulatedArray, "copy_to_host", copy_to_host)
    return sizes


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under the simulator, keep what runs on each backend and drop the rest."""
    if SIMULATED:
        kept = [item for item in items if "backend" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked `gpu` where there is no GPU."""
    if item.get_closest_marker("gpu") and not has_gpu():
        pytest.skip("needs a CUDA device, and there is none here")


def pytest_unconfigure() -> None:
    """Remove the cache of this run."""
    if _cache is not None:
        _cache.cleanup()
