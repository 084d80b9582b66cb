"""Whole kernels nobody would write by hand: every backend gives what the interpreter gives, and the sanitizer is silent.

``python -m tests.random_kernels`` runs as many as one likes, and makes those that fail small.
"""

from __future__ import annotations

import importlib.util

import pytest
from random_kernels.checking import KINDS, failure, source_of
from random_kernels.running import difference, load
from random_kernels.shrinking import shrink

SEEDS = range(8)
needs_cuda = pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="needs numba-cuda")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_backends_agree(backend, kind, seed, tmp_path, monkeypatch):
    if (backend, kind) == ("python", "plain"):
        pytest.skip("the interpreter is the measure")
    module = load(source_of(kind, seed), tmp_path / f"{kind}_{seed}.py")
    wanted = module.run("python")
    monkeypatch.setenv("JITKIT_SHUFFLE", "3")  # the interpreter itself must agree in another order
    wrong = difference(module.run(backend), wanted)
    assert wrong is None, f"{kind} seed {seed}, {backend}: {wrong}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_the_sanitizer_finds_nothing(kind, seed, tmp_path):
    failed = failure(source_of(kind, seed), tmp_path / f"{kind}_{seed}.py", ())
    assert failed is None, f"{kind} seed {seed}: {failed}"


@needs_cuda
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_ptx_is_compiled(kind, seed, tmp_path):
    module = load(source_of(kind, seed), tmp_path / f"{kind}_{seed}.py")
    ptx = module.ptx()
    assert ".entry" in ptx
    if kind == "group" and "jk.barrier()" in source_of(kind, seed):
        assert "bar.sync" in ptx or module.kernel.group == (1,)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_always_makes_the_same_kernel(kind):
    assert source_of(kind, 5) == source_of(kind, 5)
    assert source_of(kind, 5) != source_of(kind, 6)


def test_shrinking_keeps_what_fails():
    body = "    y = 1\n    if y > 0:\n        z = 2\n        x[i] = (y + z * 3)\n    else:\n        x[i] = 0\n"
    source = f"def kernel(i, x):\n{body}"
    smaller = shrink(source, lambda text: "z * 3" in text)
    assert smaller == "def kernel(i, x):\n    x[i] = z * 3"
