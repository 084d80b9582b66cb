"""vectorize: an object like a NumPy ufunc from a function of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.frontend import operations
from jitkit.launch.arguments import is_device_array
from jitkit.launch.choice import checked
from jitkit.plans import remember
from jitkit.primitives import _arrays, _foreign, _functions, _values
from jitkit.primitives._again import Again
from jitkit.primitives._lazy import Lazy, Number, broadcast_to
from jitkit.primitives._reduceat import INT64, reduceat
from jitkit.primitives.map import Mapping, mapped, remember_short
from jitkit.primitives.reduce import reduce
from jitkit.primitives.scan import scan
from jitkit.primitives.segment_reduce import filled_segments

_ndarray = np.ndarray


class Vectorized:
    """A function of numbers that takes arrays, element by element; made by `vectorize`.

    Attributes
    ----------
    func : callable
        The function itself.
    nin, nout, nargs : int
        How many arrays it takes, how many it returns, and both together.
    signature : None
        It works on single elements.
    identity : number or None
        What changes nothing, where the function stands for an operator that has such a number.
    """

    signature = None

    def __init__(self, func: Any, dtype: DTypeLike | None, backend: str | None, name: str | None) -> None:
        self.func, self.dtype, self.backend = func, dtype, backend and checked(backend, "jk.vectorize")
        self.nin = _nin(func)
        _values.check_count(self.nin, "vectorize")
        self.__name__: str = name or str(getattr(func, "__name__", func))
        self.__qualname__ = self.__name__
        self.__doc__ = getattr(func, "__doc__", None)
        self.__wrapped__ = func
        self._plans: dict[Any, Mapping] = {}
        self._short: dict[Any, Mapping] = {}  # by the first array alone: compiled code looks at the others
        self._again = Again("map")

    @property
    def nout(self) -> int:
        """How many arrays it returns: the length of the tuples that the function returns, for floats, integers or bools."""
        found = self.__dict__.get("_nout")
        if found is None:
            found = self._nout = _nout(self.func, self.nin)
        return found

    @property
    def nargs(self) -> int:
        """How many arrays it takes and returns."""
        return self.nin + self.nout

    @property
    def identity(self) -> Any:
        """What changes nothing, as NumPy's ufunc of the same operator has it."""
        if self.nin != 2:
            return None
        from jitkit.primitives._operators import resolve

        ufunc = resolve(self.func).ufunc
        return None if ufunc is None else ufunc.identity

    def __repr__(self) -> str:
        return f"<jitkit vectorized {self.__name__}, {self.nin} in, {self.nout} out>"

    def __call__(
        self,
        *inputs: Any,
        out: Any = None,
        where: Any = True,
        dtype: DTypeLike | None = None,
        backend: str | None = None,
    ) -> Any:
        """Return the function of the elements of arrays, broadcast.

        Parameters
        ----------
        *inputs : array_like, device array or lazy array
            One for each parameter of the function; as with NumPy, Python numbers take the type of the arrays beside them.
            Arrays of other libraries that have `__array_ufunc__` (pandas, xarray, dask) keep their type.
        out : array or tuple of arrays, optional
            Where the results go, in the common shape.
        where : array_like of bool, optional
            Where to compute; elsewhere the results stay as they are in `out`, and undefined without it.
        dtype : dtype, optional
            Of the results, and in which to compute: arrays that can be cast to it within their kind are.
        backend : {"python", "cpu", "cuda"}, optional
            The backend; chosen as for a launch unless given.

        Returns
        -------
        number, array, or tuple of them
            A number where all inputs are.

        Raises
        ------
        LaunchError
            For inputs that do not broadcast, and an `out` of another shape.
        TypeError
            For a wrong number of inputs, and those that no library agrees to take together.
        """
        if out is None and len(inputs) == self.nin + 1:
            inputs, out = inputs[:-1], inputs[-1]
        if where is True:
            known = self._again.enter(None, inputs, out, dtype, backend or self.backend)
            if known is not None:
                return known
        for x in inputs:
            if type(x) is _ndarray or isinstance(x, Lazy):
                plan = self._short.get((x.dtype, where is True, dtype))
                if plan is not None:
                    chosen, found = backend or self.backend, None
                    if out is None and where is True:
                        found = plan.of_new(inputs[0] if len(inputs) == 1 else inputs, x.shape, chosen)
                    if found is None:
                        found = plan.of_arrays(inputs, x.shape, where, out, chosen)
                    if found is not None:
                        if where is True and x is inputs[0]:
                            plan.know(self._again, None, x, dtype)
                        return found
                break
        else:
            if len(inputs) == self.nin and type(inputs[0]) in _arrays.PLAIN:
                return self(*_arrays.as_arrays(inputs, "vectorize"), out=out, where=where, dtype=dtype, backend=backend)
        if len(inputs) != self.nin:
            raise TypeError(f"{self.__name__} takes {self.nin} arrays, not {len(inputs)}")
        if _foreign.among(inputs, out, where):
            return _foreign.call(self._on(backend), "__call__", inputs, out=out, where=where, dtype=dtype)
        chosen, kind = backend or self.backend, dtype if dtype is not None else self.dtype
        given = [_arrays.operand(x, "vectorize") for x in inputs]
        plan, results = self._map(given, _without_nones(out), where, kind, chosen)
        remember_short(self._short, inputs, plan, where is True, dtype)
        return results

    def _map(self, given: list[Any], out: Any, where: Any, dtype: Any, backend: str | None) -> tuple[Mapping, Any]:
        mask = None if where is True else _arrays.array(where, "vectorize")
        if mask is not None and operands.dtype_of(mask) != np.bool_:
            raise KernelTypeError(f"{self.__name__}: where= is an array of bool, not of {operands.dtype_of(mask)}")
        given, mask, shape = self._broadcast(given, mask, out)
        dtypes = tuple(map(operands.dtype_of, given))
        key = (dtypes, dtype, mask is None)
        plan = self._plans.get(key)
        if plan is None:
            computed_in = None if dtype is None else operands.dtype_named(dtype, "vectorize")
            made = Mapping(self.func, dtypes, dtype, self.__name__, mask is not None, computed_in)
            plan = remember(self._plans, key, made)
        results = mapped(plan, given, mask, out, shape, backend, self.__name__)
        return plan, results if shape or out is not None else _arrays.each(_number, results)

    def _broadcast(self, given: list[Any], mask: Any, out: Any) -> tuple[list[Any], Any, tuple[int, ...]]:
        arrays = [x for x in (*given, mask) if x is not None]
        shapes = {tuple(x.shape) for x in arrays if x.shape}
        if out is not None:
            shapes |= {tuple(o.shape) for o in (out if isinstance(out, tuple) else (out,)) if hasattr(o, "shape")}
        if len(shapes) <= 1:
            shape = next(iter(shapes), ())
        else:
            if any(_arrays.device_of(x) is not None for x in arrays):
                raise LaunchError(
                    f"{self.__name__}: arrays on a GPU have one shape, not {' and '.join(map(str, shapes))}"
                )
            try:
                shape = np.broadcast_shapes(*shapes)
            except ValueError:
                raise LaunchError(
                    f"{self.__name__}: arrays of the shapes {' and '.join(map(str, sorted(shapes)))} do not broadcast"
                ) from None
        fitted = [_fitted(x, shape) for x in given]
        return fitted, None if mask is None else _fitted(mask, shape), shape

    def reduce(
        self,
        array: Any,
        axis: Any = 0,
        dtype: DTypeLike | None = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
        *,
        backend: str | None = None,
    ) -> Any:
        """Combine the elements along an axis (None: all); the function has to be associative. See `jitkit.reduce`."""
        self._operator("reduce")
        if _foreign.among((array,), out, where):
            return _foreign.call(
                self._on(backend), "reduce", (array,), axis=axis, dtype=dtype, out=out, keepdims=keepdims,
                initial=initial, where=where,
            )  # fmt: skip
        out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        return reduce(
            self.func, array, axis=axis, initial=initial, where=None if where is True else where, out=out, dtype=dtype,
            keepdims=keepdims, backend=backend or self.backend,
        )  # fmt: skip

    def accumulate(
        self,
        array: Any,
        axis: int = 0,
        dtype: DTypeLike | None = None,
        out: Any = None,
        *,
        backend: str | None = None,
    ) -> Any:
        """Return, for each element, those up to it along an axis combined; the function has to be associative.

        See `jitkit.scan`.
        """
        self._operator("accumulate")
        if (out is not None or type(array) is not _ndarray) and _foreign.among((array,), out, True):
            return _foreign.call(self._on(backend), "accumulate", (array,), axis=axis, dtype=dtype, out=out)
        out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        return scan(self.func, array, axis=axis, dtype=dtype, out=out, backend=backend or self.backend)

    def reduceat(
        self,
        array: Any,
        indices: Any,
        axis: int = 0,
        dtype: DTypeLike | None = None,
        out: Any = None,
        *,
        backend: str | None = None,
    ) -> Any:
        """Combine the elements from each index to the next along an axis; the function has to be associative.

        The definition is that of `numpy.ufunc.reduceat`: where an index is not less than the next, the element there.
        """
        vectors = type(array) is type(indices) is _ndarray and array.ndim == indices.ndim == 1 and axis == 0
        if vectors and out is dtype is None and indices.dtype is INT64:  # as mostly, in 0.2 us less
            found = filled_segments(self.func, array, indices, backend or self.backend)
            if found is not None:
                return found
        if self.nin != 2:
            self._operator("reduceat")
        if (out is not None or type(array) is not _ndarray) and _foreign.among((array,), out, True):
            return _foreign.call(self._on(backend), "reduceat", (array, indices), axis=axis, dtype=dtype, out=out)
        out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        return reduceat(self.func, array, indices, axis, dtype, out, backend or self.backend)

    def outer(self, a: Any, b: Any, /, **options: Any) -> Any:
        """Return the function of each element of `a` with each of `b`; options as for a call."""
        self._operator("outer")
        if not options and type(a) is type(b) is _ndarray and a.ndim and b.ndim:
            plan = self._short.get((a.dtype, True, None))
            found = None
            if plan is not None:
                pair = (a.reshape(a.shape + (1,) * b.ndim), b)
                found = plan.of_arrays(pair, a.shape + b.shape, True, None, self.backend)
            if found is not None:
                return found
        if _foreign.among((a, b), options.get("out"), True):
            return _foreign.call(self._on(options.pop("backend", None)), "outer", (a, b), **options)
        a, b = _arrays.array(a, "vectorize"), _arrays.array(b, "vectorize")
        return self(a.reshape((*a.shape, *(1,) * len(b.shape))), b, **options)

    def _operator(self, method: str) -> None:
        if self.nin != 2:
            raise LaunchError(
                f"{self.__name__}.{method} is for functions of two arguments that return one number; this one takes {self.nin}"
            )

    def _on(self, backend: str | None) -> Vectorized:
        """Return what computes the same, on a backend if one is given."""
        if backend is None:
            return self
        return Vectorized(self.func, self.dtype, backend, self.__name__)


def _nin(func: Any) -> int:
    found = _functions.standing_for(func)
    known = operations.lookup(found)
    if known is not None:
        return operations.arity(known)
    code = getattr(found, "__code__", None)
    if code is None:
        raise KernelTypeError(f"jk.vectorize takes a function, a NumPy ufunc or its name, not {func!r}")
    return code.co_argcount - len(found.__defaults__ or ())  # type: ignore[no-any-return]


def _nout(func: Any, nin: int) -> int:
    function = _functions.function_of(func, nin, "vectorize")
    for kind in (np.float64, np.int64):
        try:
            return len(_functions.result_dtypes(function, (np.dtype(kind),) * nin, "vectorize"))
        except KernelTypeError:
            continue
    return len(_functions.result_dtypes(function, (np.dtype(np.bool_),) * nin, "vectorize"))


def _fitted(x: Any, shape: tuple[int, ...]) -> Any:
    return x if tuple(x.shape) == shape or isinstance(x, Number) else broadcast_to(x, shape)


def _number(x: Any) -> Any:
    return x.reshape((1,)).copy_to_host()[0] if is_device_array(x) and hasattr(x, "copy_to_host") else x[()]


def _without_nones(out: Any) -> Any:
    """Return `out` as `map` takes it: NumPy's protocol gives a tuple, even of one array."""
    if isinstance(out, tuple):
        if all(o is None for o in out):
            return None
        return out[0] if len(out) == 1 else out
    return out


@overload
def vectorize(
    f: Any, /, *, dtype: DTypeLike | None = None, backend: str | None = None, name: str | None = None
) -> Vectorized: ...


@overload
def vectorize(
    *, dtype: DTypeLike | None = None, backend: str | None = None, name: str | None = None
) -> Callable[[Any], Vectorized]: ...


def vectorize(
    f: Any = None, /, *, dtype: DTypeLike | None = None, backend: str | None = None, name: str | None = None
) -> Vectorized | Callable[[Any], Vectorized]:
    """Make an object like a NumPy ufunc of a function of numbers; also a decorator.

    Parameters
    ----------
    f : callable or str
        A function of up to 6 numbers, as for `map`; it returns a number, or a tuple of up to 6.
    dtype : dtype, optional
        Of the results of every call that gives none; by default what `f` returns.
    backend : {"python", "cpu", "cuda"}, optional
        The backend of every call that gives none.
    name : str, optional
        The name in messages; by default the function's.

    Returns
    -------
    Vectorized
        Called like a ufunc, with `out`, `where` and `dtype`; of a function of two numbers it has the methods `reduce`,
        `accumulate`, `reduceat` and `outer`.

    Raises
    ------
    KernelTypeError
        Where `f` is no function.

    Notes
    -----
    Types follow NumPy 2 (NEP 50): Python numbers never widen the type of an array. Parameters of `f` that have a default
    are not inputs. Reductions take the function to be associative, and combine elements in another order than NumPy's
    loop; operands stay in order. The protocol is that of NEP 13.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.vectorize
    ... def clipped(x, low, high):
    ...     return min(max(x, low), high)
    >>> clipped(np.array([-1.0, 0.5, 3.0]), 0, 1)
    array([0. , 0.5, 1. ])
    >>> jk.vectorize("add").reduce(np.arange(5))
    np.int64(10)
    """
    if f is None:
        return lambda function: Vectorized(function, dtype, backend, name)
    return Vectorized(f, dtype, backend, name)
