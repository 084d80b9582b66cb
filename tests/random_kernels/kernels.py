"""Whole random kernels: a module's source, made from a seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
import random_expressions as expressions

from .exchange import EXCHANGED, Group, GroupStatements
from .growth import Grower
from .scope import Array, Helper, Scope
from .statements import Statements
from .text import Text
from .values import ATOMIC_CODES, CODES, Range, Value, cast_name, usual

HEAD = "import math\nimport operator\n\nimport numpy as np\n\nimport jitkit as jk\n\n"
INDICES = ("i", "j", "k")
_OPERATIONS = ("add", "sub", "min", "max", "xor", "and_", "or_")


@dataclass
class Source:
    """A module under construction.

    Attributes
    ----------
    rng : random.Random
        The source of all choices.
    wraps : bool
        Whether integers may overflow.
    arguments : dict of str to str
        The kernel's arguments, each with the expression that makes it.
    constants : dict of str to str
        The module's constants.
    helpers : list of str
        The sources of the helpers.
    """

    rng: random.Random
    wraps: bool
    arguments: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)

    def module(self, decorator: str, indices: tuple[str, ...], body: Text, space: str) -> str:
        """Return the source of the module."""
        constants = "".join(f"{name} = {text}\n" for name, text in self.constants.items())
        made = "".join(f"        {text},  # {name}\n" for name, text in self.arguments.items())
        return (
            HEAD + constants + "".join(f"\n\n{text}" for text in self.helpers)
            + f"\n\n{decorator}\ndef kernel({', '.join([*indices, *self.arguments])}):\n{body}"
            + f"\n\nWRAPS = {self.wraps}\nSPACE = {space}\n\n\ndef arguments():\n"
            + f"    rng = np.random.default_rng(0)\n    return (\n{made}    )\n"
        )  # fmt: skip


def random_array(target: Range, shape: tuple[int, ...]) -> str:
    """Return source that makes an array of values in a range."""
    if target.type.kind == "f":
        scale = 2**target.bits
        low, high = int(target.low * scale), int(target.high * scale)
        drawn = f"rng.integers({low}, {high}, {shape}, endpoint=True) / {scale}"
        return f"({drawn}).astype(np.{target.type.name})"
    return f"rng.integers({target.low}, {target.high}, {shape}, np.{target.type.name}, endpoint=True)"


def generate(seed: int) -> str:
    """Return the source of a plain kernel's module."""
    rng = random.Random(seed)
    source = Source(rng, wraps=rng.random() < 0.4)
    axes = [_axis(rng, high) for high in rng.choice([(60,), (9, 8), (4, 5, 4)])]
    scope, text = Scope(rng, source.wraps, leave=lambda _: "return"), Text()
    names = INDICES[: len(axes)]
    for name, (start, stop, step) in zip(names, axes, strict=True):
        scope.values.append(Value(name, int, start, start + step * (len(range(start, stop, step)) - 1)))
    shape = tuple(stop for _, stop, _ in axes)
    place = _place(text, scope, names, shape)
    add_inputs(source, scope)
    add_outputs(source, scope, place, math.prod(shape), names, shape)
    add_tables(source, scope)
    add_wild(source, scope, text, place)
    add_helpers(source, scope)
    statements = Statements(text, rng)
    statements.block(scope, rng.randint(4, 9), 3)
    finish(text, scope)
    space = ", ".join(
        f"slice({start}, {stop}, {step})" if start or step > 1 else str(stop) for start, stop, step in axes
    )
    return source.module("@jk.kernel", names, text, f"({space},)" if len(axes) > 1 else space)


GROUPS = {
    1: ((1,), (2,), (3,), (7,), (8,), (12,), (16,), (20,), (32,), (33,)),
    2: ((2, 4), (3, 5), (4, 4), (1, 8), (8, 1), (5, 3), (4, 8)),
    3: ((2, 2, 2), (2, 3, 4), (1, 2, 5), (3, 1, 3)),
}


def generate_group(seed: int) -> str:
    """Return the source of a group kernel's module."""
    rng = random.Random(f"group {seed}")
    source, ndim = Source(rng, wraps=rng.random() < 0.4), rng.choice([1, 1, 2, 3])
    shape, text = rng.choice(GROUPS[ndim]), Text()
    counts = [rng.randint(1, 3) for _ in shape]
    axes = [_group_axis(rng, extent, count) for extent, count in zip(shape, counts, strict=True)]
    scope, uniform = Scope(rng, source.wraps), Scope(rng, source.wraps)
    names, padded = INDICES[:ndim], []
    for name, (start, _, step), extent, count in zip(names, axes, shape, counts, strict=True):
        padded.append(start + step * (extent * count - 1) + 1)
        scope.values.append(Value(name, int, start, padded[-1] - 1))
    place = _place(text, scope, names, tuple(padded))
    group = _positions(text, scope, uniform, shape, tuple(counts))
    add_inputs(source, scope)
    uniform.values += [value for value in scope.values if value.text in ("n", "a", "s", "COUNT", "HALF")]
    add_outputs(source, scope, place, math.prod(padded), names, tuple(padded))
    add_tables(source, scope)
    add_wild(source, scope, text, place)
    add_helpers(source, scope)
    source.helpers.append(EXCHANGED)
    statements = GroupStatements(text, group, uniform)
    _add_shared(source, scope, statements, math.prod(counts))
    statements.together(scope, rng.randint(5, 10), 2)
    finish(text, scope)
    space = ", ".join(
        f"slice({start}, {stop}, {step})" if start or step > 1 else str(stop) for start, stop, step in axes
    )
    shape_text = f"({', '.join(map(str, shape))},)"
    return source.module(f"@jk.kernel(group={shape_text})", names, text, f"({space},)" if ndim > 1 else space)


def _group_axis(rng: random.Random, extent: int, count: int) -> tuple[int, int, int]:
    """Return start, stop and step of an axis of so many groups; the last may be only partly inside."""
    points = extent * (count - 1) + rng.randint(1, extent)
    start, step = (0, 1) if rng.random() < 0.6 else (rng.randint(0, 3), rng.choice([1, 2]))
    return start, start + step * (points - 1) + 1, step


def _positions(text: Text, scope: Scope, uniform: Scope, shape: tuple[int, ...], counts: tuple[int, ...]) -> Group:
    """Name the positions in the group and of the group, linear ones too."""
    if len(shape) == 1:
        text.line("t = jk.local_index()")
        text.line("g = jk.group_index()")
        text.line("w = jk.group_size()")
        scope.values.append(Value("t", int, 0, shape[0] - 1))
        uniform.values += [Value("g", int, 0, counts[0] - 1), Value("w", int, shape[0], shape[0])]
        scope.values += uniform.values
        return Group(shape, ("t",), "t")
    for stem, call, extents, target in (("t", "local_index", shape, scope), ("g", "group_index", counts, uniform)):
        names = [f"{stem}_{k}" for k in range(len(shape))]
        text.line(f"{', '.join(names)} = jk.{call}()")
        linear = names[0]
        for name, extent in zip(names[1:], extents[1:], strict=True):
            linear = f"({linear}) * {extent} + {name}"
        text.line(f"{stem} = {linear}")
        target.values += [Value(name, int, 0, extent - 1) for name, extent in zip(names, extents, strict=True)]
        target.values.append(Value(stem, int, 0, math.prod(extents) - 1))
    scope.values += uniform.values
    return Group(shape, tuple(f"t_{k}" for k in range(len(shape))), "t")


def _add_shared(source: Source, scope: Scope, statements: GroupStatements, groups: int) -> None:
    """Add one to three arrays that a group shares, in its own memory or a part of an argument."""
    rng, size = source.rng, statements.group.size
    for _ in range(rng.randint(1, 2)):
        code, chance = rng.choice(CODES), rng.random()
        kind = cast_name(np.dtype(code))
        if len(statements.group.shape) > 1 and chance < 0.4:
            shape = statements.group.shape
            statements.add_shared(scope, f"jk.shared({shape}, {kind})", shape, code)
        elif chance < 0.6:  # known at the launch
            extra = int(source.arguments["n"])
            statements.add_shared(scope, f"jk.shared(n + {size}, {kind})", (size + extra,), code)
        else:
            extent = rng.choice([size, size, size + 3, max(1, size // 2)])
            statements.add_shared(scope, f"jk.shared({extent}, {kind})", (extent,), code)
    if rng.random() < 0.3:
        target = usual(rng.choice(CODES), source.wraps)
        source.arguments["scratch"] = random_array(target, (groups, size))
        array = Array("scratch", target, (size,), prefix="g, ", whole=False)
        statements.add_phase(array, f"g, {statements.group.linear}")
        statements.phases[-1].written = False


def _axis(rng: random.Random, most: int) -> tuple[int, int, int]:
    if rng.random() < 0.5:
        return 0, rng.randint(1, most), 1
    start, step = rng.randint(0, 3), rng.choice([1, 2, 3])
    return start, start + rng.randint(1, most), step


def _place(text: Text, scope: Scope, names: tuple[str, ...], shape: tuple[int, ...]) -> str:
    """Write the linear index of a point, and return its name."""
    if len(names) == 1:
        return names[0]
    expression = names[0]
    for name, extent in zip(names[1:], shape[1:], strict=True):
        expression = f"({expression}) * {extent} + {name}"
    text.line(f"p = {expression}")
    scope.values.append(Value("p", int, 0, math.prod(shape) - 1))
    return "p"


# ---- arguments


def add_inputs(source: Source, scope: Scope) -> None:
    """Add arrays that are only read, numbers, and constants of the module."""
    rng = source.rng
    for k in range(rng.randint(2, 4)):
        target = usual(rng.choice(CODES), source.wraps)
        shape = tuple(rng.randint(3, 11) for _ in range(rng.choice([1, 1, 2])))
        source.arguments[f"x{k}"] = random_array(target, shape)
        scope.arrays.append(Array(f"x{k}", target, shape))
    source.arguments["f0"] = "rng.random(13) < 0.5"
    scope.flags += [f"f0[{Grower(scope).within(13)}]" for _ in range(2)]
    n, a, target = rng.randint(2, 6), rng.randint(-8, 8) / 4, usual(rng.choice(CODES), source.wraps)
    s, c = rng.randint(0, 30), rng.randint(1, 9)
    source.arguments |= {"n": str(n), "a": str(a), "s": f"{cast_name(target.type)}({s})"}
    source.constants |= {"COUNT": str(c), "HALF": "0.5"}
    scope.values += [Value("n", int, n, n), Value("a", float, a, a, 2), Value("s", target.type, s, s)]
    scope.values += [Value("COUNT", int, c, c), Value("HALF", float, 0.5, 0.5, 1)]


def add_outputs(
    source: Source, scope: Scope, place: str, points: int, names: tuple[str, ...], shape: tuple[int, ...]
) -> None:
    """Add arrays whose elements belong to one work-item each."""
    rng = source.rng
    for k in range(rng.randint(2, 3)):
        target, slots = usual(rng.choice(CODES), source.wraps), rng.randint(1, 4)
        source.arguments[f"out{k}"] = random_array(target, (points, slots))
        scope.own.append(Array(f"out{k}", target, (slots,), prefix=f"{place}, ", whole=False))
    target = usual(rng.choice(CODES), source.wraps)
    source.arguments["field"] = random_array(target, shape)
    scope.own.append(Array("field", target, (), prefix=", ".join(names), whole=False))
    for code in ("f4", "f8"):
        source.arguments[f"approx{code}"] = f"np.zeros({points}, {code!r})"
        scope.approximate.append((f"approx{code}[{place}]", code))


def add_tables(source: Source, scope: Scope) -> None:
    """Add arrays that all work-items update through atomics that commute; nothing reads them."""
    rng = source.rng
    for k in range(rng.randint(0, 2)):
        target, operation = usual(rng.choice(ATOMIC_CODES)), rng.choice(_OPERATIONS)
        if (target.type.kind == "f" and operation.endswith(("_", "xor"))) or (target.type.kind, operation) == (
            "u",
            "sub",
        ):
            operation = "add"
        shape = tuple(rng.randint(1, 9) for _ in range(rng.choice([1, 1, 2])))
        source.arguments[f"table{k}"] = random_array(target, shape)
        scope.tables.append((Array(f"table{k}", target, shape), operation))


def add_wild(source: Source, scope: Scope, text: Text, place: str) -> None:
    """Add stores of expressions over all dtypes, to their limits (see `random_expressions`)."""
    if not source.wraps or source.rng.random() < 0.5:
        return
    inputs = expressions.arrays(source.rng)
    text.line(f"e = {place} % {expressions.POINTS}")
    leaves = [
        expressions.Node(leaf.text.replace("[i]", "[e]") if leaf.text != "i" else "e", leaf.values)
        for leaf in expressions.leaves(source.rng, inputs, {})
    ]
    grower = expressions.Grower(source.rng, leaves)
    points = source.arguments["approxf4"].split("(")[1].split(",")[0]
    for k in range(4):
        tree = grower.tree(4)
        kind = {int: "int64", float: "float64", complex: "complex128"}.get(tree.type) or np.dtype(tree.type).name
        source.arguments[f"wild{k}"] = f"np.zeros({points}, {kind!r})"
        scope.prepared.append(f"wild{k}[{place}] = {tree.text}")
    used = [name for name in inputs if any(f"{name}[e]" in statement for statement in scope.prepared)]
    source.arguments |= {name: f"np.array({inputs[name].tolist()}, {inputs[name].dtype.name!r})" for name in used}


def finish(text: Text, scope: Scope) -> None:
    """Store what was computed: a value that nothing reads is not compiled at all."""
    for array in scope.own:
        if not array.name.startswith("z"):
            text.line(f"{Grower(scope).element(array).text} = {Grower(scope).of(array.range, 4)}")


# ---- helpers


def add_helpers(source: Source, scope: Scope) -> None:
    """Add functions that the kernel calls, with returns in several places."""
    for k in range(source.rng.randint(0, 3)):
        helper, text = _helper(source, scope, f"helper{k}")
        source.helpers.append(text)
        scope.helpers.append(helper)


def _helper(source: Source, outer: Scope, name: str) -> tuple[Helper, str]:
    rng, text = source.rng, Text()
    weight = rng.choice([1, 6])
    ranges = tuple(usual(rng.choice(CODES), source.wraps) for _ in range(rng.randint(1, 3)))
    results = tuple(usual(rng.choice(CODES), source.wraps) for _ in range(rng.choice([1, 1, 2])))
    arrays = [array for array in outer.arrays if rng.random() < 0.3]
    scope = Scope(
        rng, source.wraps, [target.value(f"q{k}") for k, target in enumerate(ranges)],
        variables=[target.value(f"q{k}") for k, target in enumerate(ranges)],
        arrays=[Array(f"r{k}", array.range, array.shape) for k, array in enumerate(arrays)],
        helpers=[helper for helper in outer.helpers if not helper.arrays],
        weight=6 if weight > 1 else 40, leave=lambda inner: _return(inner, results),
    )  # fmt: skip
    Statements(text, rng).block(scope, rng.randint(1, 4), 2)
    text.line(_return(scope, results))
    parameters = [*(f"q{k}" for k in range(len(ranges))), *(f"r{k}" for k in range(len(arrays)))]
    helper = Helper(name, ranges, tuple(array.name for array in arrays), results, weight)
    return helper, f"def {name}({', '.join(parameters)}):\n{text}"


def _return(scope: Scope, results: tuple[Range, ...]) -> str:
    return f"return {', '.join(Grower(scope).of(target, 2) for target in results)}"
