"""Put a checkout's package into the site-packages of the Python that runs this: `install.py CHECKOUT`.

asv calls it for each commit. Copying a folder takes no time, and works for commits from before there was a pyproject.toml.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

PACKAGE = "jitkit"


def install(checkout: Path, site: Path) -> None:
    """Replace the package that is installed by that of a checkout."""
    shutil.rmtree(site / PACKAGE, ignore_errors=True)
    shutil.copytree(checkout / PACKAGE, site / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))


if __name__ == "__main__":
    install(Path(sys.argv[1]), Path(sysconfig.get_path("purelib")))
