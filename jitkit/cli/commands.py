"""What can be typed: the commands and their options. Each command imports the file that does its work when it runs.

So `jitkit --help` imports click and nothing heavier: no NumPy, no Numba, no tables.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from jitkit import __version__
from jitkit.cli.failures import in_one_sentence

_BACKENDS = click.Choice(("python", "cpu", "cuda"))
_COMPILED = click.Choice(("cpu", "cuda"))
_VIEWS = ("summary", "types", "llvm", "asm", "ptx", "sass")


class Commands(click.Group):
    """A group whose commands end in one sentence when they cannot do what was asked."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed."""
        with in_one_sentence():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        return list(self.commands)


def size_of(ctx: click.Context, option: click.Parameter, text: str | None) -> str | int | None:
    """Return an int for a number; whether the case has a size of any other name is the case's to say."""
    return int(text) if text is not None and re.fullmatch(r"[+-]?\d+", text) else text


def sizes_of(ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[str | int | None, ...]:
    """Return an int for each number among the sizes."""
    return tuple(size_of(ctx, option, text) for text in texts)


def capability_of(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Return (major, minor)."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,2})\.(\d)", text)
    if not found:
        raise click.BadParameter(f"a compute capability is written like 9.0, not {text!r}")
    return int(found[1]), int(found[2])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jitkit", message="%(prog)s %(version)s")
def main() -> None:
    """Numerical kernels written once in Python, run interpreted, on all CPU cores, and on the GPU."""


@main.command()
@click.option("--size", type=click.Choice(("small", "large")), default="small", show_default=True, help="Of the plate.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw the plate and the speedups (.png).")
def demo(size: str, plot: Path | None) -> None:
    """Run one kernel on every backend, check it and time it.

    The kernel is the case `heat`. Each backend is compared with the NumPy reference and with the others; a disagreement
    ends the command with exit code 1.
    """
    from jitkit.cli import demo as work

    work.show(size, plot)


@main.command()
def doctor() -> None:
    """Say what is installed, what is missing, and how to get it.

    Exit code 1 where something is broken that should work: a trivial kernel is compiled and run. What is optional and
    absent (a GPU, say) breaks nothing.
    """
    from jitkit.cli import doctor as work

    work.show()


@main.command(name="list")
def list_cases() -> None:
    """List the cases that come with jitkit."""
    from jitkit.cli import catalogue as work

    work.show()


@main.command()
@click.argument("name")
@click.option("--backend", type=_BACKENDS, help="By default what a launch would take: JITKIT_BACKEND, or cpu.")
@click.option("--size", callback=size_of, metavar="NAME|INT", help="tiny, small, large, or a number.  [default: small]")
@click.option("--dtype", help="One of the case's dtypes; by default the first.")
@click.option("--repeat", type=click.IntRange(min=1), default=10, show_default=True, help="Launches to time.")
@click.option("--threads", type=int, help="Threads of the cpu backend; by default all processors.")
def run(name: str, **options: Any) -> None:
    """Run a case, check it against its NumPy reference and time it.

    NAME is one of those that `jitkit list` shows. GB/s and GFLOP/s are the least memory traffic and arithmetic that the
    case needs, over the median time. The interpreter's default size is tiny. Exit code 1 where the results are not
    those of the reference.
    """
    from jitkit.cli import run as work

    work.show(name, work.Options(**options))


@main.command()
@click.argument("target", metavar="CASE|MODULE_OR_FILE:KERNEL")
@click.option("--backend", "backends", type=_BACKENDS, multiple=True, help="May be repeated; by default all there are.")
@click.option("--size", "sizes", callback=sizes_of, multiple=True, metavar="NAME|INT", help="May be repeated.")
@click.option("--dtype", help="One of the case's dtypes; by default the first.")
@click.option("--seconds", type=click.FloatRange(min=0), default=0.5, show_default=True, help="For each line.")
@click.option("--threads", type=int, help="Threads of the cpu backend; by default all processors.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw times and the roofline (.png).")
def bench(target: str, **options: Any) -> None:
    """Time a kernel on each backend, beside the interpreter and NumPy.

    Each side is checked before it is timed. GB/s and GFLOP/s are of the least memory traffic and arithmetic that the
    problem needs; "of roofline" is how close that comes to what this machine was measured to do (over 100 % where caches
    hold the data). A case is timed at the sizes small and large. For a kernel of your own, the module says how to launch
    it: by JITKIT_WARM (see `jitkit warm`), or for several sizes, and beside NumPy, by

    \b
    JITKIT_BENCH = {
        "blur": {"make": make_blur, "sizes": [256, 2048], "numpy": blur_in_numpy, "flops": 9},
    }

    make_blur(size) returns the launch space and the tuple of arguments; blur_in_numpy(*arguments) what the kernel writes;
    flops are those of a point. Only "make" and "sizes" are needed.
    """  # noqa: D301
    from jitkit.cli import bench as work

    work.show(target, work.Options(**options))


@main.command()
@click.argument("target", metavar="MODULE_OR_FILE:KERNEL")
@click.option("--backend", type=_COMPILED, help="By default the one that has what is to be shown.")
@click.option("--cc", callback=capability_of, metavar="9.0", help="Generate for such a GPU; none need be here.")
@click.option("--args", "types", metavar="TYPES", help="The types of the arguments behind the indices.")
@click.option("--show", "view", type=click.Choice(_VIEWS), default="summary", show_default=True, help="What to show.")
def inspect(target: str, **options: Any) -> None:
    """Show the code that is generated for a kernel.

    MODULE_OR_FILE is the name of a case, a dotted module, or a path to a .py file. KERNEL may be left out where there
    is only one. A case knows its types; other kernels need TYPES, separated by commas: bool, int, float and complex
    for Python numbers, a dtype for a NumPy scalar, and a dtype with a colon for each dimension for an array.

    \b
    jitkit inspect heat
    jitkit inspect heat --show ptx --cc 8.0
    jitkit inspect my_kernels.py:blur --args "float32[:,:], float32[:,:], float"
    """  # noqa: D301 (click's mark for lines to be left as they are is a real backspace)
    from jitkit.cli import inspection as work

    work.show(target, work.Options(**options))


@main.command()
@click.argument("target", metavar="MODULE_OR_FILE")
@click.option("--backend", type=_COMPILED, help="By default what a launch would take.")
def warm(target: str, backend: str | None) -> None:
    """Compile a module's kernels ahead of time.

    Later processes find them in the cache. MODULE_OR_FILE is the name of a case, a dotted module, or a path to a .py
    file. Compiling needs argument types: a case knows them (`jitkit warm jitkit.cases` compiles all of them); another
    module lists launches to prepare, which are compiled and not run:

    \b
    JITKIT_WARM = [
        (blur, (8, 8), (np.ones((8, 8)), np.ones((8, 8)), 0.5)),
    ]

    Each entry is a kernel, a launch space and the tuple of arguments. Of these only the types of the arguments matter,
    and of the space the number of dimensions and whether its last step is 1.
    """  # noqa: D301
    from jitkit.cli import warm as work

    work.show(target, backend)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("target", metavar="SCRIPT|MODULE_OR_FILE:FUNCTION")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--shuffle", "seed", type=int, metavar="SEED", help="Shuffle the order of groups and their work-items.")
def check(target: str, arguments: tuple[str, ...], seed: int | None) -> None:
    """Look for mistakes in kernels: run a program with every launch watched.

    SCRIPT is run as Python would run it, with ARGUMENTS; FUNCTION is called without arguments. A kernel in the place of
    FUNCTION, or the name of a case, is launched as its case or the module's JITKIT_WARM says (see `jitkit warm`). All
    launches, whatever their backend, are interpreted: choose a small size.

    \b
    jitkit check heat
    jitkit check simulation.py --size 64
    jitkit check my_kernels.py:main

    Found are races, indices outside an array, reads of memory that nothing has written, barriers that only part of a
    group reaches, integer overflow, division by zero, and NaNs made from numbers. Exit code 1 where there are any.
    """  # noqa: D301
    from jitkit.cli import check as work

    work.show(target, arguments, seed)


@main.group()
def cache() -> None:
    """Look at the compiled code that is kept, or remove it."""


@cache.command(name="info")
def cache_info() -> None:
    """Say where the cache is and how much it holds."""
    from jitkit.cli import cache as work

    work.show_info()


@cache.command(name="list")
def cache_list() -> None:
    """List the entries, the most recently used first."""
    from jitkit.cli import cache as work

    work.show_entries()


@cache.command(name="clear")
def cache_clear() -> None:
    """Remove all entries."""
    from jitkit.cli import cache as work

    work.clear()
