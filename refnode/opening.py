"""Opens the node's memory: picks or seeds the database and fixes the anchor that all stored times refer to."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url

from refnode import tables
from refnode.cache import WorkingCopy, cached_seed
from refnode.clock import MINUTE, Clock, minute_of, now_ms
from refnode.seeding import seeded
from refnode.settings import Settings
from refnode.store import Store, engine_for, load, sqlite_url

# A kept database whose data ended longer ago than this is shifted so that it ends now; after a short stop it is not.
SHORT_STOP = 10 * MINUTE


@dataclass(frozen=True, kw_only=True)
class Memory:
    """An open store with its clock; `copy` is the working copy to discard at the end, if any."""

    store: Store
    clock: Clock
    copy: WorkingCopy | None


def open_memory(settings: Settings) -> Memory:
    """Open the database asked for, seeded, with its data ending now."""
    copy = None
    if settings.database is None:
        copy = WorkingCopy(cached_seed(settings.state, settings.seed, settings.scale))
        store = Store(engine_for(sqlite_url(copy.path)))
    else:
        _begin_as_copy(settings.database, settings)
        store = Store(engine_for(settings.database))
    with store.writing() as connection:
        if copy is None:
            _seed_if_empty(connection, settings)
        anchor = _anchor(connection)
        _forget_the_future(connection, now_ms() - anchor)
    return Memory(store=store, clock=Clock(anchor=anchor), copy=copy)


def _begin_as_copy(database: str, settings: Settings) -> None:
    """Let a SQLite file that is not there yet begin as a copy of the cached seed: much sooner done than seeding."""
    url = make_url(database)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    file = Path(url.database)
    if not file.exists() and file.parent.is_dir():
        part = file.with_name(f".{file.name}.part")
        shutil.copyfile(cached_seed(settings.state, settings.seed, settings.scale), part)
        part.replace(file)


def _seed_if_empty(connection: Connection, settings: Settings) -> None:
    if connection.dialect.name == "postgresql":
        # Two nodes may start on one empty database at the same time; the second waits here and finds it seeded.
        connection.execute(text("SELECT pg_advisory_xact_lock(20261123)"))
    seeded_before = inspect(connection).has_table("meta")
    # A database that an older node began gets the tables that it lacks.
    tables.metadata.create_all(connection)
    if seeded_before:
        return
    for table, rows in seeded(settings.seed, settings.scale):
        load(connection, table, rows)
    if connection.dialect.name == "postgresql":
        for name in ("items", "log_lines"):
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'n'), (SELECT max(n) FROM {name}))")  # noqa: S608
            )
        connection.execute(text("ANALYZE"))


def _anchor(connection: Connection) -> int:
    """Read the anchor, or set it (anew) so that the data ends now. An anchor is always a whole minute."""
    present = minute_of(now_ms())
    kept = connection.execute(text("SELECT value FROM meta WHERE name = 'anchor'")).scalar()
    if kept is None:
        connection.execute(tables.meta.insert(), {"name": "anchor", "value": str(present)})
        return present
    anchor = int(kept)
    ended = connection.execute(text("SELECT max(at) FROM heartbeats")).scalar() or 0
    if now_ms() - (anchor + ended) > SHORT_STOP:
        anchor = present - ended // MINUTE * MINUTE
        connection.execute(text("UPDATE meta SET value = :value WHERE name = 'anchor'"), {"value": str(anchor)})
    return anchor


def _forget_the_future(connection: Connection, now: int) -> None:
    """Drop what was seeded past the moment of this start."""
    for name in ("heartbeats", "log_lines"):
        connection.execute(text(f"DELETE FROM {name} WHERE at >= :now"), {"now": now})  # noqa: S608


def database_problem(url: str) -> str | None:
    """Say what is wrong with a database URL, or None."""
    try:
        backend = make_url(url).get_backend_name()
    except Exception as error:
        return f"--database {url!r} is no SQLAlchemy URL: {error}"
    if backend not in ("sqlite", "postgresql"):
        return f"--database names {backend!r}; possible are sqlite:///FILE and postgresql+psycopg://…"
    return None
