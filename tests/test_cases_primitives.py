"""The cases of primitives and the toolkit: each on every backend against its reference, and references themselves."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import jitkit
from jitkit import cases
from jitkit.cases import Primitive
from jitkit.launch.kernel import Kernel

NAMES = (*cases.primitives(), *cases.toolkit())
EVERY_CASE = [(name, dtype) for name in NAMES for dtype in cases.load(name).dtypes]


def arrays(problem):
    return [arg for arg in problem.args if isinstance(arg, np.ndarray)]


@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_reference_agrees_with_the_primitive(name, dtype, backend):
    case = cases.load(name)
    if name in cases.toolkit() and (backend == "cuda" or (backend == "cpu" and dtype != case.dtypes[0])):
        pytest.skip("compiled in the tests of the operation itself: every backend and dtype takes seconds")
    # Odd, and more than one block on the CPU; less where each point takes long.
    problem = case.problem(40_003 if backend == "cpu" else 301, dtype=dtype)
    expected = case.reference(problem)
    case.launch(problem, backend=backend)
    case.check(problem, expected, by=backend)


@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_reference_keeps_the_problem_and_the_types(name, dtype):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype)
    before = problem.copy()
    expected = case.reference(problem)
    for kept, original in zip(arrays(problem), arrays(before), strict=True):
        np.testing.assert_array_equal(kept, original)
    assert tuple(expected) == problem.written
    for parameter, array in case.results(problem).items():
        assert (expected[parameter].dtype, expected[parameter].shape) == (array.dtype, array.shape)


@pytest.mark.parametrize("name", NAMES)
def test_the_primitive_writes_what_the_problem_says_and_nothing_else(name):
    case = cases.load(name)
    problem = case.problem("tiny")
    before = case.arguments(problem.copy())
    case.launch(problem, backend="python")
    for parameter, after in case.arguments(problem).items():
        if isinstance(after, np.ndarray):
            assert np.array_equal(after, before[parameter]) != (parameter in problem.written), parameter


@pytest.mark.parametrize("name", NAMES)
def test_check_finds_a_wrong_result(name):
    case = cases.load(name)
    problem = case.problem("tiny")
    expected = case.reference(problem)
    for parameter, array in case.results(problem).items():
        array[...] = expected[parameter] + 1
    with pytest.raises(AssertionError, match=f"case '{name}'.*the reference"):
        case.check(problem, expected)


@pytest.mark.parametrize("name", NAMES)
def test_costs(name):
    case = cases.load(name)
    tiny, small = (case.cost(case.problem(size)) for size in ("tiny", "small"))
    assert tiny.points == case.sizes["tiny"] <= 2_000
    assert (small.points, small.bytes, small.flops) > (tiny.points, tiny.bytes, tiny.flops)
    assert tiny.bytes > 0
    assert tiny.flops > 0
    assert tuple(case.sizes) == ("tiny", "small", "large")
    assert case.problem("tiny", dtype="float64").dtype == np.float64


@pytest.mark.parametrize("name", NAMES)
def test_case_bears_the_name_of_its_file(name):
    case = cases.load(name)
    assert case.name == name == case.kernel.name
    assert isinstance(case.kernel, Primitive)
    assert case.summary
    assert case.source


def test_every_primitive_has_a_case():
    stems = {path.stem for path in (Path(jitkit.__file__).parent / "primitives").glob("[!_]*.py")}
    assert set(cases.primitives()) == {*stems, "random_uniform", "random_normal"}


def test_every_operation_of_the_toolkit_has_a_case():
    root = Path(jitkit.__file__).parent
    stems = {f"{package}_{path.stem}" for package in cases.TOOLKIT for path in (root / package).glob("[!_]*.py")}
    assert set(cases.toolkit()) == stems


def test_the_lists_share_nothing():
    assert not set(NAMES) & set(cases.names())
    assert not set(cases.primitives()) & set(cases.toolkit())
    assert all(isinstance(cases.load(name).kernel, Kernel) for name in cases.names())


@pytest.mark.parametrize("name", NAMES)
def test_every_case_is_timed_by_the_file_of_its_name(name):
    folder = Path(__file__).parents[1] / "benchmarks"
    assert (folder / f"{name}.py").exists()
    module = importlib.import_module(f"benchmarks.{name}")
    timed = [cls for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__]
    assert any(hasattr(cls, "track_relative_to_numpy") for cls in timed)


# Another generator draws other numbers; the other benchmarks have inputs of their own and call NumPy's namesake.
OTHERS = {"reduce", "scan", "sort", "argsort", "sort_by_key", "random_uniform", "random_normal", "ode_euler_maruyama"}


@pytest.mark.parametrize("name", sorted({*NAMES} - OTHERS))
def test_numpy_does_the_same_in_the_benchmark(name):
    """What NumPy's side of a benchmark computes holds the numbers of the reference, in whatever form it has them."""
    module = importlib.import_module(f"benchmarks.{name}")
    beside = [cls for cls in vars(module).values() if isinstance(cls, type) and hasattr(cls, "in_numpy")]
    problem = cases.load(name).problem("tiny", dtype="float64")
    expected = cases.load(name).reference(problem)
    found = beside[0]().in_numpy(*problem.args)
    numbers = np.concatenate([np.ravel(part) for part in _flat(found)])
    for want in expected.values():
        nonzero = want[want != 0]
        assert np.isclose(nonzero[:, None], numbers).any(axis=1).all()


def _flat(value):
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _flat(item)
    else:
        yield np.asarray(value, np.float64)
