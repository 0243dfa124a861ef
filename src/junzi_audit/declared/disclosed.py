"""What a target's file says of its transparency reports: which groups they may name, and how small a count may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from junzi_audit.declared.logged import Decisions
from junzi_audit.declared.words import nearest

#: What every value is told as that the roster does not know.
OTHER = "other"
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ()/&.,'-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Transparency:
    """The ``[transparency]`` table.

    ``smallest``: no count of people's records below it is told. ``groups``: the values of each attribute that may be
    named; all others are told together. ``first``: the day on which the first quarter begins that is owed a report.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    smallest: int = 10
    first: date | None = None


def mistakes(table: Transparency | None, log: Decisions, *, today: date | None = None) -> Iterator[str]:
    """What is wrong with the table, each with its key; ``first`` may lie at most a year after ``today``."""
    if table is None:
        return
    attributes = [name for name in log.attributes if " x " not in name]
    for name, labels in table.groups.items():
        if name not in attributes:
            yield f"[transparency.groups] {name}: no attribute of [decisions]; {nearest(name, attributes)}"
        for label in labels:
            if label == OTHER or not _LABEL.fullmatch(label) or labels.count(label) > 1:
                yield f"[transparency.groups] {name}: {label!r} is no plain word, is {OTHER!r}, or stands there twice"
    for name in attributes:
        if not table.groups.get(name):
            yield f"[transparency.groups] {name}: missing; name the groups of every attribute of [decisions]"
    if not 3 <= table.smallest <= 1_000:
        yield f"[transparency] smallest: {table.smallest} is no number from 3 to 1,000"
    if table.first is not None and (table.first.day, table.first.month % 3) != (1, 1):
        yield f"[transparency] first: {table.first} is not the first day of a quarter"
    if table.first is not None and today is not None and table.first > today + timedelta(days=366):
        yield f"[transparency] first: {table.first} is more than a year ahead; until then no report would be owed"
