"""What primitives are, in NumPy or in plain loops; nothing here knows jitkit."""

from __future__ import annotations

import itertools

import numpy as np

WIDE = {"f": np.longdouble, "c": np.clongdouble}


def parts_of(x):
    """Return the arrays of a tuple, or the fields of a struct."""
    fields = getattr(x, "__dataclass_fields__", None)
    if fields is not None:
        return tuple(getattr(x, name) for name in fields)
    return x if isinstance(x, tuple) else (x,)


def like(x, parts):
    """Return parts as what they are of: a number or array, a tuple or a struct."""
    if not isinstance(x, tuple) and not hasattr(x, "__dataclass_fields__"):
        return parts[0]
    return tuple(parts) if type(x) is tuple else type(x)(*parts)


def element(x, parts, at, dtypes):
    """Return one value."""
    return like(x, [dtype.type(part[at]) for part, dtype in zip(parts, dtypes, strict=True)])


def along(x, axis):
    """Return an array with some axes last and joined, and the shape of the others."""
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(sorted(k % x.ndim for k in axes)) if x.ndim else ()
    rest = tuple(k for k in range(x.ndim) if k not in axes)
    shape, n = tuple(x.shape[k] for k in rest), int(np.prod([x.shape[k] for k in axes]))
    return x.transpose(*rest, *axes).reshape((int(np.prod(shape)), n)), shape, axes


def folded(op, x, axis=None, initial=None, where=True, keepdims=False):
    """Combine the elements along axes, one after another."""
    parts = parts_of(x)
    dtypes = [part.dtype.newbyteorder("=") for part in parts]
    taken, shape, axes = along(np.broadcast_to(where, parts[0].shape), axis)
    rows = [along(part, axis)[0] for part in parts]
    found = [np.empty(len(taken), dtype) for dtype in dtypes]
    for r in range(len(taken)):
        items = [element(x, [row[r] for row in rows], k, dtypes) for k in np.flatnonzero(taken[r])]
        if initial is not None:
            given = parts_of(initial)
            items.insert(0, like(x, [d.type(v) for d, v in zip(dtypes, given, strict=True)]))
        if not items:
            raise ValueError("nothing to combine")
        total = items[0]
        for item in items[1:]:
            total = like(x, [d.type(v) for d, v in zip(dtypes, parts_of(op(total, item)), strict=True)])
        for array, value in zip(found, parts_of(total), strict=True):
            array[r] = value
    if keepdims:
        shape = tuple(1 if k in axes else n for k, n in enumerate(parts[0].shape))
    return like(x, [array.reshape(shape)[()] for array in found])


def reduced(ufunc, x, axis=None, dtype=None, initial=None, where=True, keepdims=False):
    """Reduce by a ufunc; floats in wider ones, with no rounding to speak of."""
    options = {} if initial is None else {"initial": initial}
    if ufunc.identity is not None or where is not True:
        options["where"] = where
    given = ufunc.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)
    if given.dtype.kind in WIDE and ufunc in (np.add, np.multiply):
        wide = x if dtype is None else x.astype(dtype)
        wide = wide.astype(WIDE[given.dtype.kind])
        return ufunc.reduce(wide, axis=axis, keepdims=keepdims, **options).astype(given.dtype)[()]
    return given


def scanned(op, x, axis=-1, inclusive=True, initial=None, reverse=False, dtype=None):
    """Combine what comes up to each element, along an axis."""
    if axis is None:
        x = like(x, [part.reshape(-1) for part in parts_of(x)])
        axis = 0
    parts = [np.moveaxis(part, axis, -1) for part in parts_of(x)]
    ufunc = isinstance(op, np.ufunc)
    start = initial
    if ufunc:
        kind = np.dtype(dtype) if dtype is not None else op.accumulate(parts[0][..., :0], axis=-1).dtype
        work = WIDE.get(kind.kind, kind) if op in (np.add, np.multiply) else kind
        dtypes, parts = [kind.newbyteorder("=")], [parts[0].astype(kind).astype(work)]
        start = op.identity if start is None else start
    else:
        dtypes = [part.dtype.newbyteorder("=") for part in parts]
    if not inclusive and start is None:
        raise ValueError("an exclusive scan begins with a value")
    if ufunc:
        y = parts[0][..., ::-1] if reverse else parts[0]
        if (initial is not None) or not inclusive:
            y = np.concatenate([np.full((*y.shape[:-1], 1), np.array(start).astype(work)), y], axis=-1)
            y = op.accumulate(y, axis=-1)
            y = y[..., 1:] if inclusive else y[..., :-1]
        else:
            y = op.accumulate(y, axis=-1)
        y = (y[..., ::-1] if reverse else y).astype(dtypes[0])
        return np.moveaxis(y, -1, axis)
    found = [np.empty(part.shape, dtype) for part, dtype in zip(parts, dtypes, strict=True)]
    begin = None if start is None else like(x, [d.type(v) for d, v in zip(dtypes, parts_of(start), strict=True)])
    n = parts[0].shape[-1]
    for row in np.ndindex(parts[0].shape[:-1]):
        total = begin
        for k in range(n)[::-1] if reverse else range(n):
            item, before = element(x, [part[row] for part in parts], k, dtypes), total
            if total is None:
                total = item
            else:
                total = op(item, total) if reverse else op(total, item)
                total = like(x, [d.type(v) for d, v in zip(dtypes, parts_of(total), strict=True)])
            for array, value in zip(found, parts_of(total if inclusive else before), strict=True):
                array[(*row, k)] = value
    return like(x, [np.moveaxis(array, -1, axis) for array in found])


def order(x, axis=-1, descending=False):
    """Return the stable order: numbers, then NaN; equal ones as they were, in either direction."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    x = x.astype(x.dtype.newbyteorder("="))
    missing = np.isnan(x)
    _, rank = np.unique(np.where(missing, x.dtype.type(0), x), return_inverse=True)
    rank = rank.reshape(x.shape).astype(np.int64)
    return np.argsort(np.where(missing, 1, -rank), axis=axis, kind="stable")


def arranged(x, at, axis=-1):
    """Return elements, or those of each array of a tuple or struct, in an order."""
    parts = [part.reshape(-1) if axis is None else part for part in parts_of(x)]
    taken = [np.take_along_axis(part, at, 0 if axis is None else axis) for part in parts]
    return like(x, [part.astype(part.dtype.newbyteorder("=")) for part in taken])


def distinct(x, return_index=False, **options):
    """Return what `numpy.unique` does; NumPy sorts stably where it is asked for the index, and NaN are then in order."""
    found = np.unique(x, return_index=True, **options)
    parts = found[:1] + found[1 if return_index else 2 :]
    return parts if len(parts) > 1 else parts[0]


def runs(keys):
    """Return where runs of equal neighbours begin, and where the last ends."""
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
    return begins, np.append(begins, len(keys)) if len(keys) else np.zeros(1, np.int64)


def by_segment(op, x, offsets, initial=None, dtype=None):
    """Combine the elements of each segment."""
    parts = parts_of(x)
    found = []
    for a, b in itertools.pairwise(offsets):
        piece = like(x, [part[a:b] for part in parts])
        ufunc = isinstance(op, np.ufunc)
        found.append(reduced(op, piece, dtype=dtype, initial=initial) if ufunc else folded(op, piece, initial=initial))
    if isinstance(op, np.ufunc):
        kind = op.reduce(parts[0][:0]).dtype if op.identity is not None else parts[0].dtype
        return np.array(found, kind.newbyteorder("="))
    columns = list(zip(*map(parts_of, found), strict=True)) or [()] * len(parts)
    return like(x, [np.array(c, p.dtype.newbyteorder("=")) for c, p in zip(columns, parts, strict=True)])


def scanned_by_key(op, keys, x, inclusive=True, initial=None):
    """Scan each run of equal keys by itself."""
    _, ends = runs(keys)
    pieces = [(a, b) for a, b in itertools.pairwise(ends)] or [(0, 0)]
    scans = [
        parts_of(scanned(op, like(x, [part[a:b] for part in parts_of(x)]), 0, inclusive, initial)) for a, b in pieces
    ]
    return like(x, [np.concatenate(columns) for columns in zip(*scans, strict=True)])


def sum_bound(x, axis=None, keepdims=False, initial=0):
    """Return by how much a sum of floats may be off: blocks of runs of 16 add about forty rounding errors."""
    if x.dtype.kind not in "fc":
        return 0
    wide = np.abs(x.astype(WIDE[x.dtype.kind]))
    wide = np.where(np.isfinite(wide), wide, 0)
    n = max(2, x.size)
    return (
        (40 + np.log2(n)) * np.finfo(x.dtype).eps * (np.add.reduce(wide, axis=axis, keepdims=keepdims) + abs(initial))
    )


def scan_bound(x, axis=-1, initial=0):
    """Return the same for every sum up to an element, in either direction."""
    if axis is None:
        return sum_bound(x, initial=initial)
    return sum_bound(x, axis, True, initial)


def product_bound(wanted, n):
    """Return by how much a product of n floats may be off."""
    kind = np.asarray(wanted).dtype
    return (4 + n) * np.finfo(kind).eps * np.abs(wanted) if kind.kind in "fc" else 0
