"""Values that are structs: of a named tuple or a frozen dataclass each field lies in an array of its own.

A struct of arrays is what stands for an array of structs. Operators of structs become operators of plain tuples, which is
what the kernels of the primitives know.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from jitkit.errors import KernelTypeError
from jitkit.frontend.meanings import compiled_as
from jitkit.frontend.structs import tuple_class
from jitkit.plans import remember
from jitkit.primitives import _values
from jitkit.primitives._identity import identity_of

_operators: dict[Hashable, Callable] = {}


def kind_of(x: Any) -> type | None:
    """Return the class of a struct, and None of anything else; lazy arrays, which are frozen dataclasses too, are none."""
    return struct_class(type(x))


def struct_class(cls: Any) -> type | None:
    """Return a class of structs, and None for anything else."""
    known = isinstance(cls, type) and tuple_class(cls) is not None and not hasattr(cls, "element")
    return cls if known else None


def names_of(kind: type) -> tuple[str, ...]:
    """Return the names of a struct's fields."""
    return tuple_class(kind)._fields  # type: ignore[union-attr, no-any-return]


def parts_of(x: Any) -> Any:
    """Return the fields of a struct as a plain tuple, and anything else as it is."""
    kind = kind_of(x)
    return x if kind is None else tuple([getattr(x, name) for name in names_of(kind)])


def check(kind: type, name: str) -> None:
    """Refuse structs of which a value cannot be made.

    Raises
    ------
    KernelTypeError
        For fewer than two fields, or more than a value may have.
    """
    count = len(names_of(kind))
    if not 2 <= count <= _values.MOST:
        raise KernelTypeError(
            f"jk.{name}: {kind.__name__} has {count} field{'s' * (count != 1)}: a struct of 2 to {_values.MOST} is a value"
        )


def put_together(kind: type, parts: Any) -> Any:
    """Return a struct of results."""
    return kind(*parts)


def _as_compiled(value):
    return value


@compiled_as(_as_compiled)
def parts(value: Any) -> Any:
    """Return a struct as the tuple that compiled code has for it anyway."""
    return parts_of(value)


def taken_apart(read: Callable) -> Callable:
    """Return ``read(x, at)`` that gives a tuple where the one given has a struct."""

    def read_parts(x, at):
        return parts(read(x, at))

    return read_parts


def of_parts(op: Any, kind: type, name: str) -> Callable:
    """Return the operator of tuples that does what an operator of structs does: always the same function for the same one."""
    check(kind, name)
    key = identity_of(op), kind
    return _operators.get(key) or remember(_operators, key, _of_parts(op, kind))


def _of_parts(op: Any, kind: type) -> Callable:
    make = _maker(kind)

    def of_tuples(a, b):
        return parts(op(make(a), make(b)))

    return of_tuples


def _maker(kind: type) -> Callable:
    """Return the function that makes a struct of a tuple."""

    def make2(v):
        return kind(v[0], v[1])

    def make3(v):
        return kind(v[0], v[1], v[2])

    def make4(v):
        return kind(v[0], v[1], v[2], v[3])

    def make5(v):
        return kind(v[0], v[1], v[2], v[3], v[4])

    def make6(v):
        return kind(v[0], v[1], v[2], v[3], v[4], v[5])

    return (make2, make3, make4, make5, make6)[len(names_of(kind)) - 2]
