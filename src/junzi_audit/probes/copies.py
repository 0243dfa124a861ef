"""A restored copy as the probe of backups reads it, and the digest that the contract describes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from junzi_audit.seen.backups import FOREIGN_KEYS, Contents


class Copy(Protocol):
    """A database of our own, restored from a backup, and only read."""

    def contents(self) -> dict[str, Contents]:
        """Every table, counted and digested. Unrestorable when it cannot be read to the end."""

    def values(self, column: str) -> list[Any] | None:
        """Every value of ``table.column``; None when there is no such column."""

    def broken_keys(self) -> tuple[int, int]:
        """Rows that hold a declared foreign key, as far as it is known, and how many of them lead nowhere."""


def digest_of(rows: Iterable[str]) -> tuple[int, str]:
    """How many rows, and the SHA-256 over the sorted hex SHA-256 of each row's text: the order does not matter."""
    each = sorted(hashlib.sha256(row.encode("utf-8", "replace")).hexdigest() for row in rows)
    return len(each), hashlib.sha256("".join(each).encode()).hexdigest()


def references(copy: Copy, links: Mapping[str, str]) -> dict[str, tuple[int, int] | None]:
    """Of each referring column, how many rows it has and how many of them refer to nothing, or to what is not there.

    None where the copy has no such column, or none that it refers to.
    """
    found: dict[str, tuple[int, int] | None] = {FOREIGN_KEYS: copy.broken_keys()}
    for column, place in links.items():
        referring, referred = copy.values(column), copy.values(place)
        if referring is None or referred is None:
            found[column] = None
            continue
        known = {str(value) for value in referred if value is not None}
        told = [_referred(value) for value in referring]
        found[column] = (len(told), sum(not each or not known.issuperset(each) for each in told))
    return found


def _referred(value: Any) -> Sequence[str]:
    """The ids that a value holds: itself, or those of a list, also of one in JSON."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return ()
    if isinstance(value, list):
        return [str(each) for each in value if each not in (None, "")]
    return () if value in (None, "") else (str(value),)
