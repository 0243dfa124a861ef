"""The engines that answer a scan's questions where the log lives: DuckDB, SQLite and PostgreSQL."""

# ruff: noqa: S608 - every name in these texts went through ``Dialect.quoted``

from __future__ import annotations

import difflib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.scan_words import DUCKDB, POSTGRESQL, SQLITE, Dialect, Words

if TYPE_CHECKING:  # loaded only when a log is opened
    from duckdb import DuckDBPyConnection

Ask = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
#: CSV as RFC 4180 has it. Left to guess, DuckDB takes an open quotation mark for a letter, and every value is wrong.
_READERS = {
    "parquet": "read_parquet($place)",
    "csv": "read_csv($place, all_varchar=true, header=true, delim=',', quote='\"', escape='\"')",
}
_SETTINGS = ("SET TimeZone='UTC'", "SET preserve_insertion_order=false", "SET perfect_ht_threshold=18")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a decision log lives.

    ``place``: a file or a glob of files (parquet, csv), a database file (duckdb, sqlite), or the name of the
    environment variable that holds the connection string (postgresql). ``table``: the table, perhaps with its schema.
    ``name``: what people call it, instead of its place.
    """

    kind: Literal["parquet", "csv", "duckdb", "sqlite", "postgresql"]
    place: str
    table: str = ""
    threads: int = 2
    memory: str = "200MB"
    name: str = ""

    @property
    def shown(self) -> str:
        """What messages call it."""
        return self.name or self.place


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A log that answers questions; every question of one opening sees the same state of a database.

    ``exhausted``: what is raised when an answer needs more memory than it may take, where the engine says so.
    """

    words: Words
    answer: Ask
    exhausted: type[Exception] | tuple[()] = ()

    def ask(self, text: str, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of one question; only the values it names are bound."""
        return self.answer(text, {key: value for key, value in bound.items() if self.words.bound(key) in text})

    def count(self, text: str, bound: Mapping[str, Any]) -> int:
        """The sum of the first column."""
        return sum(row[0] for row in self.ask(text, bound))


@contextmanager
def opened(source: Source, columns: Sequence[str]) -> Iterator[Opened]:
    """The log, ready to be asked about these columns; Unobservable when it is absent, unreadable or lacks one."""
    if source.kind != "postgresql" and not glob(source.place):  # noqa: PTH207 - the pattern may be absolute
        raise Unobservable(Cause.NOT_CONFIGURED, f"the decision log {source.shown} is not there")
    with ExitStack() as stack:
        errors = _errors(source)
        try:
            yield _ENGINES.get(source.kind, _duckdb)(source, columns, stack)
        except errors as error:
            words = next(iter(str(error).splitlines()), "no reason given").replace(source.place, source.shown)
            cause = Cause.TOO_LARGE if type(error).__name__ == "OutOfMemoryException" else Cause.MALFORMED
            raise Unobservable(cause, f"{source.shown}: {words[:300]}") from None


def _errors(source: Source) -> type[Exception]:
    """What the engine raises. Each is loaded only when it is asked: DuckDB alone takes longer than a heartbeat may."""
    if source.kind == "sqlite":
        return sqlite3.Error
    if source.kind == "postgresql":
        found: type[Exception] = _psycopg().Error
        return found
    return _duckdb_error("Error")


def _duckdb_error(name: str) -> type[Exception]:
    import duckdb

    found: type[Exception] = getattr(duckdb, name)
    return found


def _duckdb(source: Source, columns: Sequence[str], stack: ExitStack) -> Opened:
    base = _connected(source, stack)

    def answer(text: str, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        named = {"place": source.place} if "$place" in text else {}
        return base.execute(text, {**named, **bound}).fetchall()

    relation = _READERS.get(source.kind) or _table(DUCKDB, source)
    types = {row[0]: row[1] for row in answer(f"DESCRIBE SELECT * FROM {relation}", {})}
    _check(source, columns, types)
    if source.kind == "csv":  # parsed once, then asked several times; what does not fit in memory spills to disk
        picked = ", ".join(map(DUCKDB.quoted, dict.fromkeys(columns)))
        answer(f"CREATE TEMP TABLE entries AS SELECT {picked} FROM {relation}", {})
        relation = "entries"
    elif source.kind == "duckdb":
        base.execute("BEGIN")
    return Opened(words=Words(DUCKDB, relation, types), answer=answer, exhausted=_duckdb_error("OutOfMemoryException"))


def _connected(source: Source, stack: ExitStack) -> DuckDBPyConnection:
    import duckdb

    spill = stack.enter_context(tempfile.TemporaryDirectory())
    stored = source.kind == "duckdb"
    base = stack.enter_context(duckdb.connect(source.place if stored else ":memory:", read_only=stored))
    for setting in (*_SETTINGS, f"SET threads={source.threads:d}"):
        base.execute(setting)
    base.execute("SET memory_limit=$limit", {"limit": source.memory})
    base.execute("SET temp_directory=$spill", {"spill": spill})
    return base


def _sqlite(source: Source, columns: Sequence[str], stack: ExitStack) -> Opened:
    base = stack.enter_context(closing(sqlite3.connect(f"{Path(source.place).absolute().as_uri()}?mode=ro", uri=True)))
    base.execute("BEGIN")
    return _untyped(SQLITE, base, source, columns)


def _postgresql(source: Source, columns: Sequence[str], stack: ExitStack) -> Opened:
    if not os.environ.get(source.place):
        raise Unobservable(Cause.NOT_CONFIGURED, f"the environment variable {source.place} names no database")
    base = stack.enter_context(_psycopg().connect(os.environ[source.place]))
    base.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return _untyped(POSTGRESQL, base, source, columns)


def _untyped(dialect: Dialect, base: Any, source: Source, columns: Sequence[str]) -> Opened:
    relation = _table(dialect, source)
    names = [column[0] for column in base.execute(f"SELECT * FROM {relation} LIMIT 0", {}).description]
    _check(source, columns, names)
    words = Words(dialect, relation, dict.fromkeys(names, ""))
    return Opened(words=words, answer=lambda text, bound: base.execute(text, bound).fetchall())


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError:
        raise Unobservable(Cause.NOT_CONFIGURED, "reading PostgreSQL needs psycopg, which is not installed") from None
    return psycopg


_ENGINES: Mapping[str, Callable[[Source, Sequence[str], ExitStack], Opened]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}


def _table(dialect: Dialect, source: Source) -> str:
    return ".".join(map(dialect.quoted, source.table.split(".")))


def _check(source: Source, columns: Sequence[str], found: Sequence[str] | Mapping[str, str]) -> None:
    for column in columns:
        if column not in found:
            near = difflib.get_close_matches(column, list(found), n=1, cutoff=0)
            raise Unobservable(
                Cause.MALFORMED, f"{source.shown} has no column {column!r}; did you mean {(near or ['none'])[0]!r}?"
            )
