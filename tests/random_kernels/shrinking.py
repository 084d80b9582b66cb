"""Making a failing random kernel small: parts are taken out for as long as it fails in the same way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Fails = Callable[[str], bool]
Path = tuple[tuple[str, int], ...]
_BODIES = ("body", "orelse")
_SPARED = ("arguments", "exchanged")


def shrink(source: str, fails: Fails, most: int = 500) -> str:
    """Return a smaller module that still fails.

    Parameters
    ----------
    source : str
        The module.
    fails : callable
        Tells whether a module fails as the first one does; one that does not run any more does not.
    most : int
        How many modules to try.
    """
    left = most
    for smaller in (_without_statement, _with_simpler_expression):
        changed = True
        while changed and left > 0:
            before = source
            source, left = _one_pass(source, fails, smaller, left)
            changed = source != before
    return source


def _one_pass(source: str, fails: Fails, smaller: Callable[[str], Iterator[str]], left: int) -> tuple[str, int]:
    """Try what can be left out, each once; after a success go on from the same place."""
    position = 0
    while left > 0:
        candidates = list(smaller(source))
        for trial in candidates[position:]:
            left -= 1
            if fails(trial):
                source = trial
                break
            position += 1
            if left <= 0:
                break
        else:
            break
    return source, left


# ---- statements


def _without_statement(source: str) -> Iterator[str]:
    """Yield modules without a statement, or with its body in its place; the largest statements first."""
    places = sorted(_places(ast.parse(source)), key=lambda place: -place[3])
    for path, name, index, _ in places:
        for unwrapped in (False, True):
            tree = ast.parse(source)
            statements = getattr(_at(tree, path), name)
            statement = statements[index]
            if unwrapped and not isinstance(statement, (ast.If, ast.For, ast.While)):
                continue
            statements[index : index + 1] = statement.body if unwrapped else []
            if not statements and name == "body":
                statements.append(ast.Pass())
            yield ast.unparse(ast.fix_missing_locations(tree))


def _functions(tree: ast.Module) -> Iterator[tuple[int, ast.FunctionDef]]:
    for k, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name not in _SPARED:
            yield k, node


def _places(tree: ast.Module) -> Iterator[tuple[Path, str, int, int]]:
    """Yield every statement: the path to its parent, the block and the place where it stands there, and its size."""
    for k, node in _functions(tree):
        yield from _inside(node, (("body", k),))


def _inside(node: ast.AST, path: Path) -> Iterator[tuple[Path, str, int, int]]:
    for name in _BODIES:
        for k, child in enumerate(getattr(node, name, [])):
            if not isinstance(child, ast.Pass):
                yield path, name, k, sum(1 for _ in ast.walk(child))
            yield from _inside(child, (*path, (name, k)))


def _at(tree: ast.AST, path: Path) -> ast.AST:
    for name, index in path:
        tree = getattr(tree, name)[index]
    return tree


# ---- expressions


def _with_simpler_expression(source: str) -> Iterator[str]:
    """Yield modules in which one of its operands stands for an expression."""
    count = sum(len(_operands(node)) for node in _expressions(ast.parse(source)))
    for wanted in range(count):
        tree = ast.parse(source)
        _replace(tree, wanted)
        yield ast.unparse(ast.fix_missing_locations(tree))


def _expressions(tree: ast.Module) -> list[ast.expr]:
    found = [node for _, function in _functions(tree) for part in function.body for node in ast.walk(part)]
    return [node for node in found if isinstance(node, (ast.BinOp, ast.BoolOp, ast.IfExp, ast.Call, ast.UnaryOp))]


def _operands(node: ast.expr) -> list[ast.expr]:
    """Return what may stand for an expression."""
    if isinstance(node, ast.Call):
        return [] if ast.unparse(node.func).startswith("jk.") else node.args
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [node.operand] if isinstance(node, ast.UnaryOp) else []


def _replace(tree: ast.Module, wanted: int) -> None:
    """Put the operand of that number in the place of its expression."""
    for node in _expressions(tree):
        operands = _operands(node)
        if wanted < len(operands):
            _Swap(node, operands[wanted]).visit(tree)
            return
        wanted -= len(operands)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)
