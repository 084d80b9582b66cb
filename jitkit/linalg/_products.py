"""The kernels of matrix products over any semiring, and how they are launched.

Small matrices, batches of them, and arrays on a GPU: a point of the launch computes `ROWS` elements of one column, so that
neighbouring points read neighbouring elements of the right matrix and share those of the left.

Large matrices on the host: the right matrix is copied into panels of `PANEL` columns, in which the terms of a sum follow one
another, and a point computes `TALL` elements of a column. On AVX2 the points of half a panel (float32: of a whole one) are
two registers, so the sums take 12 of 16; a stretch of `DEEP` terms of `PANELS` panels stays in the second cache while the
rows go by. This is the inner part of K. Goto, R. A. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM
TOMS 34(3), 2008; the left matrix is not packed, because its elements are read one at a time anyway (packing it changed
nothing at n = 1024).
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.errors import KernelError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.primitives import _functions, _operators
from jitkit.primitives._identity import identity_of

ROWS = 4
"""Rows that one point computes of small matrices."""
TALL = 6
"""Rows that one point computes of large ones."""
PANEL = 16
"""Columns of a panel."""
PANELS = 16
"""Panels that the rows go by at a time."""
DEEP = 1024
"""Terms of a sum that are added up before the next stretch."""
STRETCH = 64
"""Rows that one point packs."""


class Semiring(NamedTuple):
    """What takes the place of addition and multiplication, and what an empty sum is.

    Attributes
    ----------
    add, multiply : callable
        Functions of two numbers.
    zero, one : number or None
        The neutral elements of both, where they are known.
    """

    add: Callable[[Any, Any], Any]
    multiply: Callable[[Any, Any], Any]
    zero: Any = None
    one: Any = None


def add(a, b):
    """Return the sum."""
    return a + b


def multiply(a, b):
    """Return the product."""
    return a * b


def _either(a, b):
    return a | b


def _both(a, b):
    return a & b


SEMIRINGS = {
    "plus_times": Semiring(add, multiply, 0, 1),
    "min_plus": Semiring(np.minimum, add, np.inf, 0),
    "max_plus": Semiring(np.maximum, add, -np.inf, 0),
    "max_times": Semiring(np.maximum, multiply, -np.inf, 1),
    "or_and": Semiring(_either, _both, False, True),
}
"""The semirings that have a name."""


@jk.kernel
def pack(q, stretch, one, b, panels):
    """Copy some rows of a panel; `one` is the only place along its axis."""
    terms, m = b.shape
    left = q * PANEL
    first, last = stretch * STRETCH, min(stretch * STRETCH + STRETCH, terms)
    if left + PANEL <= m:
        for k in range(first, last):
            for j in range(PANEL):
                panels[q, k, j] = b[k, left + j]
    else:
        for k in range(first, last):
            for j in range(PANEL):
                panels[q, k, j] = b[k, min(left + j, m - 1)]


def panels_kernel(add: Callable, multiply: Callable, finish: Callable) -> Kernel:
    """Return the kernel that adds a stretch of terms to `TALL` elements of a column."""

    @jk.kernel
    def multiply_panels(block, p, q, j, a, panels, c, bias, first, last):
        n, m = c.shape
        panel, row = block * PANELS + q, p * TALL
        column = panel * PANEL + j
        if panel < panels.shape[0]:
            sums = jk.local(TALL, c.dtype)
            begin = 0
            if first:
                begin = 1
                value = panels[panel, 0, j]
                for r in range(TALL):
                    sums[r] = multiply(a[min(row + r, n - 1), 0], value)
            else:
                for r in range(TALL):
                    sums[r] = c[min(row + r, n - 1), min(column, m - 1)]
            for k in range(begin, a.shape[1]):
                value = panels[panel, k, j]
                for r in range(TALL):
                    sums[r] = add(sums[r], multiply(a[min(row + r, n - 1), k], value))
            if column < m:
                for r in range(TALL):
                    if row + r < n:
                        c[row + r, column] = finish(sums[r], bias, column) if last else sums[r]

    return multiply_panels


def columns_kernel(add: Callable, multiply: Callable, finish: Callable) -> Kernel:
    """Return the kernel that computes `ROWS` elements of a column of each matrix; `step` is 0 for the matrix of all."""

    @jk.kernel
    def multiply_columns(batch, p, j, a, b, c, bias, step_a, step_b):
        n, terms = a.shape[1], a.shape[2]
        left, right, row = batch * step_a, batch * step_b, p * ROWS
        sums = jk.local(ROWS, c.dtype)
        value = b[right, 0, j]
        for r in range(ROWS):
            sums[r] = multiply(a[left, min(row + r, n - 1), 0], value)
        for k in range(1, terms):
            value = b[right, k, j]
            for r in range(ROWS):
                sums[r] = add(sums[r], multiply(a[left, min(row + r, n - 1), k], value))
        for r in range(ROWS):
            if row + r < n:
                c[batch, row + r, j] = finish(sums[r], bias, j)

    return multiply_columns


def finishing_kernel(finish: Callable) -> Kernel:
    """Return the kernel that ends a product which BLAS computed."""

    @jk.kernel
    def finish_product(i, j, c, bias):
        c[i, j] = finish(c[i, j], bias, j)

    return finish_product


class Product:
    """The launchers for one semiring and one epilogue.

    Parameters
    ----------
    semiring : Semiring
        What is added and multiplied.
    activation : callable or None
        Applied to each element.
    biased : bool
        Whether there is a vector to be added before that.
    """

    def __init__(self, semiring: Semiring, activation: Callable[[Any], Any] | None, biased: bool) -> None:
        finish = epilogue(activation, biased)
        self.pack = Launcher(pack)
        self.by_panels = Launcher(panels_kernel(semiring.add, semiring.multiply, finish))
        self.by_columns = Launcher(columns_kernel(semiring.add, semiring.multiply, finish))
        self.finishing = Launcher(finishing_kernel(finish))

    def small(self, a: Any, b: Any, c: Any, bias: Any, backend: str | None) -> None:
        """Write the products of matrices (batch, n, k) and (batch, k, m); a batch of one is taken for all."""
        batch, n, m = c.shape
        steps = (int(a.shape[0] > 1), int(b.shape[0] > 1))
        self.by_columns((batch, -(-n // ROWS), m), backend)(a, b, c, bias, *steps)

    def finish(self, c: np.ndarray, bias: Any, backend: str | None) -> None:
        """Finish the elements of products (batch, n, m) on the host in place."""
        rows = c.reshape((-1, c.shape[-1]))
        self.finishing(rows.shape, backend)(rows, bias)

    def large(self, a: np.ndarray, b: np.ndarray, c: np.ndarray, bias: Any, backend: str | None) -> None:
        """Write the product of two matrices on the host; the rows of `a` and `c` are contiguous."""
        (n, terms), m = a.shape, b.shape[1]
        count = -(-m // PANEL)
        space = (-(-count // PANELS), -(-n // TALL), min(count, PANELS), PANEL)
        for start in range(0, terms, DEEP):
            part = slice(start, min(start + DEEP, terms))
            deep = part.stop - start
            panels = np.empty((count, deep, PANEL), b.dtype)
            self.pack((count, -(-deep // STRETCH), 1), backend)(b[part], panels)
            left = a if deep == terms else np.ascontiguousarray(a[:, part])
            self.by_panels(space, backend)(left, panels, c, bias, start == 0, part.stop == terms)


def epilogue(activation: Any, biased: bool) -> Callable[[Any, Any, Any], Any]:
    """Return what is done to each sum: ``finish(value, bias, column)``."""

    def plain(value, bias, column):
        return value

    def shifted(value, bias, column):
        return value + bias[column]

    def activated(value, bias, column):
        return activation(value)

    def both(value, bias, column):
        return activation(value + bias[column])

    if activation is None:
        return shifted if biased else plain
    return both if biased else activated


_products: dict[Hashable, Product] = {}


def product_of(semiring: Semiring, activation: Any, biased: bool, name: str) -> Product:
    """Return the launchers, made once for each semiring and epilogue.

    Raises
    ------
    KernelError
        Where the activation is no function of one number.
    """
    if activation is not None:
        activation = _functions.function_of(activation, 1, name)
    key = (*map(identity_of, semiring[:2]), identity_of(activation), biased)
    return _products.get(key) or remember(_products, key, Product(semiring, activation, biased))


def semiring_of(semiring: Any, name: str) -> Semiring:
    """Return the semiring that a name or a pair of functions means.

    Raises
    ------
    ValueError
        For a name that there is not.
    KernelError
        For what is neither a name nor a pair of functions of two numbers.
    """
    if isinstance(semiring, Semiring):
        return semiring
    if isinstance(semiring, str):
        if semiring not in SEMIRINGS:
            raise ValueError(
                f"jk.{name}: there is no semiring {semiring!r}; there are {', '.join(SEMIRINGS)}, or pass a pair of functions"
            )
        return SEMIRINGS[semiring]
    if not isinstance(semiring, (tuple, list)) or len(semiring) != 2:
        raise KernelError(f"jk.{name}: semiring= is a name or a pair of functions (add, multiply), not {semiring!r}")
    return Semiring(*(_operators.resolve(op).func for op in semiring))
