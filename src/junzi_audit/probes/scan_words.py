"""How DuckDB, SQLite and PostgreSQL say the expressions a scan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """One engine's templates; ``name`` is a quoted column, ``key`` a bound value, ``value`` any expression."""

    bound: str
    number: str
    real: str
    double: str
    moment: str
    instant: str
    day: str
    elapsed: str
    floor: str = "floor"
    percent: str = "%"

    def quoted(self, name: str) -> str:
        """The name of a column or of a table, quoted."""
        return '"' + name.replace('"', '""').replace("%", self.percent) + '"'


DUCKDB = Dialect(
    bound="${key}",
    number="TRY_CAST({name} AS DOUBLE)",
    real="NOT isnan({value})",
    double="CAST({key} AS DOUBLE)",
    moment="TRY_CAST({name} AS TIMESTAMPTZ)",
    instant="CAST(CAST({key} AS TIMESTAMPTZ) AS {type})",
    day="epoch_us({moment}) // 86400000000",
    elapsed="epoch_us({end}) - epoch_us({start}) <= 1000000 * {limit}",
)

#: Times are text, booleans are 0 and 1, NaN does not exist; a CAST already truncates, and not every build has floor.
SQLITE = Dialect(
    bound="${key}",
    number="CASE WHEN typeof({name}) IN ('real', 'integer') THEN {name} END",
    real="{value} IS NOT NULL",
    double="CAST({key} AS DOUBLE)",
    moment="strftime('%Y-%m-%d %H:%M:%f', {name})",
    instant="strftime('%Y-%m-%d %H:%M:%f', {key})",
    day="date({name})",
    elapsed="(julianday({end}) - julianday({start})) * 86400 <= {limit}",
    floor="",
)

#: A text that should be a number or a time is an error there; psycopg wants a percent sign in a name doubled.
POSTGRESQL = Dialect(
    bound="%({key})s",
    number="CAST({name} AS double precision)",
    real="{value} <> 'NaN'",
    double="CAST({key} AS double precision)",
    moment="CAST({name} AS timestamptz)",
    instant="CAST({key} AS timestamptz)",
    day="CAST({moment} AT TIME ZONE 'UTC' AS date)",
    elapsed="EXTRACT(EPOCH FROM ({end} - {start})) <= {limit}",
    percent="%%",
)


class Words:
    """One log in its engine's words.

    ``relation`` is what stands after FROM, ``types`` DuckDB's type of every column (empty text elsewhere).
    """

    def __init__(self, dialect: Dialect, relation: str, types: Mapping[str, str]) -> None:
        self.dialect = dialect
        self.relation = relation
        self.types = types

    def name(self, column: str) -> str:
        """The column's name, quoted."""
        return self.dialect.quoted(column)

    def bound(self, key: str) -> str:
        """Where the value of that key is bound."""
        return self.dialect.bound.format(key=key)

    def text(self, column: str) -> str:
        """The column as text."""
        known = self.types[column] == "VARCHAR"
        return self.name(column) if known else f"CAST({self.name(column)} AS VARCHAR)"

    def word(self, column: str) -> str:
        """What the column says, in small letters; NULL where it says nothing. A boolean is left as it is."""
        known = self.types[column] == "BOOLEAN"
        return self.name(column) if known else self._low(column)

    def _low(self, column: str) -> str:
        return f"NULLIF(lower({self.text(column)}), '')"

    def truth(self, column: str, key: str, positive: str, negatives: int = 0) -> str:
        """Whether the column says yes; NULL where it says nothing, or none of so many bound negatives either."""
        if self.types[column] == "BOOLEAN" and positive == "true":
            return self.name(column)
        word = self._low(column)
        if not negatives:
            return f"{word} = {self.bound(key)}"
        others = ", ".join(self.bound(f"{key}_no_{at}") for at in range(negatives))
        return f"CASE WHEN {word} = {self.bound(key)} THEN 1 = 1 WHEN {word} IN ({others}) THEN 1 = 0 END"

    def number(self, column: str) -> str:
        """The column as a double; NULL where it holds no number (PostgreSQL: an error)."""
        known = self.types[column] == "DOUBLE"
        return self.name(column) if known else self.dialect.number.format(name=self.name(column))

    def real(self, value: str) -> str:
        """Whether the value is a number at all."""
        return self.dialect.real.format(value=value)

    def double(self, key: str) -> str:
        """A bound number."""
        return self.dialect.double.format(key=self.bound(key))

    def moment(self, column: str) -> str:
        """The column as an instant (a time without a zone is UTC); NULL where it holds none (PostgreSQL: an error)."""
        known = self.types[column].startswith("TIMESTAMP")
        return self.name(column) if known else self.dialect.moment.format(name=self.name(column))

    def instant(self, column: str, key: str) -> str:
        """A bound instant, as this column's are."""
        type_ = "TIMESTAMP" if self.types[column] == "TIMESTAMP" else "TIMESTAMPTZ"
        return self.dialect.instant.format(key=self.bound(key), type=type_)

    def day(self, column: str) -> str:
        """The UTC day: days since 1970, a date, or a date as text."""
        return self.dialect.day.format(name=self.name(column), moment=self.moment(column))

    def elapsed(self, start: str, end: str, key: str) -> str:
        """Whether no more than a bound number of seconds lies between two columns' instants; NULL where one is none."""
        moments = {"start": self.moment(start), "end": self.moment(end)}
        return self.dialect.elapsed.format(limit=self.double(key), **moments)
