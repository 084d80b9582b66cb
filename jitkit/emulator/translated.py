"""An entry as LLVM IR, with what a launch must know of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A kernel's parameter: `type` is PTX's, ``"b8"`` with a `size` for a struct."""

    name: str
    type: str
    size: int
    align: int
    offset: int


@dataclass(frozen=True)
class Translation:
    """An entry as LLVM IR, and what a launch must know of it.

    Parameters
    ----------
    llvm : str
        The text of an LLVM module that defines ``@emulator.thread`` (see `records`); empty where only its machine code
        was kept.
    entry : str
        The entry's name.
    suspends : bool
        Whether a thread is a coroutine.
    parameters : tuple of Parameter
        The parameters in order.
    parameter_size : int
        The bytes that they take together.
    shared_static : int
        The bytes of shared memory of fixed size; the dynamic part begins there, aligned to 16.
    uses_dynamic_shared : bool
        Whether there is a shared array of unknown size.
    directives : dict
        ``maxntid`` and the like, out of the entry's head.
    flushing : bool
        Whether the processor is to take subnormal numbers for 0 while it runs.
    """

    llvm: str
    entry: str
    suspends: bool
    parameters: tuple[Parameter, ...]
    parameter_size: int
    shared_static: int
    uses_dynamic_shared: bool
    directives: dict[str, tuple[int, ...]]
    flushing: bool = False
