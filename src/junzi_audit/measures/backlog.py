"""Bug tickets against their service levels: what is past due, what nobody triaged, and how the backlog grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures.details import shown, some
from junzi_audit.model import DAY, Cause
from junzi_audit.seen.tickets import SEVERITIES, Severity, Ticket

#: Ends of weeks in the trend; the first of them lies twelve weeks back.
WEEKS = 13
TREND = timedelta(weeks=WEEKS)
_UNTRIAGED = "untriaged"
_NONE = "the tracker shows no ticket, open or closed of late"

Days = Mapping[Severity, float]
Trend = Sequence[tuple[datetime, int]]


def past_due(tickets: Sequence[Ticket], days: Days, now: datetime) -> Measurement:
    """Open tickets older than the days of their severity allow, with a table of every open one.

    An untriaged one is past due once it is older than even the lowest severity may be.
    """
    opened = sorted(_open(tickets), key=lambda each: _age(each, now) - _allowed(each, days), reverse=True)
    late = [each for each in opened if _age(each, now) > _allowed(each, days)]
    words = [f"{_named(each)}, {_age(each, now):.0f} of {_allowed(each, days):g} days" for each in late]
    table = Exhibit(
        title="Open tickets, those furthest past their service level first",
        caption=f"Days allowed: {', '.join(f'{each} {days[each]:g}' for each in SEVERITIES)}; an untriaged one has as "
        "long as the lowest severity.",
        columns=("ticket", "title", "severity", "opened", "days open", "days allowed", "past due"),
        rows=tuple(
            (
                each.id, shown(each.title), each.severity or _UNTRIAGED, f"{each.opened:%Y-%m-%d}",
                round(_age(each, now), 1), _allowed(each, days), "past due" if each in late else "",
            )
            for each in opened
        ),
        chart=Chart(
            kind="bars", label=0, value=4, value_label="days open", reference=5, reference_label="days allowed"
        ),
    )  # fmt: skip
    return census(len(late), n=len(tickets), detail=some(words, most=5) if tickets else _NONE, exhibits=(table,))


def untriaged(tickets: Sequence[Ticket]) -> Measurement:
    """Share of open tickets without a severity; none where none is open, though some were."""
    opened = _open(tickets)
    without = [each for each in opened if each.severity is None]
    counts = {name: sum(each.severity == name for each in opened) for name in SEVERITIES}
    table = Exhibit(
        title="Open tickets by severity",
        caption="Untriaged: no label that the target's file knows as a severity.",
        columns=("severity", "open tickets"),
        rows=(*counts.items(), (_UNTRIAGED, len(without))),
        chart=Chart(kind="bars", label=0, value=1, value_label="open tickets"),
    )
    if not opened:
        return census(0, n=len(tickets), detail="no ticket is open" if tickets else _NONE)
    detail = some([_named(each) for each in without], most=5)
    return census(len(without) / len(opened), n=len(opened), detail=detail, exhibits=(table,))


def by_week(tickets: Sequence[Ticket], now: datetime) -> Trend:
    """How many tickets were open at the end of each of the last thirteen weeks, the last one ending now.

    Needs every ticket that was closed in the twelve weeks before now.
    """
    ends = [now - week * 7 * DAY for week in reversed(range(WEEKS))]
    return [(end, sum(_was_open(each, end) for each in tickets)) for end in ends]


def normal(trend: Trend) -> dict[str, Any]:
    """What a baseline keeps of a trend: the open tickets week by week, and their median."""
    counts = [count for _, count in trend]
    return {"weeks": counts, "median": median(counts)}


def growth(trend: Trend, usual: Mapping[str, Any], *, n: int, limit: float) -> Measurement | Unseen:
    """Open tickets now above the baseline's median, as a share of it; below it is negative.

    A baseline without an open ticket counts as one, of which a share can be taken. ``n``: tickets looked at; ``limit``:
    the share allowed, for the figure only.
    """
    middle = usual.get("median")
    if isinstance(middle, bool) or not isinstance(middle, int | float) or middle < 0:
        return Unseen(cause=Cause.NO_BASELINE, detail="the baseline holds no median of open tickets")
    now = trend[-1][1]
    base = max(float(middle), 1.0)
    table = Exhibit(
        title="Open tickets at the end of each of the last 13 weeks",
        caption="Computed from when each ticket was opened and closed; usual is the approved baseline's median.",
        columns=("week ending", "open tickets", "usual"),
        rows=tuple((f"{end:%Y-%m-%dT%H:%M:%SZ}", count, middle) for end, count in trend),
        chart=Chart(
            kind="series", label=0, value=1, value_label="open tickets", reference=2, reference_label="usual",
            limit=middle + base * limit, limit_label="limit",
        ),
    )  # fmt: skip
    return census((now - middle) / base, n=n, detail=f"{now} open, usually {middle:g}", expected=0.0, exhibits=(table,))


def _open(tickets: Sequence[Ticket]) -> list[Ticket]:
    return [each for each in tickets if each.closed is None]


def _was_open(ticket: Ticket, at: datetime) -> bool:
    return ticket.opened < at and (ticket.closed is None or ticket.closed >= at)


def _age(ticket: Ticket, now: datetime) -> float:
    return (now - ticket.opened) / DAY


def _allowed(ticket: Ticket, days: Days) -> float:
    return float(days[ticket.severity or SEVERITIES[-1]])


def _named(ticket: Ticket) -> str:
    return f"{ticket.id} {ticket.severity or _UNTRIAGED}"
