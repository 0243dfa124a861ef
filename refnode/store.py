"""The node's memory: engines for SQLite and PostgreSQL, bulk loading, and one writer at a time."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, bindparam, create_engine, event, text
from sqlalchemy.engine import make_url

Params = dict[str, Any]


def sqlite_url(path: Path) -> URL:
    """Give the URL of a SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path))


def engine_for(url: str | URL, *, throwaway: bool = False) -> Engine:
    """Open a database by URL (`sqlite:///…` or `postgresql+psycopg://…`); `throwaway` trades durability for speed."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=10, max_overflow=50, pool_pre_ping=True)
    engine = create_engine(url, pool_size=10, max_overflow=50, connect_args={"timeout": 15})
    modes = ("journal_mode=OFF", "synchronous=OFF") if throwaway else ("journal_mode=WAL", "synchronous=NORMAL")

    @event.listens_for(engine, "connect")
    def _set_modes(connection: Any, _record: Any) -> None:
        for mode in (*modes, "cache_size=-32000"):
            connection.execute(f"PRAGMA {mode}")

    return engine


def load(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert many rows (in column order) by the fastest way the database has."""
    columns = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        cursor = connection.connection.cursor()
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", rows)  # type: ignore[arg-type]  # noqa: S608
        cursor.close()
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


class Store:
    """Reads and writes the node's tables by plain SQL with named parameters."""

    def __init__(self, engine: Engine) -> None:
        """Use this engine; writers of this process take turns, so that SQLite never answers "locked"."""
        self.engine = engine
        self._turn = threading.Lock()

    def rows(self, sql: str, **params: Any) -> list[Any]:
        """Read all rows of a query."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(sql), params).fetchall())

    def one(self, sql: str, **params: Any) -> Any:
        """Read the first row of a query, or None."""
        with self.engine.connect() as connection:
            return connection.execute(text(sql), params).first()

    def number(self, sql: str, **params: Any) -> int:
        """Read one whole number (0 for none)."""
        row = self.one(sql, **params)
        return int(row[0] or 0) if row else 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction, alone among this process's writers; it is committed when the block ends well."""
        with self._turn, self.engine.begin() as connection:
            yield connection

    def among(self, sql: str, keys: Iterable[str]) -> list[Any]:
        """Read all rows of a query about `:ids`; of the keys, 1,000 at most are asked for, and none with a NUL."""
        wanted = sorted({key for key in keys if "\x00" not in key})[:1000]
        # PostgreSQL takes an empty list for one of numbers.
        if not wanted:
            return []
        query = text(sql).bindparams(bindparam("ids", expanding=True))
        with self.engine.connect() as connection:
            return list(connection.execute(query, {"ids": wanted}).fetchall())

    def insert(self, table: Table, *rows: Params) -> None:
        """Insert rows in one transaction."""
        if rows:
            with self.writing() as connection:
                connection.execute(table.insert(), list(rows))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
