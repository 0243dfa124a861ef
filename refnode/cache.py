"""The cached seed and the private working copy made of it."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from refnode import tables
from refnode.seeding import seeded, seeding_digest
from refnode.store import engine_for, load, sqlite_url


def state_dir(asked: str | None) -> Path:
    """Give the directory for cached seeds: the one asked for, or the user's cache directory."""
    if asked:
        return Path(asked)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "junzi-refnode"


def cached_seed(state: Path, seed: int, scale: float) -> Path:
    """Give the seeded SQLite file, building it first if needed; safe when several starts do so at once."""
    target = state / f"seed-{seeding_digest(seed, scale)}.db"
    if target.exists():
        return target
    state.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="building-", suffix=".db", dir=state)
    os.close(handle)
    try:
        _build(Path(name), seed, scale)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return target


def _build(path: Path, seed: int, scale: float) -> None:
    engine = engine_for(sqlite_url(path), throwaway=True)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        for table, rows in seeded(seed, scale):
            load(connection, table, rows)
    engine.dispose()


class WorkingCopy:
    """A private copy of a cached seed that vanishes with the node, at the latest when the next node starts."""

    def __init__(self, seed_file: Path) -> None:
        """Copy the file; a lock held beside it tells later starts that it is in use."""
        room = seed_file.parent / "work"
        room.mkdir(exist_ok=True)
        _sweep(room)
        handle, name = tempfile.mkstemp(prefix="node-", suffix=".lock", dir=room)
        self._lock = handle
        fcntl.flock(handle, fcntl.LOCK_EX)
        self.path = Path(name).with_suffix(".db")
        shutil.copyfile(seed_file, self.path)

    def discard(self) -> None:
        """Delete the copy."""
        _remove(self.path.with_suffix(".lock"))
        os.close(self._lock)


def _sweep(room: Path) -> None:
    """Delete the copies of nodes that were killed: nobody holds their lock any more."""
    for lock in room.glob("node-*.lock"):
        try:
            with lock.open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A lock file just created but not yet locked belongs to a node that is starting.
                if lock.with_suffix(".db").exists():
                    _remove(lock)
        except OSError:
            continue


def _remove(lock: Path) -> None:
    for suffix in (".db", ".db-wal", ".db-shm", ".lock"):
        lock.with_suffix(suffix).unlink(missing_ok=True)
