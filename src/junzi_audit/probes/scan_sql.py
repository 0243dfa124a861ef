"""The scan's questions in SQL, as DuckDB, SQLite and PostgreSQL say them: names are quoted, values are bound."""

# ruff: noqa: S608 - every name in these texts went through ``Words.name``, every value is a bound parameter

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
from typing import Any, Literal

from junzi_audit.model import Cause, Unobservable

#: One more than the cells of a histogram is "above"; "below" is -1; no number is NULL.
CELLS = 1024


class Words:
    """How DuckDB says it. ``relation`` is what stands after FROM, ``types`` the engine's type of every column."""

    least = "least"
    floor = "floor"

    def __init__(self, relation: str, types: Mapping[str, str]) -> None:
        self.relation = relation
        self.types = types

    def name(self, column: str) -> str:
        """The column's name, quoted."""
        return '"' + column.replace('"', '""') + '"'

    def bound(self, key: str) -> str:
        """Where the value of that key is bound."""
        return f"${key}"

    def text(self, column: str) -> str:
        """The column as text."""
        known = self.types[column] == "VARCHAR"
        return self.name(column) if known else f"CAST({self.name(column)} AS VARCHAR)"

    def truth(self, column: str, key: str, positive: str) -> str:
        """Whether the column says yes; NULL where it says nothing."""
        if self.types[column] == "BOOLEAN" and positive == "true":
            return self.name(column)
        return f"lower({self.text(column)}) = {self.bound(key)}"

    def number(self, column: str) -> str:
        """The column as a double; NULL where it holds no number."""
        known = self.types[column] == "DOUBLE"
        return self.name(column) if known else f"TRY_CAST({self.name(column)} AS DOUBLE)"

    def real(self, value: str) -> str:
        """Whether the value is a number at all."""
        return f"NOT isnan({value})"

    def double(self, key: str) -> str:
        """A bound number."""
        return f"CAST({self.bound(key)} AS DOUBLE)"

    def moment(self, column: str) -> str:
        """The column as an instant (a time without a zone is UTC); NULL where it holds none."""
        known = self.types[column].startswith("TIMESTAMP")
        return self.name(column) if known else f"TRY_CAST({self.name(column)} AS TIMESTAMPTZ)"

    def instant(self, column: str, key: str) -> str:
        """A bound instant, as this column's are."""
        naive = self.types[column] == "TIMESTAMP"
        return f"CAST(CAST({self.bound(key)} AS TIMESTAMPTZ) AS TIMESTAMP{'' if naive else 'TZ'})"

    def day(self, column: str) -> str:
        """The UTC day: days since 1970, or a date."""
        return f"epoch_us({self.moment(column)}) // 86400000000"


class SqliteWords(Words):
    """How SQLite says it: times are text, booleans are 0 and 1, NaN does not exist."""

    least = "min"
    floor = ""  # a CAST already truncates, and not every build has the function

    def number(self, column: str) -> str:
        """The column where it holds a number."""
        return f"CASE WHEN typeof({self.name(column)}) IN ('real', 'integer') THEN {self.name(column)} END"

    def real(self, value: str) -> str:
        """Whether the value is a number at all."""
        return f"{value} IS NOT NULL"

    def moment(self, column: str) -> str:
        """The column as sortable text in UTC."""
        return f"strftime('%Y-%m-%d %H:%M:%f', {self.name(column)})"

    def instant(self, column: str, key: str) -> str:
        """A bound instant, as this column's are."""
        return f"strftime('%Y-%m-%d %H:%M:%f', {self.bound(key)})"

    def day(self, column: str) -> str:
        """The UTC day as text."""
        return f"date({self.name(column)})"


class PostgresWords(Words):
    """How PostgreSQL says it; a text that should be a number or a time is an error there."""

    def name(self, column: str) -> str:
        """The column's name, quoted; psycopg wants a percent sign doubled."""
        return super().name(column).replace("%", "%%")

    def bound(self, key: str) -> str:
        """Where the value of that key is bound."""
        return f"%({key})s"

    def number(self, column: str) -> str:
        """The column as a double."""
        return f"CAST({self.name(column)} AS double precision)"

    def real(self, value: str) -> str:
        """Whether the value is a number at all."""
        return f"{value} <> 'NaN'"

    def double(self, key: str) -> str:
        """A bound number."""
        return f"CAST({self.bound(key)} AS double precision)"

    def moment(self, column: str) -> str:
        """The column as an instant."""
        return f"CAST({self.name(column)} AS timestamptz)"

    def instant(self, column: str, key: str) -> str:
        """A bound instant."""
        return f"CAST({self.bound(key)} AS timestamptz)"

    def day(self, column: str) -> str:
        """The UTC day as a date."""
        return f"CAST({self.moment(column)} AT TIME ZONE 'UTC' AS date)"


def within(words: Words, time: str, windowed: bool) -> str:
    """The WHERE that keeps the window's rows, or all rows that have a time; empty without a time column."""
    if not time:
        return ""
    if not windowed:
        return f" WHERE {words.moment(time)} IS NOT NULL"
    moment, since, until = words.moment(time), words.instant(time, "since"), words.instant(time, "until")
    return f" WHERE {moment} >= {since} AND {moment} < {until}"


def untimed(words: Words, time: str) -> str:
    """How many rows have no time."""
    return f"SELECT count(*) FROM {words.relation} WHERE {words.moment(time)} IS NULL"


def nameless(words: Words, cluster: str, where: str) -> str:
    """How many rows name no cluster; two questions, because each alone is answered from the file's statistics."""
    joined = f"{where} AND" if where else " WHERE"
    tests = (f"{words.name(cluster)} IS NULL", f"{words.text(cluster)} = ''")
    return " UNION ALL ".join(f"SELECT count(*) FROM {words.relation}{joined} {test}" for test in tests)


def days(words: Words, entries: Sequence[str], where: str, day: str, lost: str) -> str:
    """Rows per day, lost or not, decision, outcome and the value of every single attribute (in this order).

    ``lost`` is empty where no row is: a key that is always the same would cost as much as any other.
    """
    keys = [f"{day} AS day", *([f"{lost} AS lost"] if lost else []), *entries]
    names = ", ".join(key.rsplit(" AS ", 1)[1] for key in keys)
    shown = names if lost else names.replace("day, ", "day, 1 = 0, ", 1)
    picked = f"SELECT {', '.join(keys)} FROM {words.relation}{where}"
    return f"SELECT {shown}, count(*) FROM ({picked}) AS entry GROUP BY {names}"


_CELL = (
    "count(*) AS m, count(*) FILTER (WHERE decided) AS x, count(*) FILTER (WHERE outcome) AS pm, "
    "count(*) FILTER (WHERE outcome AND decided) AS px, count(outcome) AS lm, "
    "count(outcome) FILTER (WHERE decided) AS lx"
)
_PARTS = (("m", "x"), ("pm", "px"), ("nm", "nx"))


def clusters(words: Words, entries: Sequence[str], where: str, sets: Sequence[tuple[int, ...]]) -> str:
    """Per set of attributes and group the 18 sums over clusters: three tallies of n, x, clusters, x², x·m, m².

    ``entries`` name cluster, decided, outcome and a0, a1, …; ``sets`` names the a's that make up each attribute.
    """
    keys = ", ".join(["cluster", *(f"a{at}" for at in sorted({at for group in sets for at in group}))])
    known = "decided IS NOT NULL AND cluster <> ''"
    picked = f"SELECT {', '.join(entries)} FROM {words.relation}{where}"
    cell = f"SELECT {keys}, {_CELL} FROM ({picked}) AS entry WHERE {known} GROUP BY {keys}"
    width = max(map(len, sets))
    folded = " UNION ALL ".join(_folded(index, group, width) for index, group in enumerate(sets))
    return f"WITH cell AS MATERIALIZED ({cell}) {folded}"


def _folded(index: int, group: tuple[int, ...], width: int) -> str:
    names = ", ".join(f"a{at}" for at in group)
    padded = ", ".join([*(f"a{at}" for at in group), *["CAST(NULL AS VARCHAR)"] * (width - len(group))])
    known = " AND ".join(f"a{at} <> ''" for at in group)
    sums = "sum(m) AS m, sum(x) AS x, sum(pm) AS pm, sum(px) AS px, sum(lm) - sum(pm) AS nm, sum(lx) - sum(px) AS nx"
    each = f"SELECT {names}, {sums} FROM cell WHERE {known} GROUP BY cluster, {names}"
    tallies = ", ".join(
        f"sum({m}), sum({x}), count(*) FILTER (WHERE {m} > 0), sum({x} * {x}), sum({x} * {m}), sum({m} * {m})"
        for m, x in _PARTS
    )
    return f"SELECT {index}, {padded}, {tallies} FROM ({each}) AS each_{index} GROUP BY {names}"


def cells(words: Words, columns: Sequence[str], where: str) -> str:
    """Rows per column (by its place) and cell of its grid; its ends are bound as low_0, high_0, scale_0 and so on."""
    return " UNION ALL ".join(_binned(words, at, column, where) for at, column in enumerate(columns))


def _binned(words: Words, at: int, column: str, where: str) -> str:
    low, high, scale = (words.double(f"{end}_{at}") for end in ("low", "high", "scale"))
    inside = f"{words.least}({CELLS - 1}, CAST({words.floor}((v - {low}) * {scale}) AS SMALLINT))"
    cell = f"CASE WHEN v < {low} THEN -1 WHEN v <= {high} THEN {inside} WHEN {words.real('v')} THEN {CELLS} END"
    return (
        f"SELECT {at} AS place, CAST(cell AS SMALLINT), count(*) FROM (SELECT {cell} AS cell FROM "
        f"(SELECT {words.number(column)} AS v FROM {words.relation}{where}) AS entry) AS binned GROUP BY cell"
    )


def kinds(words: Words, columns: Sequence[str], where: str) -> str:
    """Rows per column (by its place) and value."""
    return " UNION ALL ".join(
        f"SELECT {at} AS place, kind, count(*) FROM "
        f"(SELECT {words.text(column)} AS kind FROM {words.relation}{where}) AS entry GROUP BY kind"
        for at, column in enumerate(columns)
    )


Ask = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
_SETTINGS = ("SET TimeZone='UTC'", "SET preserve_insertion_order=false", "SET perfect_ht_threshold=18")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a decision log lives.

    ``place``: a file or a glob of files (parquet, csv), a database file (duckdb, sqlite), or the name of the
    environment variable that holds the connection string (postgresql). ``table``: the table, perhaps with its schema.
    """

    kind: Literal["parquet", "csv", "duckdb", "sqlite", "postgresql"]
    place: str
    table: str = ""
    threads: int = 2
    memory: str = "200MB"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A log that answers questions; every question of one opening sees the same state of a database."""

    words: Words
    answer: Ask

    def ask(self, text: str, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of one question; only the values it names are bound."""
        return self.answer(text, {key: value for key, value in bound.items() if self.words.bound(key) in text})

    def count(self, text: str, bound: Mapping[str, Any]) -> int:
        """The sum of the first column."""
        return sum(row[0] for row in self.ask(text, bound))


@contextmanager
def opened(source: Source, columns: Sequence[str]) -> Iterator[Opened]:
    """The log, ready to be asked about these columns; Unobservable when it is absent, unreadable or lacks one."""
    import duckdb

    errors: tuple[type[Exception], ...] = (duckdb.Error, sqlite3.Error)
    with ExitStack() as stack:
        if source.kind == "postgresql":
            errors = (*errors, _psycopg().Error)
        elif not glob(source.place):  # noqa: PTH207 - the pattern may be absolute
            raise Unobservable(Cause.NOT_CONFIGURED, f"the decision log {source.place} is not there")
        try:
            yield _ENGINES.get(source.kind, _duckdb)(source, columns, stack)
        except errors as error:
            words = next(iter(str(error).splitlines()), "no reason given")
            raise Unobservable(Cause.MALFORMED, f"{source.place}: {words}") from None


def _duckdb(source: Source, columns: Sequence[str], stack: ExitStack) -> Opened:
    import duckdb

    spill = stack.enter_context(tempfile.TemporaryDirectory())
    stored = source.kind == "duckdb"
    base = stack.enter_context(duckdb.connect(source.place if stored else ":memory:", read_only=stored))
    for setting in (*_SETTINGS, f"SET threads={source.threads:d}"):
        base.execute(setting)
    base.execute("SET memory_limit=$limit", {"limit": source.memory})
    base.execute("SET temp_directory=$spill", {"spill": spill})

    def answer(text: str, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        named = {"place": source.place} if "$place" in text else {}
        return base.execute(text, {**named, **bound}).fetchall()

    reader = {"parquet": "read_parquet($place)", "csv": "read_csv($place, all_varchar=true)"}
    relation = reader.get(source.kind) or _table(source)
    types = {row[0]: row[1] for row in answer(f"DESCRIBE SELECT * FROM {relation}", {})}
    _check(source, columns, types)
    if source.kind == "csv":  # parsed once, then asked several times; what does not fit in memory spills to disk
        picked = ", ".join(Words("", types).name(column) for column in dict.fromkeys(columns))
        answer(f"CREATE TEMP TABLE entries AS SELECT {picked} FROM {relation}", {})
        relation = "entries"
    elif stored:
        base.execute("BEGIN")
    return Opened(words=Words(relation, types), answer=answer)


def _sqlite(source: Source, columns: Sequence[str], stack: ExitStack) -> Opened:
    base = stack.enter_context(closing(sqlite3.connect(f"{Path(source.place).absolute().as_uri()}?mode=ro", uri=True)))
    base.execute("BEGIN")
    relation = _table(source)
    names = [column[0] for column in base.execute(f"SELECT * FROM {relation} LIMIT 0").description]
    _check(source, columns, names)
    words = SqliteWords(relation, dict.fromkeys(names, ""))
    return Opened(words=words, answer=lambda text, bound: base.execute(text, bound).fetchall())


def _postgresql(source: Source, columns: Sequence[str], stack: ExitStack) -> Opened:
    if not os.environ.get(source.place):
        raise Unobservable(Cause.NOT_CONFIGURED, f"the environment variable {source.place} names no database")
    base = stack.enter_context(_psycopg().connect(os.environ[source.place]))
    base.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    relation = _table(source).replace("%", "%%")
    names = [column.name for column in base.execute(f"SELECT * FROM {relation} LIMIT 0", {}).description]
    _check(source, columns, names)
    words = PostgresWords(relation, dict.fromkeys(names, ""))
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


def _table(source: Source) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in source.table.split("."))


def _check(source: Source, columns: Sequence[str], found: Sequence[str] | Mapping[str, str]) -> None:
    for column in columns:
        if column not in found:
            near = difflib.get_close_matches(column, list(found), n=1, cutoff=0)
            raise Unobservable(
                Cause.MALFORMED, f"{source.place} has no column {column!r}; did you mean {(near or ['none'])[0]!r}?"
            )
