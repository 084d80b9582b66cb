"""What a kernel body may say about its group, and what it means when the kernel is interpreted.

Whatever interprets a kernel sets the work-item that runs in this thread with `entered` (or `here.item`); the functions
ask that object, so each way of interpreting gives them its own meaning. Compiled backends never call them: the frontend
turns them into operations.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from jitkit.errors import KernelError

Shape = int | tuple[int, ...]
Position = int | tuple[int, ...]
"""An int in one dimension, a tuple in more."""


class WorkItem(Protocol):
    """One run of a kernel's body, as its interpreter sees it; raises `KernelError` for what it does not have."""

    def barrier(self) -> None:
        """Wait for the whole group."""

    def shared(self, site: Hashable, shape: Shape, dtype: DTypeLike) -> Any:
        """Return the group's array that belongs to a place in the source."""

    def local(self, shape: Shape, dtype: DTypeLike) -> Any:
        """Return an array of the work-item's own."""

    def local_index(self) -> Position:
        """Return the position in the group."""

    def group_index(self) -> Position:
        """Return the position of the group."""

    def group_size(self) -> Position:
        """Return the group's shape."""

    def group_reduce(self, op: Any, value: Any) -> Any:
        """Return the reduction of the group's values."""

    def group_scan(self, op: Any, value: Any) -> Any:
        """Return the reduction of the values up to this work-item's own."""

    def broadcast(self, value: Any, index: int) -> Any:
        """Return the value of one work-item."""


class _Here(threading.local):
    item: WorkItem | None = None


here = _Here()
"""``here.item`` is the work-item that runs in this thread, or None outside a kernel."""


@contextlib.contextmanager
def entered(item: WorkItem | None) -> Iterator[None]:
    """Let `item` be the work-item of this thread inside the ``with`` block."""
    before, here.item = here.item, item
    try:
        yield
    finally:
        here.item = before


class Point:
    """The work-item of a plain kernel: it has memory of its own, and no group."""

    def local(self, shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of the work-item's own."""
        return np.empty(shape, dtype)

    def _refuse(self, *_: Any) -> NoReturn:
        raise KernelError(
            "barrier, shared, local_index, group_index, group_size, group_reduce, group_scan and broadcast need a group: "
            "decorate the kernel with @jk.kernel(group=256), or group=(16, 16)"
        )

    barrier = shared = local_index = group_index = group_size = group_reduce = group_scan = broadcast = _refuse


def _item(name: str) -> WorkItem:
    item = here.item
    if item is None:
        raise KernelError(
            f"jk.{name} was called outside a kernel: it belongs in the body of a function under @jk.kernel"
            f"{'' if name == 'local' else '(group=...)'}, or in a helper that such a kernel calls"
        )
    return item


def barrier() -> None:
    """Wait until every work-item of the group has come here; writes before it are seen by reads after it.

    Every work-item of the group must reach the same barriers in the same order: a barrier in a branch or a loop is fine
    where the condition is the same for the whole group.

    Raises
    ------
    KernelError
        Outside a group kernel; interpreted, also where only part of the group reaches it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=4)
    ... def reverse(i, x):
    ...     tile = jk.shared(4, x.dtype)
    ...     l = jk.local_index()
    ...     tile[l] = x[i]
    ...     jk.barrier()
    ...     x[i] = tile[3 - l]
    >>> x = np.arange(4.0)
    >>> with jk.backend("python"):
    ...     reverse[4](x)
    >>> x
    array([3., 2., 1., 0.])
    """
    _item("barrier").barrier()


def shared(shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
    """Return an array that all work-items of the group share; each place in the source is one array for each group.

    Parameters
    ----------
    shape : int or tuple of int
        Constants, or an expression of the kernel's numbers and array shapes that is known at the launch.
    dtype : dtype
        A NumPy scalar type such as ``np.float32``, or the dtype of an array in scope: ``x.dtype``.

    Returns
    -------
    ndarray
        C-contiguous; its elements have no defined value until a work-item writes them.

    Raises
    ------
    KernelError
        Outside a group kernel.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=2)
    ... def swap(i, x):
    ...     pair = jk.shared(2, x.dtype)
    ...     pair[jk.local_index()] = x[i]
    ...     jk.barrier()
    ...     x[i] = pair[1 - jk.local_index()]
    >>> x = np.arange(4.0)
    >>> with jk.backend("python"):
    ...     swap[4](x)
    >>> x
    array([1., 0., 3., 2.])
    """
    caller = sys._getframe(1)
    array: NDArray[Any] = _item("shared").shared((caller.f_code, caller.f_lasti), shape, dtype)
    return array


def local(shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
    """Return an array that belongs to this work-item alone.

    Parameters
    ----------
    shape : int or tuple of int
        Constants.
    dtype : dtype
        A NumPy scalar type such as ``np.float32``, or the dtype of an array in scope: ``x.dtype``.

    Returns
    -------
    ndarray
        C-contiguous; its elements have no defined value until they are written.

    Raises
    ------
    KernelError
        Outside a kernel.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def rotate(i, x):
    ...     kept = jk.local(2, x.dtype)
    ...     kept[0], kept[1] = x[i, 0], x[i, 1]
    ...     x[i, 0], x[i, 1] = -kept[1], kept[0]
    >>> x = np.array([[1.0, 2.0]])
    >>> with jk.backend("python"):
    ...     rotate[1](x)
    >>> x
    array([[-2.,  1.]])
    """
    array: NDArray[Any] = _item("local").local(shape, dtype)
    return array


def local_index() -> Any:  # an int, or a tuple that users unpack
    """Return the position of this work-item in its group.

    Returns
    -------
    int or tuple of int
        An int in one dimension; from 0 to ``group_size() - 1``.

    Raises
    ------
    KernelError
        Outside a group kernel.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=2)
    ... def positions(i, out):
    ...     out[i] = jk.local_index()
    >>> out = np.empty(4, dtype=np.int64)
    >>> with jk.backend("python"):
    ...     positions[4](out)
    >>> out
    array([0, 1, 0, 1])
    """
    return _item("local_index").local_index()


def group_index() -> Any:  # an int, or a tuple that users unpack
    """Return the position of this work-item's group among the groups of the launch.

    Returns
    -------
    int or tuple of int
        An int in one dimension.

    Raises
    ------
    KernelError
        Outside a group kernel.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=2)
    ... def groups(i, out):
    ...     out[i] = jk.group_index()
    >>> out = np.empty(4, dtype=np.int64)
    >>> with jk.backend("python"):
    ...     groups[4](out)
    >>> out
    array([0, 0, 1, 1])
    """
    return _item("group_index").group_index()


def group_size() -> Any:  # an int, or a tuple that users unpack
    """Return how many work-items a group has, as in ``@jk.kernel(group=...)``.

    Returns
    -------
    int or tuple of int
        An int in one dimension.

    Raises
    ------
    KernelError
        Outside a group kernel.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=2)
    ... def sizes(i, out):
    ...     out[i] = jk.group_size()
    >>> out = np.empty(4, dtype=np.int64)
    >>> with jk.backend("python"):
    ...     sizes[4](out)
    >>> out
    array([2, 2, 2, 2])
    """
    return _item("group_size").group_size()


def group_reduce(op: Callable | str, value: Any) -> Any:
    """Return the reduction of the values of all work-items of the group, the same for each of them.

    A barrier: every work-item of the group must call it.

    Parameters
    ----------
    op : callable or str
        An associative and commutative operator of two numbers: a plain function, `min`, `max`, one of `operator`'s
        functions, a NumPy ufunc, or its name (``"add"``).
    value : number
        This work-item's value.

    Returns
    -------
    number
        Of the type of `value`.

    Raises
    ------
    KernelError
        Outside a group kernel, and where only part of the group calls it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=4)
    ... def total(i, x, out):
    ...     out[i] = jk.group_reduce(max, x[i])
    >>> out = np.empty(4)
    >>> with jk.backend("python"):
    ...     total[4](np.array([1.0, 4.0, 3.0, 2.0]), out)
    >>> out
    array([4., 4., 4., 4.])
    """
    return _item("group_reduce").group_reduce(op, value)


def group_scan(op: Callable | str, value: Any) -> Any:
    """Return the reduction of the values of the work-items up to this one, itself included.

    The order is that of the local index, the last dimension fastest. A barrier: every work-item of the group must call it.

    Parameters
    ----------
    op : callable or str
        An associative operator, as for `group_reduce`.
    value : number
        This work-item's value.

    Returns
    -------
    number
        Of the type of `value`.

    Raises
    ------
    KernelError
        Outside a group kernel, and where only part of the group calls it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=4)
    ... def running(i, x, out):
    ...     out[i] = jk.group_scan("add", x[i])
    >>> out = np.empty(4)
    >>> with jk.backend("python"):
    ...     running[4](np.array([1.0, 4.0, 3.0, 2.0]), out)
    >>> out
    array([ 1.,  5.,  8., 10.])
    """
    return _item("group_scan").group_scan(op, value)


def broadcast(value: Any, index: int = 0) -> Any:
    """Return the value that one work-item of the group holds, to all of them.

    A barrier: every work-item of the group must call it.

    Parameters
    ----------
    value : number
        This work-item's value.
    index : int, default 0
        The local index of the work-item whose value is returned; in n-D groups the linear one, last dimension fastest.

    Returns
    -------
    number
        Of the type of `value`.

    Raises
    ------
    KernelError
        Outside a group kernel, and where only part of the group calls it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel(group=4)
    ... def first(i, x, out):
    ...     out[i] = jk.broadcast(x[i])
    >>> out = np.empty(4)
    >>> with jk.backend("python"):
    ...     first[4](np.array([1.0, 4.0, 3.0, 2.0]), out)
    >>> out
    array([1., 1., 1., 1.])
    """
    return _item("broadcast").broadcast(value, index)
