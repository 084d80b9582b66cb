"""What kernels cannot do, and the nearest thing that works: the texts of the refusals."""

from __future__ import annotations

import ast

_REMEDIES: dict[type[ast.AST], tuple[str, str]] = {
    ast.List: ("a list", "use a tuple of numbers, or pass an array"),
    ast.ListComp: ("a list comprehension", "write a for loop that accumulates into a variable or an array"),
    ast.GeneratorExp: ("a generator expression", "write a for loop that accumulates into a variable"),
    ast.Dict: ("a dict", "pass an array, a named tuple or a frozen dataclass"),
    ast.DictComp: ("a dict comprehension", "pass an array, a named tuple or a frozen dataclass"),
    ast.Set: ("a set", "use a tuple of numbers, or pass an array"),
    ast.SetComp: ("a set comprehension", "use a tuple of numbers, or pass an array"),
    ast.JoinedStr: ("an f-string", "kernels have no text; print in the interpreter: jk.backend('python')"),
    ast.Lambda: ("a lambda", "define a plain function outside the kernel and call it"),
    ast.FunctionDef: ("a function defined inside", "define it outside the kernel, next to it, and call it"),
    ast.AsyncFunctionDef: ("an async function", "define a plain function outside the kernel"),
    ast.ClassDef: ("a class", "pass a named tuple or a frozen dataclass"),
    ast.Try: ("try", "test the condition with `if` before the operation"),
    ast.Raise: ("raise", "write a flag to an output array and test it after the launch"),
    ast.Assert: ("assert", "write a flag to an output array and test it after the launch"),
    ast.With: ("with", "do this outside the kernel"),
    ast.AsyncWith: ("async with", "do this outside the kernel"),
    ast.AsyncFor: ("async for", "use a for loop over range"),
    ast.Await: ("await", "do this outside the kernel"),
    ast.Yield: ("yield", "write results to an output array"),
    ast.YieldFrom: ("yield from", "write results to an output array"),
    ast.Global: ("global", "pass the value as an argument; results go to arrays"),
    ast.Nonlocal: ("nonlocal", "pass the value as an argument; results go to arrays"),
    ast.Import: ("import", "import at the top of the module"),
    ast.ImportFrom: ("import", "import at the top of the module"),
    ast.Delete: ("del", "leave the name; it costs nothing"),
    ast.Starred: ("a starred expression", "write the items out"),
    ast.Slice: ("a slice", "index elements, or leading axes (x[i] of a 2-D x)"),
    ast.Match: ("match", "use if and elif"),
    ast.Is: ("is", "compare numbers with =="),
    ast.IsNot: ("is not", "compare numbers with !="),
    ast.In: ("in", "compare with == and `or`, or loop over the elements"),
    ast.NotIn: ("not in", "compare with != and `and`, or loop over the elements"),
}


def remedy(node: ast.AST) -> tuple[str, str]:
    """Return what a syntax node is called, and what to write instead."""
    if type(node) in _REMEDIES:
        return _REMEDIES[type(node)]
    return type(node).__name__, "a kernel is made of numbers, arrays, tuples, if, for, while, range and calls"
