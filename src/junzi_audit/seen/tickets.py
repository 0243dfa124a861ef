"""What a bug tracker holds, whichever its dialect. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["critical", "high", "medium", "low"]
#: From the one that hurts most.
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
#: Days from finding to fixing by severity, where a target's file does not say otherwise.
DAYS: Mapping[Severity, float] = {"critical": 2, "high": 7, "medium": 30, "low": 90}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """One ticket. ``closed`` is None while it is open, ``severity`` while nobody has triaged it.

    ``title`` is whatever somebody wrote, with personal data masked.
    """

    id: str
    title: str
    opened: datetime
    closed: datetime | None
    severity: Severity | None
    url: str


def worst_of(found: list[Severity]) -> Severity | None:
    """The gravest of several severities; None of none."""
    return min(found, key=SEVERITIES.index, default=None)
