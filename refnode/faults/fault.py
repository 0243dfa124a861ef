"""What a fault is: a name, an argument, and what it changes in history, in live work or on the wire."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, text

from refnode.temper import Temper
from refnode.wraps import Wrap


class BadFaultError(ValueError):
    """A fault's name or argument that cannot be used; says what can."""


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Where a fault changes history: an open transaction, the present in stored milliseconds, and chance."""

    connection: Connection
    now: int
    rng: random.Random

    def rows(self, sql: str, **params: Any) -> list[Any]:
        """Read rows."""
        return list(self.connection.execute(text(sql), params).fetchall())

    def run(self, sql: str, *params: dict[str, Any]) -> None:
        """Run a statement once, or once for each of the parameter sets."""
        self.connection.execute(text(sql), list(params) if params else None)

    def each(self, sql: str, params: list[dict[str, Any]]) -> None:
        """Run a statement for each of the parameter sets, of which there may be none."""
        if params:
            self.connection.execute(text(sql), params)

    def insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows."""
        if rows:
            self.connection.execute(table.insert(), rows)


def _as_given(argument: str) -> Any:
    if argument:
        raise BadFaultError(f"takes no argument, but was given {argument!r}")
    return None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way of going wrong.

    argument: its name, or "" when the fault takes none. default: what is used when none is given.
    history changes stored rows, live the temper of the workers, wrap the answers, protocol the connection.
    """

    name: str
    does: str
    argument: str = ""
    default: str = ""
    read: Callable[[str], Any] = field(default=_as_given)
    history: Callable[[Trip, Any], None] | None = None
    live: Callable[[Temper, Any], Temper] | None = None
    wrap: Callable[[Any], Wrap] | None = None
    protocol: Callable[[], type[Any]] | None = None
    touches_scores: bool = False
    seconds_ahead: bool = False

    def value(self, argument: str) -> Any:
        """Read the argument given, or the default. BadFaultError says what was expected."""
        try:
            return self.read(argument or self.default)
        except BadFaultError as error:
            raise BadFaultError(f"fault {self.name!r} {error}") from error
