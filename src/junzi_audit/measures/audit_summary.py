"""The week's bias audits in one document for the Council: rates and gaps by group, failed audits, disputes.

It holds only what was settled when the week ended, so the same records give the same bytes whenever it is written:
outcomes are those of the decisions that turned ``MATURING`` old within the week, known by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from junzi_audit.findings import Exhibit, Measurement, Unseen
from junzi_audit.measures import fairness
from junzi_audit.model import DAY, Cause, Unobservable, iso
from junzi_audit.records import BiasAudit, Dispute
from junzi_audit.seen.counts import Counts
from junzi_audit.seen.packs import Pack

WEEK, MATURING = 7 * DAY, 14 * DAY
#: How far back a dispute may have been submitted to be told as open: the audit feed is asked no further.
DISPUTES = 120 * DAY
_DIGITS = 6
#: Columns of the tables that the fairness measures exhibit.
_GROUP, _N = 0, 1
_SHOWN = (4, 5, 6)  # rate, low and high
_RATES = (("selection rate", fairness.selection_rate_gap), ("equalized odds", fairness.equalized_odds_gap))


def whole_weeks(now: datetime, count: int, *, timed: bool) -> tuple[datetime, ...]:
    """Where the last ``count`` whole ISO weeks (UTC) begin, the newest first; Unobservable without times."""
    if not timed:
        raise Unobservable(Cause.UNDEFINED, "a decision log without times has no weeks to be reviewed")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return tuple(monday - WEEK * back for back in range(1, count + 1))


def name_of(begin: datetime) -> str:
    """The week as ISO 8601 names it, such as 2026-W47."""
    year, week, _ = begin.isocalendar()
    return f"{year}-W{week:02}"


def summary(
    name: str, target: str, begin: datetime, *, decided: Counts, matured: Counts, audits: Sequence[BiasAudit],
    disputes: Sequence[Dispute], tolerance: Mapping[str, float],
) -> Pack:  # fmt: skip
    """The pack of the week from ``begin``. ``tolerance``: by ``selection_rate_gap`` and ``equalized_odds_gap``."""
    until = begin + WEEK
    seen: dict[str, Mapping[str, Measurement | Unseen]] = {
        kind: fairness.across(gap, counts, baseline=None, tolerance=tolerance[gap.__name__], together=len(_RATES))
        for (kind, gap), counts in zip(_RATES, (decided, matured), strict=True)
    }
    failed = sorted(audit.bias_audit_id for audit in audits if audit.result == "failed")
    objections = _disputes(disputes, begin, until)
    content = {
        "what": "bias audit summary", "target": target, "week": name_of(begin), "from": iso(begin), "until": iso(until),
        "decisions": decided.rows,
        "rates": {kind: {attribute: _plain(each) for attribute, each in gaps.items()} for kind, gaps in seen.items()},
        "bias_audits": {"made": len(audits), "failed": len(failed), "failed_ids": failed},
        "disputes": objections,
    }  # fmt: skip
    lead = (
        f"{target}: {decided.rows:,} decisions from {begin:%Y-%m-%d} to {until - DAY:%Y-%m-%d} (UTC).",
        f"{len(audits):,} bias audits were made, {len(failed):,} of them failed.",
        f"Error rates are of the decisions made {MATURING.days} days before, with outcomes known by the week's end.",
    )
    tables = (_gaps(seen), *_rates(seen), _counts("Disputes", objections), _listed("Failed bias audits", failed))
    return Pack(
        name=name, title=f"Bias audit summary {name_of(begin)}", lead=lead, content=content,
        tables=tuple(each for each in tables if each.rows),
    )  # fmt: skip


def nothing_in(pack: Pack) -> Unseen | None:
    """What keeps a summary from being one: a week without a decision has nothing that could be reviewed."""
    if pack.content["decisions"]:
        return None
    return Unseen(
        cause=Cause.TOO_FEW, detail=f"{pack.content['week']} holds no decision, so there was nothing to review"
    )


def _plain(gap: Measurement | Unseen) -> dict[str, Any]:
    """Rounded, so that a library's last digit does not change what people signed."""
    groups = {
        shown.title: {str(row[_GROUP]): [row[_N], *(_rounded(row[at]) for at in _SHOWN)] for row in shown.rows}
        for shown in gap.exhibits
    }
    if isinstance(gap, Unseen):
        return {"gap": None, "groups": groups}
    return {"gap": [_rounded(each) for each in (gap.value, gap.low, gap.high)], "groups": groups}


def _rounded(value: object) -> float | None:
    return round(float(value), _DIGITS) if isinstance(value, int | float) else None


def _disputes(disputes: Sequence[Dispute], begin: datetime, until: datetime) -> dict[str, int]:
    """As they stood when the week ended: what came later is the next week's."""
    known = [each for each in disputes if until - DISPUTES <= each.submitted_at < until]
    closed = [each for each in known if each.resolved_at is not None and each.resolved_at < until]
    within: Callable[[datetime | None], bool] = lambda at: at is not None and begin <= at < until  # noqa: E731
    rulings = Counter(f"ruled {each.ruling}" for each in closed if within(each.resolved_at) and each.ruling)
    return {
        "submitted in the week": sum(within(each.submitted_at) for each in known),
        "acknowledged in the week": sum(within(each.acknowledged_at) for each in known),
        "escalated in the week": sum(within(each.escalated_at) for each in known),
        "open at its end": len(known) - len(closed),
        **dict(sorted(rulings.items())),
    }


def _gaps(seen: Mapping[str, Mapping[str, Measurement | Unseen]]) -> Exhibit:
    rows = tuple(
        (attribute, kind, *((gap.value, gap.low, gap.high) if isinstance(gap, Measurement) else (None, None, None)))
        for kind, gaps in seen.items()
        for attribute, gap in gaps.items()
    )
    return Exhibit(
        title="Largest gaps between groups",
        caption="The largest difference between any two groups, with what it may be at least and at most.",
        columns=("attribute", "rate", "gap", "low", "high"), rows=rows,
    )  # fmt: skip


def _rates(seen: Mapping[str, Mapping[str, Measurement | Unseen]]) -> list[Exhibit]:
    return [shown for gaps in seen.values() for gap in gaps.values() for shown in gap.exhibits]


def _counts(title: str, counts: Mapping[str, int]) -> Exhibit:
    caption = "As they stood at the week's end."
    return Exhibit(title=title, caption=caption, columns=("what", "count"), rows=tuple(counts.items()))


def _listed(title: str, names: Sequence[str]) -> Exhibit:
    rows = tuple((name,) for name in names)
    return Exhibit(title=title, caption="What these audited was not published.", columns=("bias audit",), rows=rows)
