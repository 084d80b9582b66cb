"""The command line: `jitkit`, or `python -m jitkit`.

`commands` says what can be typed; each command has a file of its own, which is imported when it runs.
"""

from .commands import main as main
