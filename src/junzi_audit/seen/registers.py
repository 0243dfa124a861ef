"""What the councils keep on a node: bias findings, and concerns of the public. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

_STRICT = {"extra": "ignore", "strict": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class BiasFinding:
    """One finding of the Bias Monitoring Council's register.

    ``group`` is None where all groups of the attribute are meant. ``about``: the duty whose breach, or the dispute
    whose ruling, brought it up. ``gap`` was found, ``gap_after`` is what the council measured after the mitigation.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    finding_id: str
    attribute: str
    group: str | None
    measure: str
    gap: float
    found_at: datetime
    about: str | None = None
    owner: str | None
    mitigation: str | None
    due: datetime | None
    mitigated_at: datetime | None
    gap_after: float | None
    state: Literal["open", "mitigating", "closed", "reopened"]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.state != "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Concern:
    """One entry of the Community Feedback Council's register; never what it says or who sent it.

    ``report_id`` names the user report that it answers for, if any.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    concern_id: str
    kind: Literal["concern", "complaint", "appeal"]
    channel: str
    received_at: datetime
    acknowledged_at: datetime | None
    answered_at: datetime | None
    answer_published_at: datetime | None
    published_url: str | None
    severity: Literal["high", "medium", "low"]
    subject_type: str | None
    report_id: str | None = None
    state: str


@dataclass(frozen=True, kw_only=True)
class Month:
    """A whole calendar month in UTC; ``until`` is where the next one begins."""

    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        """Such as 2026-10."""
        return f"{self.since:%Y-%m}"
