"""The variables of a module in memory: one buffer holds those of ``.global`` and ``.const``."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import UnsupportedError
from .syntax import Immediate, Module, Name, Variable
from .types import TYPES


@dataclass(frozen=True)
class Relocation:
    """Eight bytes at `offset` that hold the address of a variable, plus `addend`."""

    offset: int
    name: str
    addend: int


@dataclass
class Layout:
    """Where each variable lies in the buffer, and what the buffer holds at first."""

    offsets: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    image: bytearray = field(default_factory=bytearray)
    relocations: list[Relocation] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Return the size of the buffer."""
        return len(self.image)


def element_size(variable: Variable) -> int:
    """Return the size of one element, in bytes."""
    if variable.type not in TYPES:
        raise UnsupportedError(f"variable {variable.name!r} of type .{variable.type} is not emulated", variable.line)
    return TYPES[variable.type].size * variable.vector


def size_of(variable: Variable) -> int:
    """Return the size of a variable in bytes; 0 where it is declared without one."""
    return element_size(variable) * (variable.count or 0)


def alignment_of(variable: Variable) -> int:
    """Return the alignment of a variable in bytes."""
    return variable.align or element_size(variable)


def layout(module: Module) -> Layout:
    """Lay out the variables of a module.

    Parameters
    ----------
    module : Module
        The module.

    Returns
    -------
    Layout
        The offsets and the contents; the owner of the buffer adds the addresses (`Relocation`).

    Raises
    ------
    UnsupportedError
        If a variable's type is opaque, or if an initialiser holds the address of a function.
    """
    out = Layout()
    chosen = [v for v in module.variables.values() if v.space in ("global", "const")]
    for variable in chosen:
        align = alignment_of(variable)
        start = -(-len(out.image) // align) * align
        out.offsets[variable.name], out.sizes[variable.name] = start, size_of(variable)
        out.image.extend(bytes(start + size_of(variable) - len(out.image)))
    for variable in chosen:
        _initialise(out, variable)
    return out


def _initialise(out: Layout, variable: Variable) -> None:
    start, width = out.offsets[variable.name], TYPES[variable.type].size
    for i, item in enumerate(variable.initial):
        at = start + i * width
        if isinstance(item, Immediate):
            out.image[at : at + width] = _bits(item, variable).to_bytes(width, "little")
        elif isinstance(item, Name) and item.name in out.offsets and width == 8:
            out.relocations.append(Relocation(at, item.name, item.offset))
        else:
            name = getattr(item, "name", item)
            raise UnsupportedError(
                f"{variable.name!r} is initialised with {name!r}, which has no address here", variable.line
            )


def _bits(item: Immediate, variable: Variable) -> int:
    kind = TYPES[variable.type]
    if item.float_bits and item.float_bits != kind.bits:
        raise UnsupportedError(f"{variable.name!r}: a {item.float_bits}-bit constant for .{kind.name}", variable.line)
    return item.value & ((1 << kind.bits) - 1)
