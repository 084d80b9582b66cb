"""Random statements for one work-item: nothing here waits for others, so control flow may go anywhere."""

from __future__ import annotations

import random

import numpy as np

from .growth import MAX_WEIGHT, Grower
from .scope import Array, Scope
from .text import Text
from .values import ATOMIC_CODES, CODES, Range, RejectedError, Value, cast_name, fits, into, usual

MAKERS = {
    "assign": 5, "update": 3, "branch": 4, "both_ways": 3, "counted": 3, "countdown": 2, "accumulate": 3, "items": 1,
    "store": 4, "atomic": 2, "leave": 2, "private": 1, "pair": 1, "flag": 1, "call": 2, "old_value": 1,
    "approximate": 1, "prepared": 1,
}  # fmt: skip

# Functions that are well conditioned between two bounds, or between the first and 16 where it is not negative.
_FUNCTIONS = (
    ("math.exp", -4, 4), ("math.sqrt", 0.25, 99), ("math.log", 2.5, 99), ("np.exp2", -4, 4), ("math.atan", -99, 99),
    ("math.tanh", -99, 99), ("math.log1p", 0.25, 99), ("np.cbrt", 1.0, 99), ("math.cos", -99, 99),
)  # fmt: skip


class Statements:
    """Writes statements into a text.

    Parameters
    ----------
    text : Text
        Where they go.
    rng : random.Random
        The source of all choices.
    """

    def __init__(self, text: Text, rng: random.Random) -> None:
        self.text, self.rng = text, rng

    def block(self, scope: Scope, count: int, depth: int) -> None:
        """Write about so many statements, with blocks inside them of at most this depth."""
        for _ in range(count):
            self.one(scope, depth)

    def one(self, scope: Scope, depth: int) -> None:
        name = self.rng.choices(list(MAKERS), list(MAKERS.values()))[0]
        try:
            getattr(self, f"_{name}")(scope, depth)
        except RejectedError:
            self._assign(scope, depth)

    def define(self, scope: Scope, target: Range, stem: str = "v") -> Value:
        """Define a variable with a random value."""
        source = Grower(scope).of(target)
        value = target.value(self.text.name(stem))
        self.text.line(f"{value.text} = {source}")
        scope.values.append(value)
        scope.variables.append(value)
        return value

    # ---- variables

    def _assign(self, scope: Scope, depth: int) -> None:
        if scope.variables and self.rng.random() < 0.5:
            variable = self.rng.choice(scope.variables)
            self.text.line(f"{variable.text} = {Grower(scope).of(_range_of(variable))}")
            return
        self.define(scope, usual(self.rng.choice(CODES), scope.wraps))

    def _update(self, scope: Scope, depth: int) -> None:
        """Let a variable depend on its own value: in loops, each round on the one before."""
        if not scope.variables:
            return self._assign(scope, depth)
        variable = self.rng.choice(scope.variables)
        target, grower = _range_of(variable), Grower(scope)
        if target.full:
            self.text.line(f"{variable.text} {self.rng.choice('+-*^')}= {grower.of(target, 2)}")
            return None
        added, factor = target.value(grower.of(target, 2)), self.rng.choice([1, 1, 2])
        low, high = factor * target.low + added.low, factor * target.high + added.high
        if not fits(variable.type, low, high, variable.bits):
            return self._assign(scope, depth)
        scaled = variable.text if factor == 1 else f"{variable.text} * {factor}"
        total = Value(f"({scaled} + {added.text})", variable.type, low, high, variable.bits)
        self.text.line(f"{variable.text} = {into(total, target)}")
        return None

    def _flag(self, scope: Scope, depth: int) -> None:
        name, grower = self.text.name("b"), Grower(scope)
        self.text.line(f"{name} = {self.rng.choice([f'bool({grower.condition()})', grower.comparison()])}")
        scope.flags.append(name)

    def _pair(self, scope: Scope, depth: int) -> None:
        """Define a tuple, or unpack one."""
        ranges = [usual(self.rng.choice(CODES), scope.wraps) for _ in range(2)]
        sources = [Grower(scope).of(target, 2) for target in ranges]
        if self.rng.random() < 0.5:
            name = self.text.name("t")
            self.text.line(f"{name} = ({sources[0]}, {sources[1]})")
            scope.values += [target.value(f"{name}[{k}]") for k, target in enumerate(ranges)]
            return
        values = [target.value(self.text.name("v")) for target in ranges]
        self.text.line(f"{values[0].text}, {values[1].text} = {sources[0]}, {sources[1]}")
        scope.values += values
        scope.variables += values

    def _call(self, scope: Scope, depth: int) -> None:
        call = Grower(scope).call(2)
        if call is None:
            return self._assign(scope, depth)
        name = self.text.name("v")
        self.text.line(f"{name} = {call.text}")
        scope.values.append(Value(name, call.type, call.low, call.high, call.bits))
        return None

    def _private(self, scope: Scope, depth: int) -> None:
        """Define a private array, filled before anything reads it."""
        if depth < 2 or scope.loop:
            return self._assign(scope, depth)
        target, extent, name = usual(self.rng.choice(CODES), scope.wraps), self.rng.randint(2, 6), self.text.name("z")
        self.text.line(f"{name} = jk.local({extent}, np.{target.type.name})")
        counter = self.text.name("k")
        inner = scope.inner(extent)
        inner.values.append(Value(counter, int, 0, extent - 1))
        with self.text.block(f"for {counter} in range({extent}):"):
            self.text.line(f"{name}[{counter}] = {Grower(inner).of(target, 2)}")
        array = Array(name, target, (extent,))
        scope.own.append(array)
        return None

    # ---- branches

    def _branch(self, scope: Scope, depth: int) -> None:
        if depth <= 0:
            return self._assign(scope, depth)
        with self.text.block(f"if {Grower(scope).condition()}:"):
            self.block(scope.inner(), self.rng.randint(1, 3), depth - 1)
        if self.rng.random() < 0.3:
            with self.text.block(f"elif {Grower(scope).condition()}:"):
                self.block(scope.inner(), self.rng.randint(1, 2), depth - 1)
        if self.rng.random() < 0.5:
            with self.text.block("else:"):
                self.block(scope.inner(), self.rng.randint(1, 3), depth - 1)
        return None

    def _both_ways(self, scope: Scope, depth: int) -> None:
        """Assign a variable in each branch, and read it behind them."""
        target, name = usual(self.rng.choice(CODES), scope.wraps), self.text.name("v")
        heads = [f"if {Grower(scope).condition()}:", "else:"]
        if self.rng.random() < 0.4:
            heads.insert(1, f"elif {Grower(scope).condition()}:")
        for head in heads:
            with self.text.block(head):
                inner = scope.inner()
                self.block(inner, self.rng.randint(0, min(depth, 2)), depth - 1)
                self.text.line(f"{name} = {Grower(inner).of(target)}")
        scope.values.append(target.value(name))
        scope.variables.append(target.value(name))

    # ---- loops

    def loop_head(self, grower: Grower, trips: int) -> tuple[str, Value]:
        """Return ``range(...)`` of at most so many values, and the loop's variable."""
        name, start = self.text.name("k"), self.rng.randint(-2, 4)
        step = self.rng.choice([1, 1, 2, 3])
        if self.rng.random() < 0.5:
            count = grower.within(trips + 1)
            if self.rng.random() < 0.5:
                return f"range({count})", Value(name, int, 0, trips - 1)
            return f"range({start}, {start} + {step} * int({count}), {step})", _counter(
                name, start, start + step * trips
            )
        if self.rng.random() < 0.3:
            return f"range({start + step * trips}, {start}, {-step})", _counter(name, start, start + step * trips)
        return f"range({start}, {start + step * trips}, {step})", _counter(name, start, start + step * trips)

    def _trips(self, scope: Scope, depth: int) -> int:
        most = min(6, MAX_WEIGHT // scope.weight)
        if depth <= 0 or most < 1:
            raise RejectedError("no room for a loop")
        return self.rng.randint(1, most)

    def _counted(self, scope: Scope, depth: int) -> None:
        trips = self._trips(scope, depth)
        head, counter = self.loop_head(Grower(scope), trips)
        inner = scope.inner(trips, "for")
        inner.values.append(counter)
        with self.text.block(f"for {counter.text} in {head}:"):
            self.block(inner, self.rng.randint(1, 4), depth - 1)
        self._otherwise(scope)

    def _otherwise(self, scope: Scope) -> None:
        if self.rng.random() < 0.1:
            with self.text.block("else:"):
                self._assign(scope.inner(), 0)

    def _countdown(self, scope: Scope, depth: int) -> None:
        """Write a while loop whose counter decreases, first of all, since its body may continue."""
        trips, name = self._trips(scope, depth), self.text.name("c")
        strong = usual("i4") if self.rng.random() < 0.5 else None
        count = Grower(scope).within(trips + 1)
        self.text.line(f"{name} = np.int32({count})" if strong else f"{name} = int({count})")
        inner = scope.inner(trips, "while")
        inner.values.append(Value(name, strong.type if strong else int, 0, trips))
        test = f"{name} > 0" if self.rng.random() < 0.6 else f"{name} > 0 and {Grower(scope).condition(1)}"
        with self.text.block(f"while {test}:"):
            self.text.line(f"{name} -= 1")
            self.block(inner, self.rng.randint(1, 4), depth - 1)
        self._otherwise(scope)

    def _items(self, scope: Scope, depth: int) -> None:
        trips = self._trips(scope, depth)
        arrays = [item for item in scope.arrays if item.whole and item.shape[1:] == () and item.shape[0] <= trips + 4]
        name = self.text.name("w")
        inner = scope.inner(trips + 4, "for")
        if arrays and self.rng.random() < 0.6:
            array = self.rng.choice(arrays)
            array.element(["0"])
            head, value = array.name, array.range.value(name)
        else:
            numbers = [self.rng.randint(-9, 9) for _ in range(trips + 1)]
            head, value = f"({', '.join(map(str, numbers))})", Value(name, int, min(numbers), max(numbers))
        inner.values.append(value)
        with self.text.block(f"for {name} in {head}:"):
            self.block(inner, self.rng.randint(1, 2), depth - 1)

    def _accumulate(self, scope: Scope, depth: int) -> None:
        """Write the usual sum, product-free: a Python zero that takes the type of what is added to it."""
        trips, target = self._trips(scope, depth), usual(self.rng.choice(ATOMIC_CODES))
        name, zero = self.text.name("acc"), "0.0" if target.type.kind == "f" else "0"
        self.text.line(f"{name} = {zero}")
        head, counter = self.loop_head(Grower(scope), trips)
        inner = scope.inner(trips, "for")
        inner.values.append(counter)
        with self.text.block(f"for {counter.text} in {head}:"):
            if self.rng.random() < 0.4:
                with self.text.block(f"if {Grower(inner).condition()}:"):
                    self.text.line(f"{name} += {Grower(inner).of(target)}")
                self.leave_loop(inner)
            else:
                self.text.line(f"{name} += {Grower(inner).of(target)}")
        total = Value(
            f"{cast_name(target.type)}({name})", target.type, target.low * trips, target.high * trips, target.bits
        )
        scope.values.append(total)

    def leave_loop(self, scope: Scope) -> None:
        with self.text.block(f"if {Grower(scope).condition()}:"):
            self.text.line(self.rng.choice(["break", "continue"]))

    def _leave(self, scope: Scope, depth: int) -> None:
        """Leave the loop, the round or the function early, on a condition."""
        if scope.loop and self.rng.random() < 0.7:
            return self.leave_loop(scope)
        if scope.leave is None:
            return self._assign(scope, depth)
        with self.text.block(f"if {Grower(scope).condition()}:"):
            self.text.line(scope.leave(scope))
        return None

    # ---- memory

    def _store(self, scope: Scope, depth: int) -> None:
        if not scope.own:
            return self._assign(scope, depth)
        array, grower = self.rng.choice(scope.own), Grower(scope)
        element = grower.element(array, 1)
        if array.range.full and self.rng.random() < 0.4:
            self.text.line(f"{element.text} {self.rng.choice('+-*^|&')}= {grower.of(array.range)}")
        else:
            self.text.line(f"{element.text} = {grower.of(array.range)}")
        return None

    def _approximate(self, scope: Scope, depth: int) -> None:
        """Store a function of the math library; nothing reads it, since backends round it differently."""
        if not scope.approximate:
            return self._assign(scope, depth)
        place, code = self.rng.choice(scope.approximate)
        name, low, high = self.rng.choice(_FUNCTIONS)
        argument = Grower(scope).of(Range(np.dtype(code), -16, 16, 2))
        if low >= 0:
            argument = f"(abs({argument}) + {low})"
        self.text.line(f"{place} = {name}({argument})" if high > 16 else f"{place} = {name}({argument} / 4.0)")
        return None

    def _prepared(self, scope: Scope, depth: int) -> None:
        if not scope.prepared:
            return self._assign(scope, depth)
        self.text.line(self.rng.choice(scope.prepared))
        return None

    def _atomic(self, scope: Scope, depth: int) -> None:
        if not scope.tables:
            return self._store(scope, depth)
        array, operation = self.rng.choice(scope.tables)
        grower = Grower(scope)
        indices = [grower.within(extent) for extent in array.shape]
        index = indices[0] if len(indices) == 1 else f"({', '.join(indices)})"
        value = grower.of(Range(array.range.type, 0 if array.range.type.kind == "u" else -7, 7, array.range.bits))
        self.text.line(f"jk.atomic.{operation}({array.name}, {index}, {value})")
        return None

    def _old_value(self, scope: Scope, depth: int) -> None:
        """Use what an atomic returns: in an array of this work-item's, where no other comes between."""
        codes = [np.dtype(code) for code in ATOMIC_CODES]
        arrays = [array for array in scope.own if array.range.type in codes and not array.name.startswith("z")]
        if not arrays:
            return self._store(scope, depth)
        array, grower = self.rng.choice(arrays), Grower(scope)
        element, name = grower.element(array, 1), self.text.name("v")
        index = element.text.removeprefix(array.name)[1:-1]
        index = f"({index})" if "," in index else index
        operation = self.rng.choice(["exch", "min", "max"])
        self.text.line(f"{name} = jk.atomic.{operation}({array.name}, {index}, {grower.of(array.range)})")
        scope.values.append(array.range.value(name))
        return None


def _range_of(variable: Value) -> Range:
    return Range(variable.type, variable.low, variable.high, variable.bits)


def _counter(name: str, low: int, high: int) -> Value:
    return Value(name, int, low, high)
