"""The vector code of a kernel's body: each instruction widened, divergent regions laid out under masks.

Values that live across blocks, and phis, travel through memory slots of the frame, which LLVM turns back into registers;
a phi under a mask is then a blend into its slot. A block of a region runs where its mask has a lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jitkit.backends.spmd import hoisting, interleaving, places, powers, ranges, transposing
from jitkit.backends.spmd.graph import chain, dominators
from jitkit.backends.spmd.ir import Block, Function, Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.operations import Operations
from jitkit.backends.spmd.regions import Region, Repeat
from jitkit.backends.spmd.shapes import DROPPED, Shapes
from jitkit.backends.spmd.writer import Lanes, Text

_GUARDED = {"load", "store", "call", "sdiv", "udiv", "srem", "urem", "atomicrmw", "cmpxchg"}
_CHEAP = 12
"""Instructions of a masked block that cost less than the test whether any lane needs them."""

_MANY = 16
"""Loads and stores of a loop from which LLVM is kept from comparing them by pairs. With fewer that takes little, and what one
turn stores and the next one loads stays in registers: `sosfilt` took 1.1 of its time without."""


class Body:
    """Writes one copy of a function's body into a text.

    Parameters
    ----------
    text : Text
        Where the code goes.
    function, shapes, regions
        What is widened, and what is known of it.
    lanes : int
        Points a vector.
    mask : str or None
        The lanes that take part; None means all of them.
    parameters : dict
        The text that stands for each parameter, and for each marker call by its callee: of a strided one that of lane 0.
    leave : callable
        ``leave(block)`` writes the end of a block that leaves the body.

    Attributes
    ----------
    fresh : bool
        Whether shared memory was stored to only just before.
    streaming : bool
        Whether stores fill lines that nobody reads soon.
    tiles : dict
        The tiles that loads of the block being written belong to, by the loads' names.
    loaded : dict
        The vectors of such loads that are written already.
    beside : dict
        The loads of the block being written that are parts of whole vectors which it loads as well, with the vectors.
    together : dict
        The stores of the block being written that fill memory together, by the identity of the last one; none by the others'.
    """

    fresh = streaming = False

    def __init__(
        self, text: Text, function: Function, shapes: Shapes, regions: list[Region], lanes: int, mask: str | None,
        parameters: dict[str, str], leave: Callable[[Block], None],
    ) -> None:  # fmt: skip
        self.text, self.function, self.shapes, self.regions = text, function, shapes, regions
        self.lanes, self.vector, self.mask = lanes, Lanes(text, lanes), mask
        self.parameters, self.leave = parameters, leave
        self.prefix = text.fresh("b")[1:]
        # Numba's names of blocks hold those of all argument types, more than LLVM takes with anything added.
        self.numbers = {name: number for number, name in enumerate(function.blocks)}
        self.known: dict[tuple[str, str], str] = {}
        self.operations = Operations(self)
        self.slots: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.masks: dict[str, str] = {}
        self.behind: dict[str, str] = {}
        self.tiles: dict[str, transposing.Tile] = {}
        self.loaded: dict[str, str] = {}
        self.beside: dict[str, places.Window] = {}
        self.together: dict[int, list[Instruction]] = {}
        self.narrow = ranges.narrow(shapes)
        self.powers, self.parts = powers.powers(shapes, lanes)
        self.sure = self._sure() if regions and mask is None else {}
        self._find_slots()

    def _sure(self) -> dict[str, set[str]]:
        """Return of each masked block the addresses that all lanes touched before."""
        before = dominators(self.shapes.graph, self.function.entry)
        masked = {name for region in self.regions for name in region.blocks}
        touched = {
            name: {item.operands[-1].text for item in block.code if item.op in ("load", "store")}
            for name, block in self.function.blocks.items() if name not in masked
        }  # fmt: skip
        return {
            name: {text for earlier in chain(region.entry, before) for text in touched.get(earlier, ())}
            for region in self.regions for name in region.blocks
        }  # fmt: skip

    def _find_slots(self) -> None:
        self.definitions = {item.name: item for block in self.function.blocks.values() for item in block.code}
        home = {item.name: block.name for block in self.function.blocks.values() for item in block.code if item.name}
        for block in self.function.blocks.values():
            for item in block.code:
                if item.op == "phi":
                    self._slot(item.name, item.type)
                for value in self._read_by(item):
                    if value.local and value.text in home and (home[value.text] != block.name or item.op == "phi"):
                        self._slot(value.text, value.type)

    def _read_by(self, item: Instruction) -> Iterator[Value]:
        """Yield the operands of an instruction, and what its use computes clamped or patterned ones of the end lanes from.

        A load between two rows may find either loaded at the start.
        """
        if item.op == "load" and item.operands[0].text in self.shapes.chosen:
            yield from (Value(self.definitions[name].type, name) for name in hoisting.loads(self.function))
        for value in item.operands:
            yield value
            known = value.text in self.shapes.bounded or self.shapes.patterns.get(value.text) is not None
            if known or self.shapes.decided(value):
                yield from self._read_by(self.definitions[value.text])

    def _slot(self, name: str, kind: str) -> None:
        self.kinds[name] = kind
        if name not in self.slots and name not in self.operations.frames:
            self.slots[name] = self.text.alloca(self._held(name, kind), "slot")

    def _held(self, name: str, kind: str) -> str:
        return self.vector.type(kind) if self.shapes.strides[name] is None else kind

    def late_place(self, item: Instruction) -> str | None:
        """Return where the places wait that an update changes later: points that are no group change them now."""
        return None

    def private_memory(self, item: Instruction, kind: str) -> str:
        """Return the memory of an alloca for the lanes of one vector."""
        return self.text.alloca(kind, "private")

    def shared_memory(self, site: str) -> tuple[str, int]:
        """Return the address of a group's shared array, and how many bytes before it belong to it."""
        raise UnsupportedIRError("shared memory of points that are no group")

    def special(self, item: Instruction) -> str | None:
        """Return the value of an instruction that has a meaning of its own here, or None."""
        return None

    def row_place(self, item: Instruction) -> str | None:
        """Return the place where the end of a store's row waits for the next group, or None for a plain store."""
        return None

    def row_places(self, item: Instruction) -> tuple[str, int] | None:
        """Return where the ends wait of all rows that a vector's work-items store, and their number, or None likewise."""
        return None

    def lent_place(self, item: Instruction) -> str | None:
        """Return where a load of a shared array reads in lane 0 if rows of an array may stand for it, or None."""
        return None

    def is_lent(self, item: Instruction) -> bool:
        """Tell whether a store is of a copy that is not made, for what it copies is read instead."""
        return False

    def ahead(self, value: Value, size: int, to_write: bool) -> str | None:
        """Return what lane 0 will hold of a value in the next group or turn, or None where that is not known."""
        return None

    # ---- values

    def scalar(self, value: Value) -> str:
        """Return a uniform value, or a strided or patterned value of lane 0."""
        if not value.local:
            return value.text
        if value.text in self.parameters:
            return self.parameters[value.text]
        if value.text in self.operations.frames:
            return self.operations.frames[value.text]
        if self.shapes.strides[value.text] is None and self.shapes.patterns.get(value.text) is not None:
            return self.end(value, last=False)
        return self._read(value, "scalar", value.type)

    def whole(self, value: Value) -> str:
        """Return a value as a vector."""
        stride = self.shapes.of(value)
        if stride is None and value.text in self.parameters:
            return self.parameters[value.text]
        if stride is None:
            return self._read(value, "vector", self.vector.type(value.type))
        key = (value.text, f"splat {value.type}")
        if key not in self.known:
            base = self.scalar(value)
            self.known[key] = (
                self.vector.ramp(value.type, base, stride) if stride else self.vector.splat(value.type, base)
            )
        return self.known[key]

    def end(self, value: Value, last: bool) -> str:
        """Return what the first or the last lane holds of a value of known or bounded stride, or of a pattern."""
        stride = self.shapes.of(value)
        if stride is None:
            key = (value.text, "last" if last else "first")
            if key not in self.known:
                self.known[key] = self.operations.on_end(self.definitions[value.text], last)
            return self.known[key]
        base = self.scalar(value)
        if not stride or not last:
            return base
        distance = stride * (self.lanes - 1)
        if value.type == "ptr":
            return self.text.emit(f"getelementptr i8, ptr {base}, i64 {distance}")
        return self.text.emit(f"add {value.type} {base}, {distance}")

    def _read(self, value: Value, form: str, kind: str) -> str:
        key = (value.text, form)
        if key not in self.known:
            self.known[key] = self.text.emit(f"load {kind}, ptr {self.slots[value.text]}")
        return self.known[key]

    def define(self, item: Instruction, code: str) -> None:
        """Keep what an instruction's result is: a scalar's text where its stride is known, else a vector's."""
        varying = self.shapes.strides[item.name] is None
        self.known[(item.name, "vector" if varying else "scalar")] = code
        if item.name in self.slots:
            self.text.do(f"store {self._held(item.name, item.type)} {code}, ptr {self.slots[item.name]}")

    def label(self, block: str) -> str:
        """Return the label of a block in this copy."""
        return f"%{self.prefix}.{self.numbers[block]}"

    # ---- blocks

    def write(self, entry: str) -> None:
        """Write all blocks, `entry` first."""
        masked = {name for region in self.regions for name in region.blocks}
        starts = {region.entry: region for region in self.regions}
        for name, slot in self.slots.items():  # nothing is carried from one vector to the next
            self.text.do(f"store {self._held(name, self.kinds[name])} poison, ptr {slot}")
        self.text.do(f"br label {self.label(entry)}")
        for name in [entry, *(other for other in self.function.blocks if other != entry)]:
            if name not in masked:
                self.block(name, self.mask, starts.get(name))
        for region in self.regions:
            self._lay_out(region)

    def block(self, name: str, mask: str | None, region: Region | None) -> None:
        """Write one block that all lanes of the body run."""
        block = self.function.blocks[name]
        self._begin(self.label(name))
        if self._begins_many_accesses(name):
            self.text.keep_from_comparing()
        self._code(block, mask)
        end = block.code[-1]
        if end.op != "br":
            self.leave(block)
        elif region is not None:
            for inner in sorted(region.blocks, key=list(self.function.blocks).index):
                self.masks[inner] = self.text.alloca(self.vector.mask_type, "mask")
                self.text.do(f"store {self.vector.mask_type} zeroinitializer, ptr {self.masks[inner]}")
            self._masked_edges(block, mask or "splat (i1 true)", region)
            self.text.do(f"br label {self._entry(region.order[0])}")
        else:
            self._plain_edges(block)

    def _begins_many_accesses(self, name: str) -> bool:
        """Tell whether a block begins an innermost loop of vectors with more accesses to memory than LLVM should compare."""
        loop = self.shapes.loop.get(name)
        if loop is None or loop.header != name or self.lanes == 1:
            return False
        inner = [block for block in self.function.blocks.values() if block.name in loop]
        items = [item for block in inner for item in block.code if item.op in ("load", "store")]
        innermost = all(self.shapes.loop[block.name] is loop for block in inner)
        return innermost and len(items) >= _MANY and any(self.shapes.of(item.operands[-1]) != 0 for item in items)

    def straight(self, block: Block) -> None:
        """Write a block's code here, behind what is written already."""
        self.known = {}
        self._code(block, self.mask)

    def _begin(self, label: str) -> None:
        self.text.label(label)
        self.known = {}

    def _code(self, block: Block, mask: str | None) -> None:
        self.tiles = transposing.find(block, self.shapes, self.lanes) if mask is None and self.lanes > 1 else {}
        self.loaded = {}
        self.beside = places.beside_whole(block, self.shapes, self.lanes) if self.lanes > 1 else {}
        self.together = interleaving.find(block, self.shapes) if mask is None and self.lanes > 1 else {}
        for item in block.code[:-1]:
            if item.op != "phi":
                self.operations.write(item, mask)

    def _plain_edges(self, block: Block) -> None:
        end = block.code[-1]
        targets = [self.label(name) for name in end.labels]
        moves = [self._moves(block.name, name) for name in end.labels]
        if len(targets) == 2:
            condition = self.scalar(end.operands[0])
            ways = [self.text.fresh("edge") if moves[k] else targets[k] for k in (0, 1)]
            self.text.do(f"br i1 {condition}, label {ways[0]}, label {ways[1]}")
            for way, target, move in zip(ways, targets, moves, strict=True):
                if move:
                    self._begin(way)
                    self._move(move, None)
                    self.text.do(f"br label {target}")
        else:
            self._move(moves[0], None)
            self.text.do(f"br label {targets[0]}")

    def _moves(self, source: str, target: str) -> list[tuple[Instruction, Value]]:
        if target not in self.function.blocks:
            return []
        phis = self.function.blocks[target].phis
        return [(phi, phi.operands[phi.labels.index(source)]) for phi in phis]

    def _move(self, moves: list[tuple[Instruction, Value]], mask: str | None) -> None:
        """Write an edge's values into the slots of the phis they go to; all are read before one is written."""
        ready = []
        for phi, value in moves:
            varying = self.shapes.strides[phi.name] is None
            ready.append((phi, self._held(phi.name, phi.type), self.whole(value) if varying else self.scalar(value)))
        for phi, kind, new in ready:
            slot, result = self.slots[phi.name], new
            if mask is not None:
                old = self.text.emit(f"load {kind}, ptr {slot}")
                if self.shapes.strides[phi.name] is None:
                    result = self.vector.select(phi.type, mask, new, old)
                else:
                    result = self.text.emit(f"select i1 {self.vector.any(mask)}, {kind} {new}, {kind} {old}")
            self.text.do(f"store {kind} {result}, ptr {slot}")

    # ---- regions

    def _lay_out(self, region: Region) -> None:
        self._sequence(region.order, region, self.label(region.exit))

    def _entry(self, item: str | Repeat) -> str:
        name = item.header if isinstance(item, Repeat) else item
        return f"%{self.prefix}.{'loop' if isinstance(item, Repeat) else 'test'}.{self.numbers[name]}"

    def _sequence(self, order: list[str | Repeat], region: Region, after: str) -> None:
        for k, item in enumerate(order):
            following = self._entry(order[k + 1]) if k + 1 < len(order) else after
            if isinstance(item, Repeat):
                self._repeat(item, region, following)
            else:
                self._masked_block(item, region, following)

    def _repeat(self, loop: Repeat, region: Region, following: str) -> None:
        """Write a loop that runs while its header's mask has a lane."""
        head, self.behind[loop.header] = self._entry(loop), following
        self.text.label(head)
        mask = self.text.emit(f"load {self.vector.mask_type}, ptr {self.masks[loop.header]}")
        self.text.do(f"br i1 {self.vector.any(mask)}, label {self._entry(loop.order[0])}, label {following}")
        self._sequence(loop.order, region, head)

    def _masked_block(self, name: str, region: Region, following: str) -> None:
        block = self.function.blocks[name]
        self._begin(self._entry(name))
        mask = self.text.emit(f"load {self.vector.mask_type}, ptr {self.masks[name]}")
        if self._worth_a_test(block):
            inside = self.label(name)
            self.text.do(f"br i1 {self.vector.any(mask)}, label {inside}, label {following}")
            self._begin(inside)
        self.text.do(f"store {self.vector.mask_type} zeroinitializer, ptr {self.masks[name]}")
        self._code(block, mask)
        self._masked_edges(block, mask, region)
        self.text.do(f"br label {following}")

    def _worth_a_test(self, block: Block) -> bool:
        real = [
            item for item in block.code[:-1] if item.op != "phi"
            and not (item.op == "call" and item.callee.startswith(DROPPED))
        ]  # fmt: skip
        return len(real) > _CHEAP or any(self._risky(item, block.name) for item in real)

    def _risky(self, item: Instruction, block: str) -> bool:
        """Tell whether an instruction must not run, or costs much, where no lane takes part.

        What is written back to addresses that all lanes touched before harms nothing: a comparator that exchanges two
        numbers of shared memory needs no test whether any lane does.
        """
        if item.op not in _GUARDED or item.callee.startswith("@llvm.") or self.operations.evades(item):
            return False
        if item.op in ("load", "store") and item.operands[-1].text in self.sure.get(block, ()):
            return not self.operations.blends(item)
        return not (item.op == "load" and self.operations.loads_row(item))

    def _masked_edges(self, block: Block, mask: str, region: Region) -> None:
        """Give each of a block's ways its lanes: into the masks of its targets, and its values into their phis."""
        end, loop = block.code[-1], self.shapes.loop.get(block.name)
        leaving = [k for k, target in enumerate(end.labels) if loop is not None and target not in loop]
        if leaving and len(end.labels) == 2:
            self._masked_exit(block, mask, region, leaving[0])
            return
        for target, way in zip(end.labels, self._ways(end, mask), strict=True):
            self._masked_move(block.name, target, way)
            self._come(target, way, region)

    def _ways(self, end: Instruction, mask: str) -> list[str]:
        if len(end.labels) == 1:
            return [mask]
        condition = end.operands[0]
        if self.shapes.of(condition) != 0:
            taken = self.whole(condition)
            return [self.vector.both(mask, taken), self.vector.both(mask, self.vector.others(taken))]
        kind, scalar = self.vector.mask_type, self._uniform_condition(condition)
        return [
            self.text.emit(f"select i1 {scalar}, {kind} {mask}, {kind} zeroinitializer"),
            self.text.emit(f"select i1 {scalar}, {kind} zeroinitializer, {kind} {mask}"),
        ]

    def _uniform_condition(self, condition: Value) -> str:
        # In a block run for no lane at all the condition may be anything, and must not spoil the empty mask.
        return self.text.emit(f"freeze i1 {self.scalar(condition)}")

    def _come(self, target: str, way: str, region: Region) -> None:
        """Add lanes to those that come to a block."""
        if target in region.blocks:
            kind, slot = self.vector.mask_type, self.masks[target]
            old = self.text.emit(f"load {kind}, ptr {slot}")
            self.text.do(f"store {kind} {self.vector.either(old, way)}, ptr {slot}")

    def _masked_exit(self, block: Block, mask: str, region: Region, leaving: int) -> None:
        """Write a branch of which one way leaves a loop.

        Lanes do so seldom: in the turns in between no value is blended and no mask changes, which saves mandelbrot a
        quarter of its time. Where all lanes leave a loop at its header, they go straight behind it.
        """
        end, kind = block.code[-1], self.vector.mask_type
        alike = self.shapes.of(end.operands[0]) == 0
        if alike:
            test = self._uniform_condition(end.operands[0])
            gone, left = mask, "zeroinitializer"
        else:
            ways = self._ways(end, mask)
            gone, left = ways[leaving], ways[1 - leaving]
            test = self.vector.any(gone)
        stay, exit_, after = self.text.alloca(kind, "stay"), self.text.fresh("leave"), self.text.fresh("stay")
        self.text.do(f"store {kind} {mask}, ptr {stay}")
        yes, no = (after, exit_) if alike and leaving == 1 else (exit_, after)
        self.text.do(f"br i1 {test}, label {yes}, label {no}")
        self.text.label(exit_)
        known = dict(self.known)
        self._move(self._moves(block.name, end.labels[leaving]), gone)
        self._come(end.labels[leaving], gone, region)
        self.known = known
        if alike and block.name in self.behind:
            self.text.do(f"br label {self.behind[block.name]}")
        else:
            self.text.do(f"store {kind} {left}, ptr {stay}")
            self.text.do(f"br label {after}")
        self.text.label(after)
        staying = self.text.emit(f"load {kind}, ptr {stay}")
        self._masked_move(block.name, end.labels[1 - leaving], staying)
        self._come(end.labels[1 - leaving], staying, region)

    def _masked_move(self, source: str, target: str, way: str) -> None:
        into = self.shapes.loop.get(target)
        # Lanes that do not come along to a loop's header are not in the loop, and nobody reads their values again.
        again = into is not None and into.header == target
        self._move(self._moves(source, target), None if again else way)
