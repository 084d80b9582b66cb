"""Elements and layouts of arrays, each by a name."""

from __future__ import annotations

import numpy as np

LAYOUTS = (
    "plain",
    "fortran",
    "reversed",
    "every other",
    "turned",
    "behind",
    "unaligned",
    "read-only",
    "swapped",
    "repeated",
)
"""What `laid` takes."""


def numbers(seed, dtype, shape, kind="small"):
    """Return elements of a kind: small, few, whole, special, missing, equal, ascending, descending, far, near one."""
    rng, dtype = np.random.default_rng(seed), np.dtype(dtype)
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        x = np.empty(shape, dtype)
        x.real, x.imag = numbers(seed, part, shape, kind), numbers(seed + 1, part, shape, kind)
        return x
    n = int(np.prod(shape))
    if kind == "equal":
        x = np.ones(n)
    elif kind == "few":
        x = rng.integers(0, 3, n)
    elif kind == "near one":
        x = rng.choice([-1, 1], n) * (rng.uniform(0.9, 1.1, n) if dtype.kind == "f" else 1)
    elif kind in ("whole", "ascending", "descending") and dtype.kind in "iu":
        x = rng.integers(0, 256, n * dtype.itemsize, np.uint8).view(dtype)
    elif dtype.kind in "iu":
        x = rng.integers(0 if dtype.kind == "u" else -50, 50, n)
    elif dtype.kind == "b":
        x = rng.random(n) < 0.5
    else:
        x = rng.standard_normal(n)
        if kind == "whole":
            x *= 10.0 ** rng.integers(-4, 4, n)
    if dtype.kind in "iu":
        x = x.astype(np.int64, copy=False).astype(dtype) if x.dtype != dtype else x
        if kind == "special":
            limits = np.iinfo(dtype)
            x = np.where(rng.random(n) < 0.3, rng.choice(np.array([limits.min, limits.max, 0, 1], dtype), n), x)
        if kind == "far" and n:
            x[n // 2] = np.iinfo(dtype).max
    x = x.astype(dtype, copy=False)
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        odd = {
            "special": [
                np.nan,
                -np.nan,
                np.inf,
                -np.inf,
                0.0,
                -0.0,
                limits.max,
                -limits.max,
                limits.smallest_subnormal,
            ],
            "missing": [np.nan, 0.0, -0.0, 1.0],
            "far": [0.0],
        }.get(kind, [])
        if odd:
            x = np.where(rng.random(n) < rng.choice([0.02, 0.3]), rng.choice(np.array(odd, dtype), n), x)
    if kind == "ascending":
        x = np.sort(x)
    elif kind == "descending":
        x = np.sort(x)[::-1].copy()
    return x.reshape(shape)


def laid(x, layout):
    """Return the same elements in another layout."""
    if layout == "fortran":
        return np.asfortranarray(x)
    if layout == "reversed":
        return np.flip(np.flip(x).copy())
    if layout == "every other":
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if layout == "turned":
        return np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(x.ndim - 1, *range(x.ndim - 1))
    if layout == "behind":
        return np.concatenate([np.ravel(x)[:1], np.ravel(x)])[min(1, x.size) :].reshape(x.shape)
    if layout == "unaligned":
        return np.frombuffer(bytearray(b"\0" + x.tobytes()), x.dtype, x.size, 1).reshape(x.shape)
    if layout == "read-only":
        x.setflags(write=False)
    if layout == "swapped":
        return x.astype(x.dtype.newbyteorder())
    if layout == "repeated":
        return np.broadcast_to(x[:1], x.shape)
    return x


def room(shape, dtype, layout):
    """Return where a result goes: part of a larger array, whose other elements stay as they are."""
    shape, seven = (shape,) if isinstance(shape, int) else tuple(shape), np.dtype(dtype).type(7)
    if layout == "fortran":
        return np.full(shape, seven, dtype, order="F")
    if layout == "reversed" and shape:
        return np.flip(np.full(shape, seven, dtype))
    if layout == "every other" and shape:
        return np.full((*shape[:-1], 2 * shape[-1] + 1), seven, dtype)[..., 1::2]
    if layout == "behind":
        return np.full(int(np.prod(shape)) + 2, seven, dtype)[1:-1].reshape(shape)
    return np.full(shape, seven, dtype)
