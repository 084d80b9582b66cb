"""Which functions compute the same: compiled code is looked up by that, in each call."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from types import FunctionType
from typing import Any

import numpy as np

_REMEMBERED = 512
_MISSING = object()
_NUMBERS = (bool, int, float, complex, np.generic)


class _Token:
    """Equal to itself alone. A key of code and what it sees takes 0.4 us to be hashed, each time."""

    __slots__ = ()


class _Look:
    """What a function was seen to be: while that holds, it is what it was then.

    Parameters
    ----------
    func : function
        The function.
    """

    __slots__ = ("around", "blind", "cells", "code", "defaults", "functions", "names", "token")

    def __init__(self, func: FunctionType) -> None:
        self.code, self.around, self.defaults = func.__code__, func.__globals__, func.__defaults__
        self.names = tuple([(name, self.around.get(name, _MISSING)) for name in self.code.co_names])
        self.cells = tuple([cell.cell_contents for cell in func.__closure__ or ()])
        self.blind = not self.names and not self.cells  # sees nothing that could be another
        self.functions: tuple[tuple[FunctionType, _Look], ...] = ()
        self.token = _Token()

    def seen(self) -> Iterator[Any]:
        """Yield the values that it sees around itself, and its defaults."""
        yield from (value for _, value in self.names if value is not _MISSING)
        yield from self.cells
        yield from self.defaults or ()

    def holds(self, func: FunctionType) -> bool:
        """Tell whether a function of this code, which may have been made anew, is that still."""
        around = self.around
        if func.__globals__ is not around or func.__defaults__ is not self.defaults:
            return False
        for name, value in self.names:
            if around.get(name, _MISSING) is not value:
                return False
        if self.cells:
            try:
                for cell, value in zip(func.__closure__, self.cells):  # type: ignore[arg-type] # noqa: B905 - as many
                    if cell.cell_contents is not value:
                        return False
            except ValueError:  # a cell is empty
                return False
        for helper, look in self.functions:  # noqa: SIM110 - all() makes a generator, in 0.3 us
            if helper.__code__ is not look.code or not look.holds(helper):
                return False
        return True


_looks: dict[int, _Look] = {}  # by the id of code, which they keep
_tokens: dict[Hashable, _Token] = {}


def identity_of(func: Any) -> Hashable:
    """Return what is equal for two functions only if they compute the same: a lambda in a loop is one function.

    Functions made from one place in the source differ in what they see around them; numbers compare with their types.
    """
    if type(func) is not FunctionType:
        return func if type(func).__hash__ is not None else id(func)
    look = _looks.get(id(func.__code__))
    if look is not None:
        if look.blind and func.__globals__ is look.around and func.__defaults__ is look.defaults:
            return look.token  # what holds() tells of most lambdas, in 0.1 us less
        if look.holds(func):
            return look.token
    try:
        key, look = _looked_at(func, ())
        if max(len(_tokens), len(_looks)) >= _REMEMBERED:
            _tokens.clear()
            _looks.clear()
        look.token = _tokens.setdefault(key, look.token)
    except (TypeError, ValueError):  # what it sees cannot be compared: then it is like no other
        return func
    _looks[id(look.code)] = look
    return look.token


def told(func: Any) -> tuple[list[int], Any] | None:
    """Return what compiled code tells a function by, as ``again.ll`` says, and an object that keeps all of it.

    None where a function was not looked at, or sees what may not be compared.
    """
    if type(func) is not FunctionType:
        return [1, id(func), 0], func
    look = _looks.get(id(func.__code__))
    if look is None or not look.holds(func):
        return None
    looks = list(_all_looks(None, look))
    words = [len(looks)]
    for helper, own in looks:
        defaults = 0 if own.defaults is None else id(own.defaults)
        words += 0 if helper is None else id(helper), id(own.code), id(own.around), defaults
        words.append(len(own.names))
        for name, value in own.names:
            words += id(name), 0 if value is _MISSING else id(value)
        words += len(own.cells), *map(id, own.cells)
    return words, look


def _all_looks(func: FunctionType | None, look: _Look) -> Iterator[tuple[FunctionType | None, _Look]]:
    yield func, look
    for helper, own in look.functions:
        yield from _all_looks(helper, own)


def _looked_at(func: FunctionType, within: tuple[FunctionType, ...]) -> tuple[Hashable, _Look]:
    """Return what is equal for functions that compute the same, and the look at one that is seen by others."""
    look, inside, functions = _Look(func), (*within, func), []

    def key_of(value: Any) -> Hashable:
        if isinstance(value, _NUMBERS):
            return type(value), repr(value)  # 1 == 1.0 == True, and 0.0 == -0.0
        if isinstance(value, tuple):
            return (tuple, *map(key_of, value))
        if type(value) is not FunctionType:
            return identity_of(value)
        if value in inside:  # it calls itself, or one that calls it
            return inside.index(value)
        key, helper = _looked_at(value, inside)
        functions.append((value, helper))
        return key

    key = (look.code, id(look.around), *map(key_of, look.seen()))
    look.functions = tuple(functions)
    return key, look
