"""Public concerns against the times JUNZI promises: acknowledged, answered, published; and no report left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import months
from junzi_audit.measures.details import shown, some
from junzi_audit.measures.disputes import ACKNOWLEDGE, CLOCKS, LOOK_BACK, BusinessDays, acknowledged_late
from junzi_audit.model import DAY, iso
from junzi_audit.records import UserReport
from junzi_audit.seen.packs import Pack
from junzi_audit.seen.pages import Page
from junzi_audit.seen.registers import Concern, Month

#: How far back the register is read; and how long an answer may wait for its publication.
REGISTER, PUBLISH = 120 * DAY, timedelta(days=7)
_CHARTED = 25


def dated(concerns: Sequence[Concern], reports: Sequence[UserReport]) -> tuple[Concern, ...]:
    """The entries by the clock that counts: that of one which answers for a report began when the report came."""
    came = {each.report_id: each.submitted_at for each in reports}
    return tuple(
        replace(each, received_at=min(each.received_at, came.get(each.report_id or "", each.received_at)))
        for each in concerns
    )


def unacknowledged(concerns: Sequence[Concern], now: datetime) -> Measurement:
    """Concerns acknowledged late, or still not after 48 hours; answered ones count for 30 days after they came."""

    def late(each: Concern) -> bool:
        recent = _answered(each, now) is None or each.received_at >= now - LOOK_BACK
        return recent and acknowledged_late(each.received_at, each.acknowledged_at, now)

    return _count(concerns, late)


def past_due(concerns: Sequence[Concern], calendar: BusinessDays, now: datetime) -> Measurement:
    """Concerns unanswered past their time, and those answered past it in the last 30 days."""

    def late(each: Concern) -> bool:
        answered = _answered(each, now)
        ended = now if answered is None else answered
        return ended >= now - LOOK_BACK and ended > calendar.due(each.received_at, each.severity)

    return _count(concerns, late, tuple(_tables(concerns, calendar, now)))


def published(concerns: Sequence[Concern], now: datetime) -> tuple[Concern, ...]:
    """The answered concerns that name the page of their answer."""
    return tuple(each for each in _due_to_be_published(concerns, now) if _names_page(each, now))


def unpublished(concerns: Sequence[Concern], pages: Sequence[Page], now: datetime) -> Measurement | Unseen:
    """Answers that nobody published within a week, and looked-at pages that do not show theirs.

    Unseen when all that could be seen was published, and some page could not.
    """
    answered = _due_to_be_published(concerns, now)
    late = [each.concern_id for each in answered if _published_late(each, now)]
    gone = [page.key for page in pages if page.cause is None and not page.shows and page.key not in late]
    unclear = [page for page in pages if page.cause is not None]
    if unclear and unclear[0].cause and not late and not gone:
        return Unseen(cause=unclear[0].cause, detail=unclear[0].why)
    told = [f"not published in time: {some(late)}"] if late else []
    told += [f"not on its page: {some(gone)}"] if gone else []
    told += [f"{len(pages) - len(unclear)} of {len(answered)} answers were looked at"]
    return census(len(late) + len(gone), n=len(answered), detail="; ".join(told))


def unheard(concerns: Sequence[Concern], reports: Sequence[UserReport], now: datetime) -> Measurement:
    """User reports of the last 30 days, older than 48 hours, that no entry of the register answered for by then.

    ``concerns``: as the register tells them. One that was answered before the report came is about something else.
    """
    recent = [each for each in reports if each.submitted_at >= now - LOOK_BACK]
    entries: dict[str | None, list[Concern]] = {}
    for each in concerns:
        entries.setdefault(each.report_id, []).append(each)

    def is_heard(report: UserReport) -> bool:
        return any(
            each.received_at - report.submitted_at <= ACKNOWLEDGE
            and (each.answered_at is None or each.answered_at >= report.submitted_at)
            for each in entries.get(report.report_id, [])
        )

    old = [each for each in recent if now - each.submitted_at > ACKNOWLEDGE]
    left = [each.report_id for each in old if not is_heard(each)]
    return census(len(left), n=len(recent), detail=some(left) if recent else "no user report came in 30 days")


def _answered(each: Concern, now: datetime) -> datetime | None:
    """When; before it came, by more than clocks differ, or after now, nothing was answered."""
    at = each.answered_at
    return at if at is not None and each.received_at - CLOCKS <= at <= now else None


def _names_page(each: Concern, now: datetime) -> bool:
    at = each.answer_published_at
    return at is not None and at <= now and bool(each.published_url)


def _due_to_be_published(concerns: Sequence[Concern], now: datetime) -> tuple[Concern, ...]:
    return tuple(each for each in concerns if _answered(each, now) is not None)


def _published_late(each: Concern, now: datetime) -> bool:
    """Not at all, or, of those answered in the last 30 days, more than a week after the answer."""
    answered = _answered(each, now) or now
    if not _names_page(each, now):
        return now - answered > PUBLISH
    return answered >= now - LOOK_BACK and (each.answer_published_at or now) - answered > PUBLISH


def _count(
    concerns: Sequence[Concern], wrong: Callable[[Concern], bool], exhibits: tuple[Exhibit, ...] = ()
) -> Measurement:
    bad = [each.concern_id for each in concerns if wrong(each)]
    detail = some(bad) if concerns else "no concern came in the interval, and none is unanswered"
    return census(len(bad), n=len(concerns), detail=detail, exhibits=exhibits)


def _tables(concerns: Sequence[Concern], calendar: BusinessDays, now: datetime) -> Iterator[Exhibit]:
    """The concerns nearest to their limit, or furthest beyond it, of those open or answered in the last 30 days."""
    recent = [each for each in concerns if (_answered(each, now) or now) >= now - LOOK_BACK]
    rows = sorted((_row(each, calendar, now) for each in recent), key=lambda row: (-row[1], row[0]))
    if rows:
        yield Exhibit(
            title="Time to answer, as a share of the time allowed",
            caption=(
                f"The {min(len(rows), _CHARTED)} that took most, of {len(rows)} open or answered in the last 30 days. "
                "Allowed by severity in business days: high 3, medium 14, low 7."
            ),
            columns=("concern", "share of the time", "kind", "severity", "received", "due", "answered"),
            rows=tuple(rows[:_CHARTED]),
            chart=Chart(
                kind="bars", label=0, value=1, limit=1, limit_label="due", value_label="share of the time allowed"
            ),
        )


def _row(each: Concern, calendar: BusinessDays, now: datetime) -> tuple[str, float, str, str, str, str, str]:
    answered, due = _answered(each, now), calendar.due(each.received_at, each.severity)
    share = ((answered or now) - each.received_at) / (due - each.received_at)
    return (
        shown(each.concern_id), round(share, 3), each.kind, each.severity, f"{each.received_at:%Y-%m-%d %H:%M}",
        f"{due:%Y-%m-%d %H:%M}", f"{answered:%Y-%m-%d %H:%M}" if answered else "not yet",
    )  # fmt: skip


_COLUMNS = ("concern", "kind", "channel", "severity", "received_at", "acknowledged_at", "answered_at", "published_at")


def monthly(target: str, month: Month, name: str, concerns: Sequence[Concern]) -> Pack:
    """The pack of the month: what came in it, and how far that was when it ended."""
    rows = [
        (
            each.concern_id, each.kind, each.channel, each.severity, iso(each.received_at),
            months.by_then(each.acknowledged_at, month), months.by_then(each.answered_at, month),
            months.by_then(each.answer_published_at, month),
        )
        for each in sorted(concerns, key=lambda each: (each.received_at, each.concern_id))
        if month.since <= each.received_at < month.until
    ]  # fmt: skip
    return months.register("register of public concerns", target, month, name, _COLUMNS, rows)
