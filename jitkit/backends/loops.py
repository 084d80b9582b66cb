"""Loops in the code around kernels, and what LLVM is told about them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from llvmlite import ir
from llvmlite.ir.values import MDValue

I64 = ir.IntType(64)


@contextlib.contextmanager
def while_loop(
    builder: ir.IRBuilder, begin: ir.Value, end: ir.Value
) -> Iterator[tuple[ir.Value, Callable[[ir.Value], ir.Instruction]]]:
    """Generate a loop from `begin` while below `end`; the block gets the counter and a function that sets its next value.

    That returns the branch back.
    """
    entry = builder.block
    body, done = builder.append_basic_block("loop"), builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed("<", begin, end), body, done)
    builder.position_at_end(body)
    counter = builder.phi(I64)
    counter.add_incoming(begin, entry)

    def advance(following: ir.Value) -> ir.Instruction:
        counter.add_incoming(following, builder.block)
        branch = builder.cbranch(builder.icmp_signed("<", following, end), body, done)
        builder.position_at_end(done)
        return branch

    yield counter, advance


@contextlib.contextmanager
def short_loop(builder: ir.IRBuilder, count: ir.Value) -> Iterator[ir.Value]:
    """Generate a loop of `count` turns that LLVM leaves as it is; the block gets the number of the turn.

    Unrolled and widened, the loops around tables would take half the time that a kernel with tables takes to compile.
    """
    with while_loop(builder, ir.Constant(I64, 0), count) as (turn, advance):
        yield turn
        branch = advance(builder.add(turn, ir.Constant(I64, 1), flags=("nuw", "nsw")))
        unrolled = builder.module.add_metadata([ir.MetaDataString(builder.module, "llvm.loop.unroll.disable")])
        tell(builder.module, branch, not_widened(builder.module), unrolled)


def not_widened(module: ir.Module) -> MDValue:
    """Return what tells LLVM not to widen a loop."""
    return module.add_metadata([ir.MetaDataString(module, "llvm.loop.vectorize.enable"), ir.Constant(ir.IntType(1), 0)])


def tell(module: ir.Module, branch: ir.Instruction, *what: MDValue) -> None:
    """Tell LLVM of a loop, given by the branch back, what some nodes of metadata say."""
    loop = distinct(module)
    loop.operands = (loop, *what)  # a loop's node names itself first
    branch.set_metadata("llvm.loop", loop)


class _Distinct(MDValue):
    """A node of metadata that equals no other; llvmlite makes none."""

    def descr(self, buf: list[str]) -> None:
        """Append the node's text."""
        operands = ", ".join(item.get_reference() for item in self.operands)
        buf += (f"distinct !{{ {operands} }}", "\n")


def distinct(module: ir.Module) -> _Distinct:
    """Return a node of metadata that equals no other."""
    return _Distinct(module, (), str(len(module.metadata)))
