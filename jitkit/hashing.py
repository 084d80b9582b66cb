"""The hash that names what is kept: Python's own, not by way of hashlib, which loads OpenSSL in 4 ms of a first launch's 60."""

from __future__ import annotations

try:
    from _blake2 import blake2b as blake2b
except ImportError:  # a Python that is built without it
    from hashlib import blake2b as blake2b
