"""The store of compiled code: what it keeps, what it refuses, and that it never raises or leaves debris."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jitkit.backends import store as store_module
from jitkit.backends.store import Store, default_directory, default_store
from jitkit.errors import JitkitWarning

KEY, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
BLOB = bytes(range(256)) * 8
DESCRIPTION = {"kernel": "heat", "module": "demo", "backend": "cpu"}
ROOT = Path(store_module.__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="owners and permission bits are POSIX")


def forged(key: str, payload: bytes, version: int = 1, digest: bytes | None = None) -> bytes:
    """Write an entry from the documented format, independently of the code that reads it."""
    text = json.dumps(DESCRIPTION).encode()
    fields = struct.pack("<8sIIQQ", b"jitkit\x00\x1a", version, len(text), len(payload), 1_000_000_000)
    covered = fields + bytes(32) + f"{key}.jitkit".encode().ljust(136) + text + payload
    return fields + (digest or hashlib.blake2b(covered, digest_size=32).digest()) + text + payload


def place(store: Store, content: bytes, key: str = KEY) -> Path:
    store.path.mkdir(mode=0o700, exist_ok=True)
    path = store.path / f"{key}.jitkit"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def age(store: Store, key: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(store.path / f"{key}.jitkit", (then, then))


@contextmanager
def one_warning(match: str) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert [(item.category, item.filename) for item in caught] == [(JitkitWarning, __file__)]
    assert match in str(caught[0].message)
    assert "JITKIT_CACHE_DIR" in str(caught[0].message)


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test may see the one warning of a process, and fails on a warning that it does not expect."""
    monkeypatch.setattr(store_module, "_first_warning", threading.Lock())
    monkeypatch.delenv("JITKIT_CACHE_DIR", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of a user whom permission bits bind; they do not bind root."""
    with tempfile.TemporaryDirectory() as name:
        user = 65534 if os.geteuid() == 0 else os.geteuid()
        os.chown(name, user, -1)
        before = os.geteuid()
        os.seteuid(user)
        try:
            yield Path(name)
        finally:
            os.seteuid(before)


# Keeping


@pytest.mark.parametrize("blob", [b"", b"x", BLOB, os.urandom(100_000)], ids=len)
def test_round_trip(store: Store, blob: bytes) -> None:
    store.put(KEY, blob, DESCRIPTION)
    store.put(OTHER.encode(), b"other", {})
    assert store.get(KEY) == store.get(KEY.encode()) == Store(store.path).get(KEY) == blob
    assert store.get(OTHER) == b"other"


def test_put_replaces(store: Store) -> None:
    store.put(KEY, b"old", DESCRIPTION)
    store.put(KEY, b"new", DESCRIPTION)
    assert store.get(KEY) == b"new"
    assert os.listdir(store.path) == [f"{KEY}.jitkit"]


def test_missing_entry_and_directory(store: Store) -> None:
    assert store.get(KEY) is None
    assert (store.clear(), store.entries(), store.info().entries) == (0, [], 0)
    assert not store.path.exists()
    store.put(OTHER, BLOB, {})
    assert store.get(KEY) is None


def test_directory_removed_under_a_running_process(store: Store) -> None:
    store.put(KEY, BLOB, {})
    store.clear()
    store.path.rmdir()
    assert store.get(KEY) is None
    store.put(KEY, BLOB, {})
    assert store.get(KEY) == BLOB


def test_entries_and_info(store: Store) -> None:
    before = time.time()
    store.put(OTHER, BLOB, DESCRIPTION)
    age(store, OTHER, 100)
    store.put(KEY, b"", {"kernel": "späť"})
    (first, second), info = store.entries(), store.info()
    assert (first.key, first.description) == (KEY, {"kernel": "späť"})
    assert (second.key, second.description) == (OTHER, DESCRIPTION)
    assert before <= second.created <= time.time()
    assert before - 101 <= second.used < before - 90
    sizes = sum(path.stat().st_size for path in store.path.iterdir())
    assert info.bytes == first.size + second.size == sizes
    assert (info.path, info.enabled, info.reason, info.entries) == (store.path, True, "", 2)


@pytest.mark.parametrize(
    "key", ["", "abc", KEY.upper(), "../" + KEY, KEY + "\n", KEY + ".jitkit", b"\xff" * 32, "0" * 130]
)
def test_key_that_is_no_digest(store: Store, key: str | bytes) -> None:
    for call in (lambda: store.get(key), lambda: store.put(key, BLOB, {})):
        with pytest.raises(ValueError, match="lower-case hexadecimal"):
            call()


def test_wrong_types(store: Store) -> None:
    with pytest.raises(TypeError, match="type bytearray, expected bytes"):
        store.put(KEY, bytearray(b"x"), {})
    for value in (object(), float("nan")):
        with pytest.raises(TypeError, match="is not JSON"):
            store.put(KEY, BLOB, {"value": value})
    assert not store.path.exists()


@posix
def test_permissions_of_what_is_created(store: Store) -> None:
    before = os.umask(0)
    try:
        store.put(KEY, BLOB, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.path / f"{KEY}.jitkit").stat().st_mode) == 0o600


def test_import_is_light() -> None:
    code = "import sys, jitkit.backends.store; print(sorted({'numba', 'numpy', 'llvmlite'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# Damaged and foreign entries


def test_documented_format_is_read(store: Store) -> None:
    path = place(store, forged(KEY, BLOB))
    assert store.get(KEY) == BLOB
    (entry,) = store.entries()
    assert (entry.description, entry.created, entry.size) == (DESCRIPTION, 1.0, path.stat().st_size)


LENGTH = len(forged(KEY, BLOB))
HEADER, TEXT = 64, len(json.dumps(DESCRIPTION))
CUTS = [0, 1, 7, 8, 12, HEADER - 1, HEADER, HEADER + 1, HEADER + TEXT, HEADER + TEXT + 1, LENGTH - 1]
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    **{f"cut to {length}": lambda entry, length=length: entry[:length] for length in CUTS},
    "one byte more": lambda entry: entry + b"\0",
    "zeroed by a crash": lambda entry: bytes(len(entry)),
    "header only, then zeros": lambda entry: entry[:HEADER].ljust(len(entry), b"\0"),
    **{
        f"bit flipped at {at}": lambda entry, at=at: entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :]
        for at in (8, 12, 16, 24, 32, HEADER - 1, HEADER, HEADER + TEXT, LENGTH - 1)
    },
    "wrong digest": lambda entry: forged(KEY, BLOB, digest=b"\1" * 32),
    "older version": lambda entry: forged(KEY, BLOB, version=0),
    "newer version": lambda entry: forged(KEY, BLOB, version=2),
    "another key's": lambda entry: forged(OTHER, BLOB),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_entry_is_removed_and_rewritten(store: Store, damage: Callable[[bytes], bytes]) -> None:
    path = place(store, damage(forged(KEY, BLOB)))
    assert store.get(KEY) is None
    assert not path.exists()
    store.put(KEY, BLOB, {})
    assert store.get(KEY) == BLOB
    place(store, damage(forged(KEY, BLOB)))
    assert store.clear() == 1


@pytest.mark.parametrize("change", [-LENGTH, -1, 1])
def test_entry_of_the_wrong_length_is_not_listed(store: Store, change: int) -> None:
    place(store, forged(KEY, BLOB).ljust(LENGTH + change, b"\0")[: LENGTH + change])
    assert store.entries() == []


def make_socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as made:  # addresses have 107 bytes at most
        made.bind(path.name)


def make_link(path: Path) -> None:
    (path.parent / "target").write_bytes(forged(KEY, BLOB))
    path.symlink_to("target")


FOREIGN: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_bytes(b"not written by the store"),
    "directory": lambda path: path.mkdir(),
    "fifo": lambda path: os.mkfifo(path),
    "link": make_link,
    "socket": make_socket,
}


@posix
@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_file_is_neither_read_nor_removed(store: Store, make: Callable[[Path], object]) -> None:
    store.put(OTHER, BLOB, {})
    path = store.path / f"{KEY}.jitkit"
    make(path)
    assert store.get(KEY) is None
    assert [entry.key for entry in store.entries()] == [OTHER]
    assert store.clear() == 1
    assert os.path.lexists(path)


def test_clear_leaves_what_it_did_not_write(store: Store) -> None:
    names = ["notes.txt", "library.so", f"{KEY}.o", f"{KEY}.jitkit.bak", f"{KEY}.{'0' * 16}.tmp", "xyz.jitkit"]
    store.put(KEY, BLOB, {})
    store.put(OTHER, BLOB, {})
    for name in names:
        (store.path / name).write_bytes(b"mine")
        os.utime(store.path / name, (0, 0))
    assert store.clear() == 2
    assert sorted(os.listdir(store.path)) == sorted(names)
    assert store.get(KEY) is None


def test_temporary_file_of_a_killed_process(store: Store) -> None:
    store.put(KEY, BLOB, {})
    stale, fresh = (store.path / f"{KEY}.{digit * 16}.tmp" for digit in "ab")
    for path in (stale, fresh):
        path.write_bytes(forged(KEY, BLOB)[:100])
    os.utime(stale, (0, 0))
    assert store.clear() == 1
    assert os.listdir(store.path) == [fresh.name]


# The limit


def keys_of(store: Store) -> set[str]:
    return {entry.key for entry in store.entries()}


def test_eviction_of_the_least_recently_used(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=8 * 1100)  # an entry of 1000 bytes takes 1066
    keys = [f"{number:016x}" for number in range(9)]
    for number, key in enumerate(keys[:8]):
        store.put(key, bytes(1000), {})
        age(store, key, 10_000 - number)
    (foreign := tmp_path / f"{KEY}.jitkit").write_bytes(b"foreign")
    os.utime(foreign, (0, 0))
    assert keys_of(store) == set(keys[:8])
    assert store.get(keys[0]) == bytes(1000)  # now the oldest is keys[1]
    store.put(keys[8], bytes(1000), {})
    assert keys_of(store) == {keys[0], *keys[3:]}  # down to 7/8 of the limit
    assert foreign.read_bytes() == b"foreign"


def test_limit_counts_what_other_processes_wrote(tmp_path: Path) -> None:
    Store(tmp_path).put(KEY, bytes(50_000), {})
    age(Store(tmp_path), KEY, 100)
    Store(tmp_path, limit=50_000).put(OTHER, b"too small to matter", {})
    assert keys_of(Store(tmp_path)) == {OTHER}


def test_newest_entry_survives_a_clock_that_runs_behind(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=6000)
    store.put(KEY, bytes(5000), {})
    age(store, KEY, -10_000)
    store.put(OTHER, bytes(5000), {})
    assert keys_of(store) == {OTHER}


def test_entry_that_vanishes_during_a_listing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(KEY, BLOB, {})
    store.put(OTHER, BLOB, {})
    real = os.scandir

    def racing(place: Any) -> Any:
        with real(place) as items:
            found = list(items)
        (store.path / f"{KEY}.jitkit").unlink()
        return contextlib.nullcontext(found)

    monkeypatch.setattr(os, "scandir", racing)
    assert keys_of(store) == {OTHER}


def test_entry_larger_than_the_limit(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=1000)
    store.put(KEY, b"small", {})
    with one_warning("larger than the store's limit of 1000"):
        store.put(OTHER, bytes(1000), {})
    assert keys_of(store) == {KEY}


# Places that cannot be used


def use(store: Store) -> None:
    """Do everything twice; nothing may raise."""
    for _ in range(2):
        store.put(KEY, BLOB, DESCRIPTION)
        assert store.get(KEY) is None
        assert (store.entries(), store.clear()) == ([], 0)
    assert not store.info().enabled


@posix
@pytest.mark.parametrize("kind", ["below a file", "a file", "/proc", "dangling link", "no home"])
def test_impossible_directory(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nowhere")
    places = {"below a file": tmp_path / "file" / "x", "a file": tmp_path / "file", "dangling link": tmp_path / "link"}
    places |= {"/proc": Path("/proc/jitkit/cache")}
    if kind == "/proc" and not os.path.exists("/proc/self"):
        pytest.skip("no /proc here")
    with one_warning("compiled code is not kept in"):
        use(Store(places.get(kind)))
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_directory_that_others_can_write(store: Store, mode: int) -> None:
    store.put(KEY, BLOB, {})
    store.path.chmod(mode)
    with one_warning(f"chmod go-w '{store.path}'"):
        use(store)
    assert "chmod" in store.info().reason
    assert len(os.listdir(store.path)) == 1
    store.path.chmod(0o755)
    assert store.get(KEY) == BLOB


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_entry_that_others_can_write(store: Store, mode: int) -> None:
    place(store, forged(KEY, BLOB)).chmod(mode)
    assert store.get(KEY) is None
    assert os.listdir(store.path) == []


@posix
def test_directory_of_another_user(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(KEY, BLOB, {})
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    with one_warning(f"it belongs to user {mine}"):
        use(store)
    monkeypatch.undo()
    assert len(os.listdir(store.path)) == 1


@posix
def test_entry_of_another_user(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(store, forged(KEY, BLOB))
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        owner = status.st_uid + (1 if stat.S_ISREG(status.st_mode) else 0)
        return os.stat_result((*status[:4], owner, *status[5:]))

    monkeypatch.setattr(os, "fstat", fstat)
    assert store.get(KEY) is None
    assert (store.entries(), store.clear(), path.exists()) == ([], 0, True)


@posix
def test_read_only_directory_still_serves(unprivileged: Path) -> None:
    store = Store(unprivileged)
    store.put(KEY, BLOB, {})
    age(store, KEY, 1000)
    unprivileged.chmod(0o500)
    assert not Store(unprivileged).info().enabled
    with one_warning("Permission denied"):
        store.put(OTHER, BLOB, {})
        store.put(OTHER, BLOB, {})
        assert store.clear() == 0
    assert store.get(KEY) == BLOB
    assert store.info().reason == "Permission denied"
    unprivileged.chmod(0o700)
    assert os.listdir(unprivileged) == [f"{KEY}.jitkit"]


@posix
def test_entry_that_this_user_cannot_read(unprivileged: Path) -> None:
    store = Store(unprivileged)
    place(store, forged(KEY, BLOB)).chmod(0)
    assert (store.get(KEY), store.entries(), store.clear()) == (None, [], 0)


def test_read_only_file_system_still_serves(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    place(store, forged(KEY, BLOB))
    place(store, forged(OTHER, BLOB)[:-1], OTHER)
    age(store, KEY, 1000)
    for call in ("utime", "unlink"):
        monkeypatch.setattr(os, call, read_only)
    assert store.get(KEY) == BLOB
    assert store.get(OTHER) is None


# A put that fails


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EIO], ids=os.strerror)
@pytest.mark.parametrize("call", ["open", "replace"])
def test_put_that_fails_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    store.put(KEY, b"old", {})
    real = getattr(os, call)

    def failing(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).endswith(".tmp"):
            raise OSError(code, os.strerror(code))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, call, failing)
    with one_warning(os.strerror(code)):
        store.put(KEY, BLOB, {})
        store.put(OTHER, BLOB, {})
        Store(store.path).put(OTHER, BLOB, {})
    assert (store.info().enabled, store.info().reason) == (False, os.strerror(code))
    assert os.listdir(store.path) == [f"{KEY}.jitkit"]
    assert store.get(KEY) == b"old"
    monkeypatch.undo()
    store.put(KEY, BLOB, {})
    assert store.info().enabled
    assert store.get(KEY) == BLOB


def test_interrupted_put_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.put(KEY, BLOB, {})
    assert os.listdir(store.path) == []


@posix
def test_write_that_stops_half_way(store: Store) -> None:
    import resource

    store.put(KEY, b"old", {})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with one_warning(os.strerror(errno.EFBIG)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            store.put(KEY, bytes(100_000), {})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(store.path) == [f"{KEY}.jitkit"]
    assert store.get(KEY) == b"old"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "none", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a file system cannot be mounted here: {error}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_full_disk(small_disk: Path) -> None:
    store = Store(small_disk / "cache")
    store.put(KEY, BLOB, {})
    with one_warning(os.strerror(errno.ENOSPC)):
        store.put(OTHER, os.urandom(100_000), {})
        store.put(OTHER, os.urandom(100_000), {})
    assert os.listdir(store.path) == [f"{KEY}.jitkit"]
    assert store.get(KEY) == BLOB


# Several processes

WRITER = """
    import sys, warnings
    from jitkit.backends.store import Store
    warnings.simplefilter("error")
    directory, me, shared, limit = sys.argv[1:]
    store, own = Store(directory, limit=int(limit)), me * 32
    print("ready", flush=True)
    sys.stdin.readline()
    seen = set()
    for turn in range(150):
        store.put(shared, me.encode() * (40_000 + turn), {"writer": me})
        blob = store.get(shared)
        assert blob is None and int(limit) < 10**6 or blob and blob == blob[:1] * len(blob) and len(blob) >= 40_000
        seen.add(blob and blob[:1])
        store.put(own, me.encode() * turn, {})
        assert store.get(own) in (me.encode() * turn, None if int(limit) < 10**6 else me.encode() * turn)
    print(len(seen))
"""


@pytest.mark.parametrize("limit", [1 << 30, 100_000], ids=["roomy", "evicting"])
def test_processes_write_at_once(store: Store, limit: int) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(store.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    writers = [subprocess.Popen([*command, me, KEY, str(limit)], cwd=ROOT, text=True, **pipes) for me in "abc"]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 3
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    outputs = [writer.communicate(timeout=120) for writer in writers]
    assert [error for _, error in outputs] == [""] * 3
    assert max(int(seen) for seen, _ in outputs) > 1, "the writers never met"
    names = os.listdir(store.path)
    assert [name for name in names if not name.endswith(".jitkit")] == []
    if limit == 1 << 30:
        assert sorted(names) == sorted(f"{key}.jitkit" for key in (KEY, "a" * 32, "b" * 32, "c" * 32))
        assert store.get("b" * 32) == b"b" * 149


# The process's own store


def test_default_store_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "one"))
    one = default_store()
    assert one.path == tmp_path / "one"
    assert default_store() is one
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "two"))
    assert default_store().path == tmp_path / "two"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JITKIT_CACHE_DIR", "~/three")
    assert default_store().path == tmp_path / "three"


@pytest.mark.parametrize(
    ("platform", "xdg", "expected"),
    [
        ("linux", None, "home/.cache/jitkit"),
        ("linux", "", "home/.cache/jitkit"),
        ("linux", "relative", "home/.cache/jitkit"),
        ("linux", "{}/xdg", "xdg/jitkit"),
        ("darwin", "{}/xdg", "home/Library/Caches/jitkit"),
        ("win32", None, "local/jitkit/cache"),
    ],
)
def test_default_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, xdg: str | None, expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("JITKIT_CACHE_DIR", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if xdg is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", xdg.format(tmp_path))
    assert default_directory() == tmp_path / expected


@posix
def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def unknown(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert default_directory() is None
    with one_warning("there is no home directory"):
        use(default_store())
