"""Run many random checks of the primitives: ``python -m tests.random_primitives --count 2000 --seed 0 --backend cpu``.

Prints the seed of each check that fails, what is wrong, and a program that shows it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does


def main() -> int:
    """Run the checks; return 1 where one fails."""
    options = _options()
    if options.backend == "cuda" and not options.gpu:
        os.environ["JITKIT_CUDA_EMULATOR"] = "1"
    from random_primitives.checking import FAMILIES, check_of, reproduction
    from random_primitives.isolation import isolated

    families, begun = tuple(options.family or FAMILIES), time.monotonic()
    seeds = range(options.seed, options.seed + options.count)
    failed = []
    for seed, wrong in isolated(seeds, options.backend, families, options.seconds):
        failed.append(seed)
        check = check_of(seed, options.backend, families)
        print(f"seed {seed}: {check.call}\n  {wrong}", flush=True)
        if options.source:
            print(reproduction(check), flush=True)
    print(f"{len(seeds)} checks in {time.monotonic() - begun:.0f} s, {len(failed)} failed: {failed}")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.random_primitives", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--count", type=int, default=100, help="how many seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--backend", choices=["python", "cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--family", nargs="+", choices=["reductions", "scans", "sorts", "bins", "maps"], help="only these"
    )
    parser.add_argument("--gpu", action="store_true", help="cuda on a real GPU; by default in the emulator")
    parser.add_argument("--seconds", type=float, default=600, help="how long one check may take")
    parser.add_argument("--no-source", dest="source", action="store_false", help="print no programs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
