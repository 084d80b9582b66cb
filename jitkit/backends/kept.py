"""What one process has made and later ones need again, kept in jitkit's store. It imports no compiler."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TypeVar

from jitkit.backends.store import default_store
from jitkit.hashing import blake2b

_T = TypeVar("_T")


def kept(
    description: dict[str, str], make: Callable[[], _T], *identity: object, valid: Callable[[], bool] = lambda: True
) -> _T:
    """Return what another process has made, or make it and keep it.

    Parameters
    ----------
    description : dict of str to str
        For listings of the store; part of the key.
    make : callable
        Makes it; what it returns must survive `pickle`.
    *identity
        All that it is made of; their ``repr`` goes into the key.
    valid : callable
        Tells, once it is made, whether it is what the key says.
    """
    key = blake2b(repr((description, identity)).encode(), digest_size=20).hexdigest()
    store = default_store()
    blob = store.get(key)
    if blob is not None:
        found: _T = pickle.loads(blob)
        return found
    made = make()
    if valid():
        store.put(key, pickle.dumps(made), description)
    return made
