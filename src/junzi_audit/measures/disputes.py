"""Disputes against the times JUNZI promises: acknowledged, ruled on, escalated, and never closed in silence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from junzi_audit.findings import Exhibit, Measurement, census
from junzi_audit.measures.details import some
from junzi_audit.model import BOARD, FEEDBACK_COUNCIL
from junzi_audit.records import Dispute

ACKNOWLEDGE = timedelta(hours=48)
#: By how much the clocks of those who write one entry may differ.
CLOCKS = timedelta(minutes=1)
#: Business days to a ruling by severity; a public figure's dispute counts as high whatever its severity.
BUSINESS_DAYS = {"high": 3, "medium": 14, "low": 7}
COUNCILS = (FEEDBACK_COUNCIL, BOARD)
_RESOLVED = ("upheld", "dismissed", "partial")
#: What is settled is still looked at for so long.
LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class BusinessDays:
    """Which days count: ISO weekdays of the weekend (Monday is 1) and dates of holidays, in UTC."""

    weekend: Collection[int]
    holidays: Collection[date]

    def __post_init__(self) -> None:
        if set(range(1, 8)) <= set(self.weekend):
            raise ValueError("a calendar whose weekend has all seven days has no business day")

    def after(self, start: datetime, days: int) -> datetime:
        """The same time of day, that many business days later; the starting day itself never counts."""
        moment = start
        while days:
            moment += timedelta(days=1)
            if moment.isoweekday() not in self.weekend and moment.date() not in self.holidays:
                days -= 1
        return moment

    def due(self, received: datetime, severity: str) -> datetime:
        """When what came then is to be answered, by its severity."""
        return self.after(received, BUSINESS_DAYS[severity])


def due(dispute: Dispute, calendar: BusinessDays) -> datetime:
    """When a ruling is due."""
    return calendar.due(dispute.submitted_at, "high" if dispute.public_figure else dispute.severity)


def acknowledged_late(received: datetime, acknowledged: datetime | None, now: datetime) -> bool:
    """Whether it took, or has taken, more than 48 hours.

    Before it came, by more than clocks differ, or after now, nothing was acknowledged.
    """
    if acknowledged is None or not received - CLOCKS <= acknowledged <= now:
        acknowledged = now
    return acknowledged - received > ACKNOWLEDGE


def unacknowledged(disputes: Sequence[Dispute], now: datetime) -> Measurement:
    """Disputes acknowledged late, or still not after 48 hours; resolved ones count for 30 days after they came."""

    def late(dispute: Dispute) -> bool:
        recent = not _closed(dispute) or dispute.submitted_at >= now - LOOK_BACK
        return recent and acknowledged_late(dispute.submitted_at, dispute.acknowledged_at, now)

    return _count(disputes, late)


def past_due(disputes: Sequence[Dispute], calendar: BusinessDays, now: datetime) -> Measurement:
    """Open disputes past their time, with a table of every open one."""
    opened = sorted((each for each in disputes if not _closed(each)), key=lambda each: due(each, calendar))
    table = Exhibit(
        title="Open disputes, the most urgent first",
        caption="Due by severity in business days: high or public figure 3, medium 14, low 7.",
        columns=("dispute", "severity", "public figure", "state", "submitted", "due", "escalated to"),
        rows=tuple(
            (
                each.dispute_id, each.severity, "yes" if each.public_figure else "no", each.state,
                f"{each.submitted_at:%Y-%m-%d %H:%M}", f"{due(each, calendar):%Y-%m-%d %H:%M}", each.escalated_to or "",
            )
            for each in opened
        ),
    )  # fmt: skip
    return _count(disputes, lambda each: not _closed(each) and now > due(each, calendar), exhibits=(table,))


def not_escalated(disputes: Sequence[Dispute], calendar: BusinessDays, now: datetime) -> Measurement:
    """Open disputes about bias (once acknowledged is due) or past due that neither council has."""

    def stuck(dispute: Dispute) -> bool:
        about_bias = dispute.dispute_type == "bias" and now - dispute.submitted_at > ACKNOWLEDGE
        owed = not _closed(dispute) and (about_bias or now > due(dispute, calendar))
        handed = dispute.escalated_at is not None and dispute.submitted_at <= dispute.escalated_at <= now
        return owed and not (handed and dispute.escalated_to in COUNCILS)

    return _count(disputes, stuck)


def closed_without_ruling(disputes: Sequence[Dispute]) -> Measurement:
    """Disputes that say they are resolved, by date or by state, while no ruling says how."""

    def hollow(dispute: Dispute) -> bool:
        return dispute.ruling is None and (dispute.resolved_at is not None or _is_end(dispute.state))

    return _count(disputes, hollow)


def _closed(dispute: Dispute) -> bool:
    return dispute.ruling is not None


def _is_end(state: str) -> bool:
    return state in _RESOLVED or state not in {"submitted", "triaged", "investigating", "escalated"}


def _count(
    disputes: Sequence[Dispute], wrong: Callable[[Dispute], bool], exhibits: tuple[Exhibit, ...] = ()
) -> Measurement:
    bad = [dispute.dispute_id for dispute in disputes if wrong(dispute)]
    detail = some(bad) if disputes else "no dispute came in the interval, and none is open"
    return census(len(bad), n=len(disputes), detail=detail, exhibits=exhibits)
