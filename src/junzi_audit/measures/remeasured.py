"""Mitigations that are said to have worked: the gap measured again, in the decisions made since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import fairness
from junzi_audit.measures.details import shown, some
from junzi_audit.model import DAY, Cause
from junzi_audit.seen.counts import AttributeCounts, Counts
from junzi_audit.seen.registers import BiasFinding

#: The duty whose tolerances a mitigation is held to.
TOLERANCE_OF = "daily.bias-drift"
_RECENT, _MATURING = 28 * DAY, 14 * DAY
_MEASURES = {
    "selection_rate_gap": fairness.selection_rate_gap,
    "equalized_odds_gap": fairness.equalized_odds_gap,
}


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which decisions tell whether a closed finding's gap has gone; ``maturity``: only with outcomes known by then."""

    since: datetime
    until: datetime
    maturity: timedelta | None


def windows(closed: Sequence[BiasFinding], now: datetime) -> dict[str, Window]:
    """By finding: the newest four weeks since its mitigation; none for a measure that cannot be computed again."""
    found = {}
    for each in closed:
        maturity = _MATURING if each.measure == "equalized_odds_gap" else None
        until = now - (maturity or timedelta(0))
        since = max(each.mitigated_at or each.found_at, until - _RECENT)
        if each.measure in _MEASURES and since < until:
            found[each.finding_id] = Window(since=since, until=until, maturity=maturity)
    return found


def ineffective(
    closed: Sequence[BiasFinding], since: Mapping[str, Counts], tolerance: Mapping[str, float], *, n: int
) -> Measurement | Unseen:
    """Closed findings whose gap, in the decisions ``since`` the mitigation, is wholly beyond the tolerance.

    Unseen when none is, while some gap is not wholly within it. ``n``: matters looked at, for when none is closed.
    """
    gaps = {each.finding_id: _gap(each, since.get(each.finding_id), tolerance, len(closed)) for each in closed}
    limits = {each.finding_id: tolerance.get(each.measure, 0) for each in closed}
    standing = [key for key, gap in gaps.items() if isinstance(gap, Measurement) and gap.low > limits[key]]
    unclear = [
        key for key, gap in gaps.items() if isinstance(gap, Unseen) or gap.low <= limits[key] < gap.high
    ]  # fmt: skip
    exhibits = tuple(_table(closed, gaps, tolerance))
    told = [f"to be reopened: {some(standing)}"] if standing else []
    told += [f"not assured: {some([_why(key, gaps[key]) for key in unclear])}"] if unclear else []
    if unclear and not standing:
        causes = {gap.cause for gap in gaps.values() if isinstance(gap, Unseen)}
        cause = causes.pop() if len(causes) == 1 else Cause.TOO_FEW
        return Unseen(cause=cause, detail="; ".join(told), exhibits=exhibits)
    detail = "; ".join(told) or f"{len(closed)} are closed"
    return census(len(standing), n=len(closed) or n, detail=detail, exhibits=exhibits)


def _why(key: str, gap: Measurement | Unseen) -> str:
    if isinstance(gap, Unseen):
        return f"{shown(key)} ({gap.detail})"
    return f"{shown(key)} ({gap.low:.3f} to {gap.high:.3f})"


def _gap(
    finding: BiasFinding, counts: Counts | None, tolerance: Mapping[str, float], family: int
) -> Measurement | Unseen:
    if finding.measure not in _MEASURES:
        known = " and ".join(_MEASURES)
        return Unseen(cause=Cause.UNDEFINED, detail=f"{shown(finding.measure)} cannot be computed again, only {known}")
    if counts is None:
        return Unseen(cause=Cause.TOO_FEW, detail="too little time has passed since the mitigation")
    attribute = next((each for each in counts.attributes if each.name == finding.attribute), None)
    if attribute is None:
        return Unseen(cause=Cause.UNDEFINED, detail=f"the log does not tell of {shown(finding.attribute)}")
    if finding.group is not None and finding.group not in {each.group for each in attribute.groups}:
        return Unseen(cause=Cause.TOO_FEW, detail=f"no decision on {shown(finding.group)} since the mitigation")
    meant = Counts(rows=counts.rows, attributes=(against_the_rest(attribute, finding.group),))
    return _MEASURES[finding.measure](
        meant, finding.attribute, baseline=None, tolerance=tolerance[finding.measure], family=family
    )


def against_the_rest(attribute: AttributeCounts, group: str | None) -> AttributeCounts:
    """The group, and all others taken together; every group on its own where none is named."""
    others = [each for each in attribute.groups if each.group != group]
    if group is None or not others:
        return attribute
    rest = replace(reduce(add, others), group=f"not {group}")
    mine = [each for each in attribute.groups if each.group == group]
    return replace(attribute, groups=tuple(sorted([*mine, rest], key=lambda each: each.group)))


def _table(
    closed: Sequence[BiasFinding], gaps: Mapping[str, Measurement | Unseen], tolerance: Mapping[str, float]
) -> Iterator[Exhibit]:
    widest = max(tolerance[measure] for measure in _MEASURES)
    rows = tuple(
        (
            f"{each.finding_id}: {each.group or 'any group'}", gap.value, gap.low, gap.high, each.gap, each.gap_after,
            each.measure, f"{each.mitigated_at:%Y-%m-%d}",
        )
        for each in closed
        if isinstance(gap := gaps[each.finding_id], Measurement)
    )  # fmt: skip
    if rows:
        yield Exhibit(
            title="Gaps of closed findings, measured again",
            caption="Between the group and all others, in the newest four weeks of decisions since the mitigation.",
            columns=("finding", "gap now", "low", "high", "gap found", "gap told after", "measure", "mitigated"),
            rows=rows,
            chart=Chart(
                kind="intervals", label=0, value=1, low=2, high=3, limit=widest,
                limit_label="tolerance", value_label="gap", reference=4, reference_label="found",
            ),
        )  # fmt: skip
