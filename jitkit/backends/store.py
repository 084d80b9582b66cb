"""The on-disk store of compiled code: from a key to a blob of bytes, shared by all processes of one user.

An entry is one file, ``<key>.jitkit``: a 64-byte little-endian header (magic, format version, length of the
description, length of the payload, time of creation in ns, BLAKE2b-256 digest), the description as JSON, the payload.
The digest covers the rest of the header (its own field zero), the file's name filled up with blanks to 136 bytes, the
description and the payload: a renamed entry counts as damaged. What is read here is executed, so only a directory
that nobody else can write is used. Losing the store costs time and never correctness: no state of the disk raises,
one warning a process tells why nothing is kept.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import re
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from jitkit.errors import warn
from jitkit.hashing import blake2b

DEFAULT_LIMIT = 1 << 30

_T = TypeVar("_T")
_MAGIC = b"jitkit\x00\x1a"
_VERSION = 1
_LAYOUT = struct.Struct("<8sIIQQ32s")
_ENTRY_NAME = re.compile(r"[0-9a-f]{16,128}\.jitkit")
_TEMPORARY_NAME = re.compile(r"[0-9a-f]{16,128}\.[0-9a-f]{16}\.tmp")
_STALE_SECONDS = 3600.0  # a temporary file this old was left by a process that was killed
_TOUCH_SECONDS = 60.0  # "used" is kept to the minute, which spares a network file system a write on every read
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
# O_NONBLOCK: opening a FIFO that stands in an entry's place must not hang. Windows has the first, POSIX the others.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))

_first_warning = threading.Lock()  # taken by the one warning of this process, and never released


@dataclass(frozen=True, slots=True)
class StoreEntry:
    """One entry, as listed: ``size`` is in bytes on disk, ``created`` and ``used`` in seconds since the epoch."""

    key: str
    description: dict[str, Any]
    size: int
    created: float
    used: float


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """Where a store is and what it holds; ``reason`` says why nothing can be kept, and is empty when ``enabled``."""

    path: Path | None
    enabled: bool
    reason: str
    entries: int
    bytes: int
    limit: int


class Store:
    """A directory of compiled code, bounded in size, safe for many threads and processes at once.

    Parameters
    ----------
    directory : path or None
        Made, for this user alone, by the first `put`. ``None`` gives a store that keeps nothing.
    limit : int
        Bytes on disk; past it, the entries least recently used are removed.

    Examples
    --------
    >>> import tempfile
    >>> store = Store(tempfile.mkdtemp())
    >>> store.put("00112233aabbccdd", b"machine code", {"kernel": "heat"})
    >>> store.get("00112233aabbccdd")
    b'machine code'
    >>> [entry.description for entry in store.entries()]
    [{'kernel': 'heat'}]
    >>> store.clear()
    1
    """

    def __init__(self, directory: str | os.PathLike[str] | None, *, limit: int = DEFAULT_LIMIT) -> None:
        self.path = None if directory is None else Path(os.path.abspath(directory))
        self.limit = limit
        self._failure = ""
        self._written_since_sweep = limit  # so that the first put looks at what other processes have written

    def get(self, key: str | bytes) -> bytes | None:
        """Return the blob stored under a key, or None when there is none that can be trusted.

        The key is a digest in 16 to 128 lower-case hexadecimal digits; anything else raises ValueError. A damaged
        entry, one of another format version, and one that others could write, are removed.
        """
        name = _file_name(key)
        return self._attempt(lambda directory: directory.read(name), None)

    def put(self, key: str | bytes, blob: bytes, description: Mapping[str, Any]) -> None:
        """Store a blob under a key, replacing what was there; where it cannot be kept, warn once and go on.

        Parameters
        ----------
        key : str or bytes
            As in `get`.
        blob : bytes
            What `get` returns; any other type raises TypeError.
        description : mapping
            What `entries` lists; JSON's types only, else TypeError.
        """
        name = _file_name(key)
        entry = _encode(name, blob, description)
        if len(entry) > self.limit:
            self._fail(f"an entry of {len(entry)} bytes is larger than the store's limit of {self.limit}")
        else:
            self._attempt(lambda directory: self._keep(directory, name, entry), None, create=True)

    def entries(self) -> list[StoreEntry]:
        """List the entries that can be read, most recently used first."""
        return self._attempt(_Directory.entries, [])

    def info(self) -> StoreInfo:
        """Say where the store is, whether it keeps what it is given, and how much it holds; never warns."""
        found, reason = list[StoreEntry](), self._failure
        try:
            with _opened(self.path) as directory:
                found = directory.entries()
        except FileNotFoundError:
            pass  # the first put makes it
        except OSError as error:
            reason = error.strerror or str(error)
        if not reason and self.path is not None:
            nearest = next(folder for folder in (self.path, *self.path.parents) if os.path.exists(folder))
            if not os.access(nearest, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                reason = f"{nearest} cannot be written"
        return StoreInfo(self.path, not reason, reason, len(found), sum(entry.size for entry in found), self.limit)

    def clear(self) -> int:
        """Remove the entries, whole or damaged, and return how many; a file that the store did not write stays."""
        return self._attempt(lambda directory: directory.sweep(limit=-1), 0)

    def _keep(self, directory: _Directory, name: str, entry: bytes) -> None:
        directory.write(name, entry)
        self._failure = ""
        self._written_since_sweep += len(entry)
        # A sweep costs a listing: done at each 1/64 of the limit, P processes exceed the limit by P/64 at most.
        if self._written_since_sweep >= self.limit // 64:
            self._written_since_sweep = 0
            directory.sweep(self.limit, keep=name)

    def _attempt(self, action: Callable[[_Directory], _T], otherwise: _T, *, create: bool = False) -> _T:
        try:
            with _opened(self.path, create=create) as directory:
                return action(directory)
        except OSError as error:
            if create or not isinstance(error, FileNotFoundError):
                self._fail(error.strerror or str(error))
            return otherwise

    def _fail(self, reason: str) -> None:
        self._failure = reason
        if _first_warning.acquire(blocking=False):
            message = (
                f"compiled code is not kept in {self.path or 'a cache directory'}: {reason}. Kernels run, but each "
                "process compiles them. Mend this, or let JITKIT_CACHE_DIR name a directory that only you can write."
            )
            warn(message)


def default_directory() -> Path | None:
    """Return ``JITKIT_CACHE_DIR`` if set and not empty, else the platform's user cache; None without a home directory.

    A relative ``XDG_CACHE_HOME`` is ignored, as the XDG base directory specification demands.
    """
    if sys.platform == "win32":
        usual = os.path.join(os.environ.get("LOCALAPPDATA") or "~/AppData/Local", "jitkit", "cache")
    elif sys.platform == "darwin":
        usual = "~/Library/Caches/jitkit"
    else:
        xdg = os.environ.get("XDG_CACHE_HOME", "")
        usual = os.path.join(xdg if os.path.isabs(xdg) else "~/.cache", "jitkit")
    expanded = os.path.expanduser(os.environ.get("JITKIT_CACHE_DIR") or usual)
    return None if expanded.startswith("~") else Path(expanded)


def default_store() -> Store:
    """Return this process's store for the directory that the environment names now."""
    directory = default_directory()
    return _store_in(None if directory is None else os.path.abspath(directory))


_store_in = functools.cache(Store)


class _Header(NamedTuple):
    magic: bytes
    version: int
    description_length: int
    payload_length: int
    created_ns: int
    digest: bytes = b""

    @classmethod
    def parse(cls, head: bytes, size: int) -> _Header | None:
        """Return the header when it is of this format and its lengths add up to the file's size."""
        if len(head) < _LAYOUT.size:
            return None
        header = cls(*_LAYOUT.unpack_from(head))
        expected = _LAYOUT.size + header.description_length + header.payload_length
        return header if (header.magic, header.version, expected) == (_MAGIC, _VERSION, size) else None

    @classmethod
    def payload(cls, name: str, content: bytes) -> bytes | None:
        """Return the payload of a whole and undamaged entry."""
        header = cls.parse(content, len(content))
        if not header:
            return None
        start = _LAYOUT.size + header.description_length
        text, payload = content[_LAYOUT.size : start], content[start:]
        return payload if header.sealed(name, text, payload) == header else None

    def sealed(self, name: str, *content: bytes) -> _Header:
        state = blake2b(_LAYOUT.pack(*self._replace(digest=b"")), digest_size=32)
        for part in (name.encode().ljust(136), *content):
            state.update(part)
        return self._replace(digest=state.digest())


class _ForeignFileError(Exception):
    """A file with an entry's name that the store did not write."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory that was opened and checked; names are relative to it, so that swapping its path changes nothing."""

    path: Path
    descriptor: int | None  # None on Windows, where directories have none

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else os.path.join(self.path, name)

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[BinaryIO, os.stat_result]]:
        """Open a file that the store wrote; a link, a special file, another user's or a stranger's is foreign."""
        with open(self._at(name), "rb", opener=self._open_regular) as file:
            status, head = os.fstat(file.fileno()), file.peek(len(_MAGIC))[: len(_MAGIC)]
            # A crash of the machine leaves own files short or zeroed.
            if not (_is_mine(status) and (_MAGIC.startswith(head) or not any(head))):
                raise _ForeignFileError(name)
            yield file, status

    def _open_regular(self, path: str, _: int) -> int:
        try:
            descriptor = os.open(path, os.O_RDONLY | _FLAGS, dir_fd=self.descriptor)
        except OSError as error:
            # A symbolic link (two spellings), a socket, a file that this user cannot read.
            if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EACCES):
                raise _ForeignFileError(path) from error
            raise
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise _ForeignFileError(path)

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file or none: a reader sees the old content or the new."""
        temporary = f"{name.partition('.')[0]}.{os.urandom(8).hex()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
        descriptor = os.open(self._at(temporary), flags, 0o600, dir_fd=self.descriptor)
        try:
            with open(descriptor, "wb") as file:  # closed before the rename: quotas of NFS are reported by close
                file.write(content)
            os.replace(self._at(temporary), self._at(name), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        except BaseException:
            with suppress(OSError):
                self._remove(temporary)
            raise

    def read(self, name: str) -> bytes | None:
        try:
            with self.open(name) as (file, status):
                payload = None if status.st_mode & _WRITABLE_BY_OTHERS else _Header.payload(name, file.read())
        except _ForeignFileError:
            return None
        with suppress(OSError):  # a read-only file system still serves what it holds
            if payload is None:
                self._remove_if_still(name, status)
            elif abs(time.time() - status.st_mtime) > _TOUCH_SECONDS:
                os.utime(self._at(name), dir_fd=self.descriptor)
        return payload

    def _remove_if_still(self, name: str, status: os.stat_result) -> None:
        """Remove a file unless another process has put a new one in its place since."""
        if os.path.samestat(os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False), status):
            self._remove(name)

    def _remove_own(self, name: str) -> bool:
        with suppress(_ForeignFileError, FileNotFoundError):
            with self.open(name):
                pass  # Windows removes no file that is open
            self._remove(name)
            return True
        return False

    def _remove(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self.descriptor)

    def entries(self) -> list[StoreEntry]:
        found = [self._describe(name) for name, _ in self._files() if _ENTRY_NAME.fullmatch(name)]
        return sorted((entry for entry in found if entry), key=lambda entry: entry.used, reverse=True)

    def _describe(self, name: str) -> StoreEntry | None:
        with suppress(_ForeignFileError, FileNotFoundError, ValueError), self.open(name) as (file, status):
            header = _Header.parse(file.read(_LAYOUT.size), status.st_size)
            if header:
                text = json.loads(file.read(header.description_length))
                times = header.created_ns / 1e9, status.st_mtime
                return StoreEntry(name.partition(".")[0], text, status.st_size, *times)
        return None

    def sweep(self, limit: int, *, keep: str = "") -> int:
        """Remove what was least recently used, down to 7/8 of the limit, so that not every put has to; count it."""
        found, stale = self._files(), time.time() - _STALE_SECONDS
        for name, status in found:
            if _TEMPORARY_NAME.fullmatch(name) and status.st_mtime < stale:
                self._remove_own(name)
        entries = [(status.st_mtime_ns, name, status.st_size) for name, status in found if _ENTRY_NAME.fullmatch(name)]
        total, removed = sum(size for _, _, size in entries), 0
        target = limit if total <= limit else limit * 7 // 8
        for _, name, size in sorted(entries):
            if total > target and name != keep and self._remove_own(name):
                total, removed = total - size, removed + 1
        return removed

    def _files(self) -> list[tuple[str, os.stat_result]]:
        found = []
        with os.scandir(self.path if self.descriptor is None else self.descriptor) as items:
            for item in items:
                with suppress(FileNotFoundError):
                    found.append((item.name, item.stat(follow_symlinks=False)))
        return found


@contextmanager
def _opened(path: Path | None, *, create: bool = False) -> Iterator[_Directory]:
    if path is None:
        raise OSError("there is no home directory")
    if create:
        with suppress(FileExistsError):
            os.makedirs(path, mode=0o700)
    if sys.platform == "win32":  # %LOCALAPPDATA% is the user's alone by its access list
        yield _Directory(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        status = os.fstat(descriptor)
        if not _is_mine(status):
            raise PermissionError(f"it belongs to user {status.st_uid}, not to the user of this process")
        if status.st_mode & _WRITABLE_BY_OTHERS:
            raise PermissionError(f"its group or others can write it; run: chmod go-w '{path}'")
        yield _Directory(path, descriptor)
    finally:
        os.close(descriptor)


def _is_mine(status: os.stat_result) -> bool:
    return sys.platform == "win32" or status.st_uid == os.geteuid()


def _file_name(key: str | bytes) -> str:
    name = (key.decode("ascii", "replace") if isinstance(key, bytes) else key) + ".jitkit"
    if not _ENTRY_NAME.fullmatch(name):
        raise ValueError(f"store key {key!r}: expected 16 to 128 lower-case hexadecimal digits; pass a hexdigest()")
    return name


def _encode(name: str, blob: bytes, description: Mapping[str, Any]) -> bytes:
    if not isinstance(blob, bytes):
        raise TypeError(f"store entry {name}: the blob is of type {type(blob).__name__}, expected bytes: bytes(blob)")
    try:
        text = json.dumps(dict(description), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise TypeError(f"store entry {name}: the description {description!r} is not JSON: {error}") from None
    header = _Header(_MAGIC, _VERSION, len(text), len(blob), time.time_ns()).sealed(name, text, blob)
    return _LAYOUT.pack(*header) + text + blob
