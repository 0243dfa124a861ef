"""A restored SQLite file, opened read only and asked for its own opinion first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from junzi_audit.probes.archives import Unrestorable
from junzi_audit.probes.copies import digest_of
from junzi_audit.seen.backups import Contents

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


@contextmanager
def opened(file: Path) -> Iterator[SqliteCopy]:
    """The copy, when SQLite finds it whole; Unrestorable otherwise, or when reading fails later."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        base.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            base.execute("PRAGMA trusted_schema = OFF")
            told = base.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if told != "ok":
                raise Unrestorable(f"SQLite's integrity check: {' '.join(str(told).split())[:120]}")
            yield SqliteCopy(base)
        except sqlite3.DatabaseError as error:
            raise Unrestorable(f"SQLite: {str(error)[:120]}") from None


class SqliteCopy:
    """Reads a SQLite database by its tables' own columns."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def contents(self) -> dict[str, Contents]:
        """Every table; a row's text is the JSON list of its values, BLOBs in hex."""
        return {name: self._table(name) for (name,) in self._base.execute(_TABLES).fetchall()}

    def values(self, column: str) -> list[Any] | None:
        """Every value of the column; None when there is no such column."""
        table, _, name = column.rpartition(".")
        if name not in self._columns(table):
            return None
        return [value for (value,) in self._base.execute(f"SELECT {_name(name)} FROM {_name(table)}")]  # noqa: S608

    def broken_keys(self) -> tuple[int, int]:
        """Rows of tables that declare a foreign key, and SQLite's own list of what leads nowhere."""
        rows = 0
        for (name,) in self._base.execute(_TABLES).fetchall():
            if self._base.execute(f"PRAGMA foreign_key_list({_name(name)})").fetchone():
                rows += self._base.execute(f"SELECT count(*) FROM {_name(name)}").fetchone()[0]  # noqa: S608
        return rows, len(self._base.execute("PRAGMA foreign_key_check").fetchall())

    def _columns(self, table: str) -> tuple[str, ...]:
        return tuple(row[1] for row in self._base.execute(f"PRAGMA table_info({_name(table)})"))

    def _table(self, name: str) -> Contents:
        columns = self._columns(name)
        told = ", ".join(map(_name, columns))
        rows, digest = digest_of(map(_text, self._base.execute(f"SELECT {told} FROM {_name(name)}")))  # noqa: S608
        return Contents(columns=columns, rows=rows, digest=digest)


def _text(row: tuple[Any, ...]) -> str:
    plain = [value.hex() if isinstance(value, bytes) else value for value in row]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
