"""What was told of a duty, to whom and when: the memory of escalation. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from junzi_audit.model import Cadence, Verdict


class Event(StrEnum):
    """What happened; a dry run is written down too, and counts for nothing. Held: not sent, as it comes and goes."""

    SENT = "sent"
    HELD = "held"
    FAILED = "failed"
    DRY = "dry run"
    CLOSED = "closed"
    ACTED = "acted"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One line of ``escalations.jsonl``.

    ``at``: when it happened; ``begun``: when the run began that saw it. ``channel`` is empty for what is no notice.
    ``act``, ``incident`` and ``safeguard``: what a node was made to do, and its ids.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    event: Event
    target: str
    duty: str
    period: str
    verdict: Verdict
    at: datetime
    run: str
    begun: datetime
    channel: str = ""
    detail: str = ""
    act: str = ""
    incident: str = ""
    safeguard: str = ""


def period_of(cadence: Cadence, begun: datetime) -> str:
    """The period (UTC) in which a duty is told of once: the day, ISO week, month or quarter in which a run began.

    A heartbeat has the day: nobody wants a notice every five minutes. A drill has its day, governance its month.
    """
    if cadence is Cadence.WEEKLY:
        return f"{begun:%G-W%V}"
    if cadence is Cadence.QUARTERLY:
        return f"{begun.year}-Q{(begun.month + 2) // 3}"
    return f"{begun:%Y-%m}" if cadence in {Cadence.MONTHLY, Cadence.GOVERNANCE} else f"{begun:%Y-%m-%d}"
