"""What is generated: precision, vectorisation, spills, for every case, with no GPU needed."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.backends import sass
from jitkit.inspection import instructions

NAMES = cases.names()
needs_nvvm = pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="numba-cuda is not installed")
needs_tools = pytest.mark.skipif(
    not (sass.tool("ptxas") and sass.tool("nvdisasm")), reason="ptxas or nvdisasm is not installed"
)


def inspect(name, dtype, **options):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype)
    return case.kernel.inspect(*problem.args, space=problem.space, **options)


@pytest.mark.parametrize("name", NAMES)
def test_float32_stays_float32_on_the_cpu(name):
    found = inspect(name, "float32", backend="cpu")
    assert not re.search(r"<\d+ x double>", found.llvm)
    assert found.asm
    assert found.types


@pytest.mark.parametrize("name", [name for name in NAMES if name != "mandelbrot"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_inner_loop_vectorises(name, dtype):
    found = inspect(name, dtype, backend="cpu")
    lanes = {"float32": "float", "float64": "double"}[dtype]
    assert found.vectorized
    assert any(lanes in text for text in found.vector_types)


@needs_nvvm
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cc", [(8, 0), (9, 0), (10, 0)])
def test_float32_stays_float32_in_ptx(name, cc):
    found = inspect(name, "float32", backend="cuda", cc=cc)
    assert f".target sm_{cc[0]}{cc[1]}" in found.ptx
    assert ".f64" not in found.ptx


@needs_nvvm
@needs_tools
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_spills(name, dtype):
    found = inspect(name, dtype, backend="cuda", cc=(9, 0))
    assert found.spills == 0
    # 64 leave room for 1,024 work-items. bitonic's 16 keys of float64 take 32 of its 68, and shared memory sets its
    # occupancy, which up to 93 would not change.
    assert 0 < found.registers <= (72 if (name, dtype) == ("bitonic", "float64") else 64)
    assert (0.34 if name == "bitonic" else 0) < found.occupancy <= 1
    assert instructions(found.sass)
    assert "registers" in str(found)


@needs_nvvm
def test_spaces_and_arrays_beyond_32_bits_get_64_bit_indices():
    case = cases.load("saxpy")
    problem = case.problem("tiny")
    small, huge = (case.kernel.inspect(*problem.args, space=n, backend="cuda").ptx for n in (1000, 2**33))
    assert "mul.wide.u32" not in small
    assert small.count(".param .u32") > huge.count(".param .u32")


def test_the_interpreter_generates_nothing():
    case = cases.load("saxpy")
    problem = case.problem("tiny")
    with pytest.raises(jk.BackendError, match="the interpreter generates no code"):
        case.kernel.inspect(*problem.args, backend="python")


def test_compile_builds_without_running():
    @jk.kernel
    def doubled(i, x):
        x[i] = 2 * x[i]

    x = np.ones(3)
    doubled.compile(x)
    assert (x == 1).all()
    doubled[3](x)
    assert (x == 2).all()
    with pytest.raises(jk.LaunchError, match="missing a required argument"):
        doubled.compile(space=3)


def test_what_a_notebook_shows_of_what_was_found_is_for_reading():
    case = cases.load("saxpy")
    kernel, arguments = case.kernel, case.problem("tiny").args
    found = kernel.inspect(*arguments, backend="cpu")
    assert repr(found) == str(found)
    assert repr(found).startswith("saxpy on cpu\n")
    assert "define" not in repr(found)  # the LLVM IR has a name of its own
    assert repr(kernel.check[4](*arguments)) == "saxpy: nothing found in 4 work-items"
    agreed = kernel.verify(backends=("python", "cpu"))[4](*arguments)
    assert repr(agreed) == "saxpy: python and cpu agree"
