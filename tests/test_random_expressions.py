"""Expressions nobody would write by hand: values and types are those of NumPy's scalars, in every bit."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_expressions as expressions
import rounded_expressions as rounded

SCALARS = {"n": 3, "m": -5, "a": 0.75, "s": np.float32(1.5), "t": np.int16(-7), "z": 1 - 2j}
EXPRESSIONS = 12
SEEDS = range(6)


def module_of(path: Path, names: list[str], texts: list[str], fastmath: bool = False) -> Any:
    """Write a kernel that stores each expression, and a function that returns them all; return their module."""
    stores = "".join(f"    o[{k}][i] = {text}\n" for k, text in enumerate(texts))
    results, parameters = ", ".join(texts), ", ".join(names)
    path.write_text(
        "import math\nimport numpy as np\nimport jitkit as jk\n\n"
        f"@jk.kernel(fastmath={fastmath})\ndef stored(i, o, {parameters}):\n{stores}\n"
        f"def returned(i, {parameters}):\n    return {results},\n"
    )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compiled_types(function: Any, arguments: tuple[Any, ...]) -> list[Any]:
    """Return the types of the members of the tuple that a compiled function returns."""
    from numba import typeof

    from jitkit.backends import cpu
    from jitkit.backends.lowering.weak import WEAK_TYPES, scalar_of
    from jitkit.frontend import rewrite

    cpu.target()
    body = cpu.compile_body(rewrite.build(function), False)
    types = tuple(WEAK_TYPES.get(type(argument)) or typeof(argument) for argument in arguments)
    body.get_call_template(types, {})
    return [scalar_of(item) for item in body.overloads[types].signature.return_type]


def strong(kind: Any) -> np.dtype:
    return {int: np.dtype(np.int64), float: np.dtype(np.float64), complex: np.dtype(np.complex128)}.get(kind, kind)


def same_bits(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compare elements; the zeros of complex numbers without their signs, which depend on the order of products."""
    return (a == b) & (np.signbit(a) == np.signbit(b)) if a.dtype.kind == "f" else a == b


def grown(seed: int) -> tuple[dict[str, np.ndarray], list[expressions.Node]]:
    rng = random.Random(seed)
    inputs = expressions.arrays(rng)
    grower = expressions.Grower(rng, expressions.leaves(rng, inputs, SCALARS))
    return inputs, [grower.tree(4) for _ in range(EXPRESSIONS)]


def check_values(seed: int, backend: str, path: Path) -> None:
    inputs, trees = grown(seed)
    arguments = (*inputs.values(), *SCALARS.values())
    module = module_of(path, [*inputs, *SCALARS], [tree.text for tree in trees])
    outputs = tuple(np.empty(expressions.POINTS, strong(tree.type)) for tree in trees)
    module.stored.on(backend)[expressions.POINTS](outputs, *arguments)
    for tree, output in zip(trees, outputs, strict=True):
        wanted = np.array(tree.values, output.dtype)
        wrong = np.flatnonzero(~same_bits(output, wanted))
        assert wrong.size == 0, (
            f"seed {seed}: {tree.text} at i = {wrong[0]} is {output[wrong[0]]!r} on {backend}, {tree.values[wrong[0]]!r} in NumPy"
        )


def check_types(seed: int, path: Path) -> None:
    inputs, trees = grown(seed)
    arguments = (*inputs.values(), *SCALARS.values())
    module = module_of(path, [*inputs, *SCALARS], [tree.text for tree in trees])
    for tree, found in zip(trees, compiled_types(module.returned, (0, *arguments)), strict=True):
        assert found == tree.type, f"seed {seed}: {tree.text} is compiled to {found}, {tree.type} in NumPy"


@pytest.mark.parametrize("seed", SEEDS)
def test_values_are_numpys(backend, seed, tmp_path):
    check_values(seed, backend, tmp_path / f"random_values_{seed}.py")


@pytest.mark.parametrize("seed", [seed + 1000 for seed in SEEDS])
def test_types_are_numpys(seed, tmp_path):
    check_types(seed, tmp_path / f"random_types_{seed}.py")


def check_rounding(seed: int, backend: str, path: Path, dtype: str, fastmath: bool) -> None:
    rng = random.Random(seed)
    arrays, scalars = rounded.inputs(rng, dtype), {"a": 0.7, "n": 3}
    grower = rounded.Grower(rng, dtype, rounded.leaves(arrays, scalars), fastmath)
    trees = [grower.tree(4) for _ in range(EXPRESSIONS)]
    module = module_of(path, [*arrays, *scalars], [tree.text for tree in trees], fastmath)
    outputs = tuple(np.empty(rounded.POINTS, dtype) for _ in trees)
    module.stored.on(backend)[rounded.POINTS](outputs, *arrays.values(), *scalars.values())
    for tree, output in zip(trees, outputs, strict=True):
        wrong = np.flatnonzero(~(np.abs(output - tree.value) <= tree.error))
        assert wrong.size == 0, (
            f"seed {seed}, {dtype}: {tree.text} at i = {wrong[0]} is {output[wrong[0]]!r} on {backend}, "
            f"{tree.value[wrong[0]]!r} within {float(tree.error[wrong[0]])!r} in extended precision"
        )


@pytest.mark.parametrize("fastmath", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(2))
def test_roundings_stay_within_their_bound(backend, seed, dtype, fastmath, tmp_path):
    check_rounding(seed, backend, tmp_path / f"rounded_{seed}_{dtype}_{fastmath}.py", dtype, fastmath)
