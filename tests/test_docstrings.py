"""The examples in docstrings of the public functions: each runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import jitkit

# Of the emulator and the backends only what users call is public, and that is in modules of its own.
INTERNAL = ("jitkit.backends", "jitkit.emulator", "jitkit.frontend")


def modules():
    found = pkgutil.walk_packages(jitkit.__path__, "jitkit.")
    return sorted(module.name for module in found if not module.name.startswith(INTERNAL))


def examples(name):
    return [
        test for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)) if test.examples
    ]


@pytest.mark.parametrize("name", modules())
def test_examples_print_what_they_say(name):
    for test in examples(name):
        said = []
        outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
        assert not outcome.failed, "".join(said)
