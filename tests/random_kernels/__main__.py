"""Run many random kernels: ``python -m tests.random_kernels --count 2000 --seed 0``.

Prints the seed of each kernel that fails, and writes it, made as small as it gets, to a file that runs by itself.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the generator of expressions lies beside this package

_MAIN = """

if __name__ == "__main__":
    wanted, found = arguments(), arguments()
    kernel.on("python")[SPACE](*wanted)
    kernel.on("{backend}")[SPACE](*found)
    for name, a, b in zip(kernel.parameters[-len(wanted) :], wanted, found, strict=True):
        if not np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc"):
            print(name, "interpreted:", a, "{backend}:", b, sep="\\n")
"""


def main() -> int:
    """Run the kernels; return 1 where one fails."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="jitkit-random-") as cache:
        os.environ["JITKIT_CACHE_DIR"] = cache
        _import_compilers(options)
        failed = [
            (kind, seed)
            for seed in range(options.seed, options.seed + options.count)
            for kind in options.kind
            if _fails(kind, seed, options, Path(cache))
        ]
    print(f"{options.count * len(options.kind)} kernels, {len(failed)} failed: {failed}")
    return 1 if failed else 0


def _import_compilers(options: argparse.Namespace) -> None:
    """Import here what every kernel needs, which runs in a fork of this process, and let Numba start up once."""
    import jitkit.backends.sanitizer
    from jitkit import cases

    for name in ("heat", "block_sum"):
        case = cases.load(name)
        problem = case.problem("tiny")
        case.kernel.compile(*problem.args, space=problem.space, backend="cpu")

    if options.ptx:
        import jitkit.backends.cuda  # noqa: F401


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.random_kernels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100, help="how many seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--kind", nargs="+", choices=["plain", "group"], default=["plain", "group"])
    parser.add_argument("--backend", nargs="*", default=["cpu"], help="which must agree with the interpreter")
    parser.add_argument("--ptx", action="store_true", help="also compile PTX")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "random_kernels", help="for failures")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false", help="write failing kernels as they are")
    return parser.parse_args()


def _fails(kind: str, seed: int, options: argparse.Namespace, cache: Path) -> bool:
    from .checking import category, failure, source_of
    from .isolation import isolated
    from .shrinking import shrink

    def run(source: str, stem: str) -> str | None:
        return isolated(failure, source, cache / f"{stem}.py", options.backend, ptx=options.ptx)

    source = source_of(kind, seed)
    failed = run(source, f"{kind}_{seed}")
    if failed is None:
        return False
    print(f"{kind} seed {seed}: {failed}", flush=True)
    wanted, kept = category(failed), options.out / f"{kind}_{seed}.py"

    def keep(smaller: str) -> bool:
        """Keep a module that still fails, at once: making it small may be interrupted."""
        same = smaller is source or category(run(smaller, "trial") or "") == wanted
        if same:
            kept.write_text(smaller + _MAIN.format(backend=(options.backend or ["cpu"])[0]))
        return same

    options.out.mkdir(parents=True, exist_ok=True)
    keep(source)
    print(f"  {kept}", flush=True)
    if options.shrink:
        shrink(source, keep)
    return True


if __name__ == "__main__":
    sys.exit(main())
