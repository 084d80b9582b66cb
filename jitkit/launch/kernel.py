"""What the user touches: the decorator, ``kernel[space](...)``, and what a kernel can tell about itself."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, overload

from jitkit.errors import BackendError, JitkitError, KernelSyntaxError, KernelTypeError, LaunchError, at_source
from jitkit.launch import arguments, choice, groups, travelling, watching
from jitkit.launch.definition import Call, Definition
from jitkit.launch.space import MAX_DIMENSIONS, Space, parse
from jitkit.plans import remember

if TYPE_CHECKING:
    from jitkit.inspection import Inspection

_INTS, _BOUNDS = frozenset((int,)), frozenset((int, type(None)))
_MISSING = object()
_context, _environment, _key = choice.context, choice.environment, choice.key


class Launchable:
    """What is launched over spaces. Launches are kept: one takes 5 us to make, and 0.5 to run."""

    def __init__(self) -> None:
        self._launches: dict[Hashable, Launch] = {}

    def __getitem__(self, space: Any) -> Launch:
        # Not a bool or a float of the same value: those are refused.
        kind = type(space)
        known = kind is int or (kind is tuple and _INTS.issuperset(map(type, space)))
        key = space if known else _key_of(space)
        found = self._launches.get(key)
        if found is None:
            found = self._launch(space)
            if key is not None:
                remember(self._launches, key, found)
        return found

    def _launch(self, space: Any) -> Launch:
        raise NotImplementedError


def _key_of(space: Any) -> Hashable:
    """Return what is equal for equal slices, and tuples of them: slices have no hash. None for what may be no space."""
    key = []
    for part in space if type(space) is tuple else (space,):
        bounds = (part.start, part.stop, part.step) if type(part) is slice else (part,)
        if not _BOUNDS.issuperset(map(type, bounds)):
            return None
        key.append(bounds)
    return tuple(key)


class Kernel(Launchable, Definition):
    """A function that runs once for each point of a launch space, on any backend.

    Made by the `kernel` decorator, and launched as ``kernel[space](*args, **kwargs)``.
    """

    def __init__(
        self,
        func: Callable,
        *,
        fastmath: bool = False,
        group: int | tuple[int, ...] | None = None,
        name: str | None = None,
    ) -> None:
        if not hasattr(func, "__code__"):
            raise KernelTypeError(f"@jk.kernel takes a plain function, not {func!r}")
        name = name or func.__name__
        Launchable.__init__(self)
        Definition.__init__(self, func, fastmath, name, None if group is None else groups.parse(group, name))
        functools.update_wrapper(self, func)

    def __repr__(self) -> str:
        return f"<jitkit kernel {self.name} ({', '.join(self.parameters)})>"

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        """Pickle and copy as functions do: by name where the name leads here, else as the function and its options."""
        return travelling.reduced(self, protocol)

    def _launch(self, space: Any) -> Launch:
        return Launch(self, parse(space, self.name), None)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: a kernel without a space has no points."""
        raise KernelTypeError(
            f"{self.name} is a kernel and is launched over a space: {self.name}[n](...) or {self.name}[0:n, 0:m](...); "
            f"{self.name}.func(...) calls it for one point"
        )

    def on(self, backend: str) -> Pinned:
        """Return the kernel pinned to a backend: ``kernel.on("cpu")[space](...)``.

        Raises
        ------
        BackendError
            Where there is no such backend.
        """
        name = choice.checked(backend, f"{self.name}.on")
        found: Pinned = self.kept(("on", name), lambda: Pinned(self, name))
        return found

    @property
    def check(self) -> Tool:
        """The sanitizer: ``report = kernel.check[space](*args)`` interprets a launch and returns what is wrong with it.

        ``kernel.check(**options)[space](*args)`` hands options on to `jitkit.checking.check`. The arguments are
        written as in a launch.
        """
        return Tool(self, "jitkit.checking", "check")

    @property
    def verify(self) -> Tool:
        """The comparison: ``report = kernel.verify[space](*args)`` runs every backend there is on copies of the arguments.

        ``kernel.verify(**options)[space](*args)`` hands options on to `jitkit.verification.verify`.
        """
        return Tool(self, "jitkit.verification", "verify")

    def compile(self, *args: Any, space: Any = None, backend: str | None = None, **kwargs: Any) -> None:
        """Build the kernel for arguments of these types, without running it.

        Parameters
        ----------
        *args, **kwargs
            Arguments as in a launch; only their types matter.
        space : int, slice or tuple, optional
            A launch space; only its number of dimensions and whether its last step is 1 matter. By default as many
            dimensions as there are parameters left over, those with defaults apart.
        backend : {"python", "cpu", "cuda"}, optional
            The backend; by default the one a launch would take.
        """
        launch = self._prospective(space, backend, args, kwargs)
        launch.prepare(*args, **kwargs)

    def inspect(
        self, *args: Any, space: Any = None, backend: str | None = None, cc: tuple[int, int] = (9, 0), **kwargs: Any
    ) -> Inspection:
        """Return what is generated for arguments of these types; needs no GPU.

        Parameters
        ----------
        *args, **kwargs
            Arguments as in a launch; only their types matter.
        space : int, slice or tuple, optional
            A launch space, as in `compile`.
        backend : {"cpu", "cuda"}, optional
            What to generate for; by default the one a launch would take.
        cc : tuple of int
            The compute capability that CUDA code is generated for.

        Returns
        -------
        Inspection
            The argument types, LLVM IR and assembly and whether the inner loop is vectorised; on CUDA the PTX and, where
            the tools are installed, SASS, registers, spills and occupancy.
        """
        from jitkit.inspection import inspect as generated

        launch = self._prospective(space, backend, args, kwargs)
        values = arguments.bind(self.func, launch.ndim, args, kwargs, self.name)
        launch = launch.without_none(values)
        chosen = launch.choose(launch.backend or choice.requested(), values)
        if chosen == "python":
            raise BackendError(
                f"{self.name}.inspect: the interpreter generates no code; ask for backend='cpu' or 'cuda'"
            )
        return generated(launch, chosen, launch.engine(chosen, values), values, cc)

    def _prospective(self, space: Any, backend: str | None, args: tuple, kwargs: dict) -> Launch:
        if space is None and self.group is not None:
            space = (1,) * len(self.group)
        if space is None:
            left = len(self.parameters) - len(args) - len(kwargs)  # indices have no defaults, and are one at least
            ndim = max(min(left, 1), left - len(self.defaults.keys() - kwargs.keys()))
            if not 1 <= ndim <= MAX_DIMENSIONS:
                arguments.bind(self.func, max(1, min(ndim, MAX_DIMENSIONS)), args, kwargs, self.name)
            space = (1,) * ndim
        return Launch(self, parse(space, self.name), backend and choice.checked(backend))


class Pinned(Launchable):
    """A kernel with its backend fixed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Pinned, (self.kernel, self.backend)

    def __init__(self, kernel: Kernel, backend: str) -> None:
        super().__init__()
        self.kernel, self.backend = kernel, backend

    def _launch(self, space: Any) -> Launch:
        return Launch(self.kernel, parse(space, self.kernel.name), self.backend)


class Tool:
    """Something else to do with a launch than running it: ``kernel.check[space](*args)``.

    Parameters
    ----------
    kernel : Kernel
        The kernel.
    module, function : str
        Where to find what is called with the launch and its bound arguments.
    options : mapping
        Handed on to it.
    """

    def __init__(self, kernel: Kernel, module: str, function: str, options: dict[str, Any] | None = None) -> None:
        self.kernel, self.module, self.function, self.options = kernel, module, function, options or {}

    def __call__(self, *args: Any, **options: Any) -> Tool:
        """Return the tool with options."""
        if args:
            raise LaunchError(
                f"{self.kernel.name}.{self.function} is called over a space: {self.kernel.name}.{self.function}[n](...)"
            )
        return Tool(self.kernel, self.module, self.function, {**self.options, **options})

    def __getitem__(self, space: Any) -> Callable[..., Any]:
        launch = Launch(self.kernel, parse(space, self.kernel.name), None)
        return functools.partial(self._apply, launch)

    def _apply(self, launch: Launch, /, *args: Any, **kwargs: Any) -> Any:
        launch, values = launch.bind(args, kwargs)
        return getattr(importlib.import_module(self.module), self.function)(launch, values, **self.options)


class Launch(Call):
    """A kernel with its space, ready to be called with its arguments."""

    __slots__ = ("_drivers", "backend", "enters", "prefix")

    def __init__(self, kernel: Definition, space: Space, backend: str | None, alone: bool = False) -> None:
        super().__init__(kernel, space, alone)
        if kernel.group is not None:
            groups.check_space(kernel.group, space, kernel.name)
        self.backend = backend
        starts, steps, counts = space
        self.prefix = starts + steps + counts
        # Compiled drivers by the Python types of the arguments, shared by all launches of this kernel and shape of space.
        self._drivers: dict[Any, Any] = kernel.kept((len(counts), steps[-1] == 1), dict)
        self.enters = kernel.entries(len(counts), steps[-1] == 1)[alone]

    def __reduce__(self) -> tuple[Any, ...]:
        return Launch, (self.kernel, self.space, self.backend, self.alone)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Run the kernel over the space; see the `kernel` decorator."""
        try:
            backend = self.backend
            if backend is None:  # what choice.requested() says, without a call where nothing is requested
                backend = _context.get()
                if backend is None and _key in _environment:
                    backend = choice.requested()
            if (backend is None or backend == "cpu") and not kwargs:
                prefix = self.prefix  # the shortest way, 0.4 us in all: code for arguments of just these types
                for enter in self.enters:
                    if enter(prefix, args) is None:
                        return
            # The short way, 1 us: this kernel has met arguments of these Python types before, on the CPU.
            driver = None if kwargs else self._drivers.get((backend, *map(type, args)))
            if driver is None:
                whole = self._completed(args, kwargs)
                if whole is None:
                    self.first(args, kwargs)
                else:
                    self(*whole)
            else:
                driver(self, self.prefix, args)
        except JitkitError as error:  # the traceback ends at the user's line, not deep inside
            raise error.with_traceback(None) from error.__cause__

    def _completed(self, args: tuple, kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
        """Return keyword arguments and defaults behind the positional ones; None where there are none, or some are wrong.

        To bind them as Python does takes 70 us.
        """
        defaults = self.kernel.kept(("defaults", self.ndim), self._defaults)
        if len(args) >= len(defaults):
            return None
        whole, used = list(args), 0
        for name, default in defaults[len(args) :]:
            if name in kwargs:
                used += 1
            elif default is _MISSING:
                return None
            whole.append(kwargs.get(name, default))
        return tuple(whole) if used == len(kwargs) else None

    def _defaults(self) -> tuple[tuple[str, Any], ...]:
        """Return the parameters behind the indices with their defaults; none where some are taken as keywords alone."""
        kernel = self.kernel
        if kernel.func.__code__.co_kwonlyargcount:
            return ()
        return tuple((name, kernel.defaults.get(name, _MISSING)) for name in self.argument_names)

    def bind(self, args: tuple, kwargs: dict[str, Any]) -> tuple[Launch, tuple[Any, ...]]:
        """Return one checked value for each parameter behind the indices, and the launch that takes them."""
        values = arguments.bind(self.kernel.func, self.ndim, args, kwargs, self.kernel.name)
        launch = self.without_none(values)
        launch._check(values)
        return launch, values

    def without_none(self, values: tuple) -> Launch:
        """Return the launch of the kernel that is made for just those arguments being None which are."""
        absent = frozenset(name for name, value in zip(self.argument_names, values, strict=True) if value is None)
        return self if absent == self.kernel.absent else self._of(self.kernel.without(absent))

    def _of(self, kernel: Definition) -> Launch:
        """Return this launch of another kernel, which keeps it."""
        launches: dict[Hashable, Launch] = kernel.kept("launches", dict)
        key = self.space, self.backend, self.alone
        found = launches.get(key)
        if found is None:
            found = Launch(kernel, self.space, self.backend, self.alone)
            remember(launches, key, found)
        return found

    def _check(self, values: tuple) -> None:
        kernel, names = self.kernel, self.argument_names
        arguments.check_indices(kernel.parameters, self.ndim, kernel.facts.indexed, kernel.name)
        arguments.check(names, values, kernel.facts.written, kernel.name)
        if kernel.facts.dynamic:
            groups.check_shared(kernel.program, names, values)

    def first(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Run the kernel on arguments of types that are met for the first time: bound, checked and compiled for."""
        backend = self.backend or choice.requested()
        values = arguments.bind(self.kernel.func, self.ndim, args, kwargs, self.kernel.name)
        other = self.without_none(values)
        if other is not self:
            if not kwargs and len(args) == len(values):
                self._drivers.setdefault(
                    (backend, *map(type, args)), lambda call, _, args: call._of(other.kernel)(*args)
                )
            other(*values)
            return
        if watching.watcher is not None:
            self._check(values)
            watching.watcher(self, values)
            return
        if self.choose(backend, values) == "python":
            self._interpret(values)
            return
        engine = self.engine(backend, values)
        if not kwargs and len(args) == len(values):
            driver = engine.plan(self, values)
            if driver is not None:
                self._drivers.setdefault((backend, *map(type, args)), driver)
        engine.run(self, values)

    def choose(self, backend: str | None, values: tuple) -> str:
        """Return the backend for these arguments; refuse host and device arrays mixed."""
        pairs = zip(self.argument_names, values, strict=True)
        found = [leaf for pair in pairs for leaf in arguments.walk(*pair)]
        device = [path for path, leaf in found if arguments.is_device_array(leaf)]
        host = [path for path, leaf in found if hasattr(leaf, "__array__") and hasattr(leaf, "shape") and leaf.shape]
        host = [path for path in host if path not in device]
        if device and host:
            raise BackendError(
                f"{self.kernel.name}: {', '.join(device)} on the GPU and {', '.join(host)} on the host; "
                "move one side with jk.asarray(x, device='cuda') or jk.to_numpy(x)"
            )
        if device and backend in ("cpu", "python"):
            raise BackendError(
                f"{self.kernel.name}: backend {backend!r} was asked for, and {', '.join(device)} is on the GPU; "
                "bring it over with jk.to_numpy(x)"
            )
        return backend or ("cuda" if device else "cpu")

    def engine(self, backend: str | None, values: tuple) -> Any:
        """Return the module that runs compiled launches on the chosen backend, after checking program and arguments."""
        kernel, chosen = self.kernel, self.choose(backend, values)
        if chosen == "cpu":
            from jitkit.backends import cpu_driver
            from jitkit.backends import cpu_launch as engine

            cpu_driver.recognise(kernel)
        else:
            from jitkit.backends import cuda_launch as engine  # type: ignore[no-redef]
        self._check(values)
        if kernel.facts.debugs:
            name, lineno = kernel.program.debug_calls[0]
            message = f"{kernel.name}: {name}() runs in the interpreter only: with jk.backend('python')"
            raise KernelSyntaxError(at_source(message, kernel.program.filename, lineno))
        return engine

    def prepare(self, *args: Any, **kwargs: Any) -> None:
        """Compile for these arguments; the interpreter has nothing to prepare."""
        values = arguments.bind(self.kernel.func, self.ndim, args, kwargs, self.kernel.name)
        launch, backend = self.without_none(values), self.backend or choice.requested()
        if launch.choose(backend, values) != "python":
            launch.engine(backend, values).prepare(launch, values)

    def _interpret(self, values: tuple) -> None:
        from jitkit.backends import interpreted, interpreted_groups

        kernel = self.kernel
        self._check(values)
        values = interpreted.with_fields(self.argument_names, values)
        if kernel.group is None:
            interpreted.run(kernel.func, self.space, values)
        else:
            interpreted_groups.run_groups(kernel, self.space, kernel.group, values)


@overload
def kernel(func: Callable, /) -> Kernel: ...


@overload
def kernel(
    *, fastmath: bool = False, group: int | tuple[int, ...] | None = None, name: str | None = None
) -> Callable[[Callable], Kernel]: ...


def kernel(
    func: Callable | None = None,
    /,
    *,
    fastmath: bool = False,
    group: int | tuple[int, ...] | None = None,
    name: str | None = None,
) -> Kernel | Callable[[Callable], Kernel]:
    """Make a kernel of a plain function whose leading parameters are the indices of one point.

    Parameters
    ----------
    func : callable
        The function. It works on numbers and elements of arrays, and returns nothing.
    fastmath : bool, default False
        Also allow reassociation and reciprocals, so that sums vectorise; NaN and infinity are kept. On a GPU, float32
        numbers too small to be normal (below 1.2e-38) also become 0, as operands and as results.
    group : int or tuple of up to 3 ints, optional
        The shape of the groups whose work-items share memory and barriers, at most 1024 in all. The space then has as
        many dimensions, and is rounded up to whole groups: the body guards indices past its end.
    name : str, optional
        The kernel's name in messages and tables; by default the function's.

    Returns
    -------
    Kernel
        Launched as ``kernel[space](*args)``; nothing is compiled before the first launch.

    Raises
    ------
    KernelTypeError
        Where `func` is no plain function, or `group` no shape of a group.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def saxpy(i, a, x, y):
    ...     y[i] = a * x[i] + y[i]
    >>> y = np.ones(4, dtype=np.float32)
    >>> saxpy[4](2.0, np.arange(4, dtype=np.float32), y)
    >>> y
    array([1., 3., 5., 7.], dtype=float32)
    """
    if func is None:
        return lambda function: Kernel(function, fastmath=fastmath, group=group, name=name)
    return Kernel(func, fastmath=fastmath, group=group, name=name)
