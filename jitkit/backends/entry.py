"""The way from Python straight into compiled drivers, for arguments of known types alone.

A driver finds its arguments in slots of 8 bytes (see `slots`). ``entry.ll`` next to this file fills the slots from Python's
objects, by a table that is made here; its text says how. It reads the fields of arrays and scalars where NumPy's headers
have them, and so takes 0.1 us.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import struct
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numpy as np

from jitkit.backends import machine, pool, slots
from jitkit.backends.kept import kept

if TYPE_CHECKING:
    from jitkit.backends.cpu_driver import Loaded

Entry = Callable[..., Any]

_ARRAY, _INTEGER, _SCALAR, _BOOLEAN, _TUPLE, _FIELDS = range(6)  # what a table says of an argument
_MEMBERS = tuple.__basicsize__
"""At which byte the members of a tuple begin: 24, and 32 from Python 3.14 on."""
_FASTCALL, _KEYWORDS = 0x80, 0x02  # CPython's METH_FASTCALL and METH_KEYWORDS
_NEW_FROM_DESCR = 94  # PyArray_NewFromDescr in the table of NumPy's interface for C, where numbers never change
_DATA = 4  # which of an array's slots is the address of its elements
_C, _F, _ALIGNED, _WRITEABLE = 0x1, 0x2, 0x100, 0x400  # bits of an array's flags
_NAMES = (
    "enter",
    "enter_alone",
    "enter_over",
    "enter_new",
    "enter_known",
    "map",
    "lazy",
    "permuted",
    "call",
    "told",
    "array",
)
"""The functions of compiled code, behind "jitkit_"."""
_STACK = 1 << 14
"""Bytes of scratch memory up to which it is taken from the stack."""
_MEANT = 0xFFFFFFFF00FFFFFF  # of a dtype's kind: three characters, a byte of no meaning, and the number
_ALL = 0xFFFFFFFFFFFFFFFF
_SCALARS = {float: 1, complex: 2, np.complex128: 2, np.complex64: 1, np.float64: 1, np.float32: 1} | {
    getattr(np, f"{sign}int{bits}"): 1 for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""Classes of numbers that are stored as they are used, and how many slots they take."""


class _Definition(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("text", ctypes.c_char_p)
    )  # fmt: skip


def opened(driver: Loaded, numbers: int, values: tuple[Any, ...]) -> tuple[Entry, Entry, Entry] | None:
    """Return the entries of a compiled driver, or None where there are arguments that entries do not know.

    Parameters
    ----------
    driver : Loaded
        The driver.
    numbers : int
        How many numbers a launch space has.
    values : tuple
        Arguments that the driver was compiled for.

    Returns
    -------
    three callables
        ``enter(prefix, args)``, which returns NotImplemented, and does nothing, for arguments of other types: the first for
        launches on as many threads as are ready, the second for those in the calling thread alone. The third,
        ``enter(args)``, is for launches over the shape of the last argument.
    """
    table = _Table()
    if not available() or not table.tell(values):
        return None
    words = (driver.address, 1 + numbers + table.slots, numbers, id(np.ndarray), *table.words)
    packed, kept = struct.pack(f"{len(words)}Q", *words), (driver, *table.kept)
    shared, alone, over = (_function(name, packed, kept) for name in ("enter", "enter_alone", "enter_over"))
    return shared, alone, over


def opened_new(
    driver: Loaded, prefix: tuple[int, ...], leaves: Sequence[Any], x: np.ndarray, final: tuple[int, ...]
) -> Entry | None:
    """Return ``enter(x)``, which makes the result of a launch in the calling thread, or None where there is no such way.

    Parameters
    ----------
    driver : Loaded
        What is run.
    prefix : tuple of int
        The numbers of its space.
    leaves : sequence
        Its arguments: the first is the array that is read, and the second may be over the same memory; the last is that for the
        result; others stay in use.
    x : numpy.ndarray
        The first as it is given, in C order: `enter` returns None for arrays of another dtype or shape.
    final : tuple of int
        The shape of the result as it is returned: () for a number.
    """
    out = leaves[-1]
    number = out.dtype.type if final == () else None
    if (
        not available()
        or x.dtype.fields
        or x.dtype.kind not in "biuf"
        or (number is not None and number not in _SCALARS)
    ):
        return None
    parts = [struct.pack(f"{1 + len(prefix)}q", 1, *prefix), *map(slots.packed, leaves)]
    template = b"".join(parts)
    first = len(parts[0]) // 8 + _DATA
    again = type(leaves[1]) is np.ndarray and leaves[1].ctypes.data == leaves[0].ctypes.data
    second = first + len(parts[1]) // 8 if again else first
    places = first, second, (len(template) - len(parts[-1])) // 8 + _DATA
    words = (
        driver.address, len(template) // 8, id(np.ndarray), _kind_of(x.dtype), _MEANT, _C | _ALIGNED, x.ndim, *x.shape, *places,
        0 if number is None else id(number), id(out.dtype), len(final), *final,
    )  # fmt: skip
    packed = struct.pack(f"{len(words)}Q", *words) + template
    return _function("enter_new", packed, (driver, number, out.dtype, *leaves[1 + again : -1]))


def opened_call(
    driver: Loaded,
    prefix: tuple[int, ...],
    leaves: Sequence[Any],
    given: Sequence[np.ndarray],
    outs: Sequence[np.ndarray],
    final: tuple[int, ...],
    release: bool,
    fault: np.ndarray | None = None,
    scratch: Sequence[np.ndarray] = (),
) -> tuple[tuple[int, ...], bytes, tuple[Any, ...]] | None:
    """Return what again.ll is told of a launch in the calling thread, of which all but some arrays is known, or None.

    Parameters
    ----------
    driver, prefix, leaves
        As for `opened_new`.
    given : sequence of numpy.ndarray
        The arrays that differ from call to call: leaves may be over their memory.
    outs : sequence of numpy.ndarray
        The leaf for the result, or those for the numbers of a tuple.
    final : tuple of int
        The shape of the result as it is returned: () for a number.
    release : bool
        Whether other threads of Python run meanwhile.
    fault : numpy.ndarray, optional
        The leaf, an integer, that says whether there was a fault.
    scratch : sequence of numpy.ndarray, optional
        Leaves that are memory to work in.

    Returns
    -------
    words, template, kept
        What stands in front of the functions, the slots behind them, and what those refer to.
    """
    numbers = [out.dtype.type for out in outs if final == ()]
    addresses = [x.ctypes.data for x in given]
    if (
        not available()
        or any(x.dtype.fields or x.dtype.kind not in "biufc" or not x.size or not x.flags.aligned for x in given)
        or len(set(addresses)) < len(addresses)
        or not _SCALARS.keys() >= set(numbers)
        or not (numbers or len(outs) == 1)
        or sum(piece.nbytes for piece in scratch) > _STACK
    ):
        return None
    at, places = 1 + len(prefix), {address: list[int]() for address in addresses}
    others: list[Any] = []
    written = {id(leaf): 0 for leaf in (*outs, *scratch, fault) if leaf is not None}
    parts = [struct.pack(f"{at}q", 1, *prefix), *map(slots.packed, leaves)]
    for leaf, part in zip(leaves, parts[1:], strict=True):
        if id(leaf) in written:
            written[id(leaf)] = at + _DATA
        elif type(leaf) is np.ndarray and leaf.ctypes.data in places:
            places[leaf.ctypes.data].append(at + _DATA)
        else:
            others.append(leaf)
        at += len(part) // 8
    shared = any(type(leaf) is np.ndarray and leaf.flags.writeable for leaf in others)
    if not all(1 <= len(found) <= 2 for found in places.values()) or not all(written.values()) or shared:
        return None
    words = [driver.address, at, release, id(np.ndarray), len(given)]
    for x, address in zip(given, addresses, strict=True):
        words += id(x.dtype), x.ndim, *x.shape, *(step % (_ALL + 1) for step in x.strides)
        words += places[address][0], places[address][-1]
    words += (
        written[id(outs[0])],
        id(numbers[0]) if numbers else 0,
        id(outs[0].dtype),
        len(final),
        *final,
        len(outs) - 1,
    )
    for out, number in zip(outs[1:], numbers[1:], strict=True):
        words += written[id(out)], id(number)
    words += 0 if fault is None else written[id(fault)], len(scratch)
    for piece in scratch:
        words += written[id(piece)], piece.nbytes
    return tuple(words), b"".join(parts), (driver, *numbers, outs[0].dtype, *[x.dtype for x in given], *others)


def known(calls: list[Any]) -> Entry:
    """Return ``enter(x, *asked)``, which goes on to one of several functions that `opened_new` gave.

    Parameters
    ----------
    calls : list
        A context variable and the environment, a dict, with a name: `enter` returns None where the one is not None, or the
        other has the name. Behind these what `call` returned, the first that fits being used; the list may change.
    """
    return _function("enter_known", calls, ())


def call(asked: tuple[Any, ...], enter: Entry) -> tuple[Any, ...]:
    """Return what stands for a function that `opened_new` gave in the list of `known`: it is for what is asked."""
    return enter.__self__, asked, enter  # type: ignore[attr-defined]


def knowing(name: str, calls: list[Any]) -> Entry:
    """Return a function of again.ll with the list of what it knows; that may change."""
    return _function(name, calls, ())


def method(kind: type, name: str, told: list[Any]) -> Any:
    """Return a method of a class that is a function of again.ll, and have that know what it is told, for ever."""
    _function("told", None, ())(told)
    make = ctypes.pythonapi.PyDescr_NewMethod
    make.restype, make.argtypes = ctypes.py_object, (ctypes.py_object, ctypes.c_void_p)
    return make(kind, ctypes.addressof(_definitions()[_NAMES.index(name)]))


@functools.cache
def slots_of(kind: type, *names: str) -> tuple[int, ...] | None:
    """Return `place_of` of several attributes; None where one is no slot."""
    places = [place_of(kind, name) for name in names]
    return None if None in places else tuple(places)


def _function(name: str, packed: Any, kept: tuple[Any, ...]) -> Entry:
    """Return a function of compiled code with its table. What that refers to lives as long: code, classes, names of fields."""
    definition = _definitions()[_NAMES.index(name)]
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    found: Entry = make(ctypes.addressof(definition), packed, kept)
    return found


class _Table:
    """What entry.ll is told of arguments.

    Attributes
    ----------
    words : list of int
        What it reads.
    slots : int
        How many slots their values take.
    kept : list
        Objects whose addresses are among the words.
    """

    def __init__(self) -> None:
        self.words: list[int] = []
        self.slots = 0
        self.kept: list[Any] = []

    def tell(self, value: Any) -> bool:
        """Append what is known of an argument, and return whether anything is."""
        kind = type(value)
        if kind is np.ndarray:
            return self._tell_array(value)
        if kind in (bool, np.bool_):
            return self._append(1, _BOOLEAN, *map(id, (True, np.True_, False, np.False_)))
        if value is None:  # stands in a slot that no code reads
            return self._append(1, _BOOLEAN, *[id(None)] * 4)
        if kind is int:
            return self._append(1, _INTEGER, id(int))
        if kind in _SCALARS:
            return self._append(_SCALARS[kind], _SCALAR, id(kind), _SCALARS[kind])
        if isinstance(value, tuple):
            self._append(0, _TUPLE, self._address(kind), len(value))
            return all(map(self.tell, value))
        if dataclasses.is_dataclass(kind):
            names = [sys.intern(field.name) for field in dataclasses.fields(kind)]
            self._append(0, _FIELDS, self._address(kind), self._attribute(kind, "shape"), len(names))
            return all(
                self._append(0, self._attribute(kind, name)) and self.tell(getattr(value, name)) for name in names
            )
        return False

    def _attribute(self, kind: type, name: str) -> int:
        """Return the byte at which objects of a class hold an attribute, or where its name is."""
        place = place_of(kind, name)
        return self._address(name) if place is None else place

    def _tell_array(self, x: np.ndarray) -> bool:
        flags = x.flags
        meant = (_C if flags.c_contiguous else _C | _F) | _ALIGNED | _WRITEABLE
        # Two dtypes of records may differ in their fields alone: only the very same one is known again.
        kind = (self._address(x.dtype), _ALL) if x.dtype.fields else (_kind_of(x.dtype), _MEANT)
        self._append(5 + 2 * x.ndim, _ARRAY, id(np.ndarray), *kind, x.ndim)
        self._append(0, meant, flags.num & meant, x.itemsize, *_steps_like(x))
        return bool(x.dtype.fields) or x.dtype.kind in "biufc"

    def _append(self, slots: int, *words: int) -> bool:
        self.slots += slots
        self.words += words
        return True

    def _address(self, value: Any) -> int:
        self.kept.append(value)
        return id(value)


def _steps_like(x: np.ndarray) -> tuple[int, int]:
    """Return the least step along the last axis that an array's code is for, and how many bytes more it may be, modulo 2**64."""
    if x.flags.forc:
        return 0, _ALL
    step, farthest = slots.step_of(x), slots.FARTHEST * x.itemsize
    return (farthest + 1, _ALL - farthest) if step is None else (step, 0)


def place_of(kind: type, name: str) -> int | None:
    """Return the byte at which objects of a class hold an attribute, where that is a slot."""
    slot = getattr(kind, name, None)
    if type(slot) is not types.MemberDescriptorType:
        return None
    example: Any = object.__new__(kind)
    mark = object()
    slot.__set__(example, mark)
    return next((at for at in range(16, kind.__basicsize__, 8) if _word(example, at) == id(mark)), None)


_made: list[tuple[_Definition, ...]] = []
"""All definitions: Python reads them as long as there are functions. Threads whose first launches meet make a set each, of which
`functools.cache` keeps one alone."""


@functools.cache
def _definitions() -> tuple[_Definition, ...]:
    texts = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("entry.ll", "again.ll")]
    text = "\n".join(texts).replace("{gap}", str((_MEMBERS - 24) // 8))
    description = {"kernel": "entry", "backend": "cpu"}
    # Its loops are over arguments and axes. All of LLVM's passes took twice the time, and a call 0.01 us less.
    code = kept(description, lambda: machine.compiled(text, loops=False), text, machine.identity())
    llvm.add_symbol("jitkit_new_array", _new_array())
    engine = machine.loaded(code)
    addresses = [engine.get_function_address(f"jitkit_{name}") for name in _NAMES]
    engine.detach()
    made = tuple(_Definition(b"enter", address, _FASTCALL, None) for address in addresses[:-1])
    made = (*made, _Definition(b"__array__", addresses[-1], _FASTCALL | _KEYWORDS, None))
    _made.append(made)
    return made


def _new_array() -> int:
    """Return where PyArray_NewFromDescr is."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    table = pointer(np._core._multiarray_umath._ARRAY_API, None)  # type: ignore[attr-defined]
    return ctypes.c_uint64.from_address(table + 8 * _NEW_FROM_DESCR).value


def _makes_arrays() -> bool:
    """Tell whether PyArray_NewFromDescr does what entry.ll has it do."""
    make = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_int, *[ctypes.c_void_p] * 3, ctypes.c_int, ctypes.c_void_p
    )(_new_array())  # fmt: skip
    dtype = np.dtype(np.int16)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(dtype))  # the array takes it
    found = make(id(np.ndarray), dtype, 2, (ctypes.c_int64 * 2)(2, 3), None, None, 2, None)
    return type(found) is np.ndarray and (found.shape, found.dtype, found.flags.fnc) == ((2, 3), dtype, True)


def is_open() -> bool:
    """Tell whether anything was opened."""
    return _definitions.cache_info().currsize > 0


@functools.cache
def available() -> bool:
    """Tell whether this process keeps the fields of objects where entry.ll reads them."""
    array, scalar, single, pair = np.ones((2, 3), np.float32)[:, 1:], np.float64(0.5), np.float32(0.5), (1, 2)
    dtypes = [np.dtype(kind) for kind in (np.bool_, np.int8, np.int64, np.float16, np.float64, np.complex64)]
    known = [(dtype.kind + dtype.char + dtype.byteorder).encode() for dtype in dtypes]
    return (
        pool.available()
        and sys.byteorder == "little"
        and (_word(array, 8), _word(array, 16), _word(array, 56))
        == (id(np.ndarray), array.ctypes.data, id(array.dtype))
        and (_word(array, 24) & 0xFFFFFFFF, _word(array, 64) & 0xFFFFFFFF) == (array.ndim, array.flags.num)
        and (_pair_at(_word(array, 32)), _pair_at(_word(array, 40))) == (array.shape, array.strides)
        and [_word(dtype, 40) for dtype in dtypes] == [dtype.itemsize for dtype in dtypes]
        and [_kind_of(dtype) for dtype in dtypes]
        == [int.from_bytes(text, "little") | dtype.num << 32 for text, dtype in zip(known, dtypes, strict=True)]
        and _word(scalar, 16) == int(scalar.view(np.uint64))
        and _word(single, 16) & 0xFFFFFFFF == int(single.view(np.uint32))
        and (_word(pair, 16), _word(pair, _MEMBERS), _word(b"12345678", 32))
        == (2, id(pair[0]), *struct.unpack("Q", b"12345678"))
        and (_word(dtypes, 16), ctypes.c_uint64.from_address(_word(dtypes, 24)).value) == (len(dtypes), id(dtypes[0]))
        and _makes_arrays()
    )


def _kind_of(dtype: np.dtype[Any]) -> int:
    return _word(dtype, 24) & _MEANT


def _word(x: Any, at: int) -> int:
    return ctypes.c_uint64.from_address(id(x) + at).value


def _pair_at(address: int) -> Iterable[int]:
    return tuple((ctypes.c_int64 * 2).from_address(address))
