"""Risk scores as a whole: failed bias audits, and how far today's scores lie from their norm."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from statistics import fmean, stdev
from typing import Any, TypeGuard

from junzi_audit.findings import Exhibit, Measurement, Unseen, census
from junzi_audit.measures import drift
from junzi_audit.model import Cause
from junzi_audit.records import BiasAudit, ScoredDecision
from junzi_audit.seen.histograms import Histogram, from_json, to_json

#: Fewer scores than this give a mean too noisy to hold against a norm made of whole days.
_FEWEST = 100
_FEWEST_DAYS = 14
#: The published scale of scores, cut into cells once and for all.
_LOW, _HIGH, _CELLS = 0.0, 10.0, 1024


def failed_audits(
    audits: Sequence[BiasAudit], decisions: Sequence[ScoredDecision] = (), since: datetime | None = None
) -> Measurement | Unseen:
    """Bias audits that failed; unseen when none was made at all, because then nothing may be published either.

    A score of the interval that says its audit failed counts too, whether or not the list of audits names it.
    """
    results = {audit.bias_audit_id: audit.result for audit in audits}
    unlisted = 0
    for decision in decisions:
        recent = since is None or decision.calculated_at >= since
        if recent and decision.bias_audit == "failed":
            unlisted += decision.bias_audit_id not in results
            results[decision.bias_audit_id or f"of {decision.risk_id}"] = "failed"
    if not results:
        return Unseen(cause=Cause.TOO_FEW, detail="no bias audit was made in the interval")
    failed = sum(result == "failed" for result in results.values())
    detail = f"of {len(results)} audits in 30 minutes"
    return census(failed, n=len(results), detail=detail + (f", {unlisted} of them not listed" if unlisted else ""))


def norm(decisions: Sequence[ScoredDecision]) -> dict[str, Any]:
    """What a baseline stores: mean and standard deviation of the daily mean scores, how many days, and a histogram."""
    days: dict[date, list[float]] = defaultdict(list)
    for decision in decisions:
        days[decision.calculated_at.date()].append(decision.risk_value)
    means = [fmean(scores) for scores in days.values() if len(scores) >= _FEWEST]
    return {
        "mean_of_daily_means": fmean(means) if means else None,
        "sd_of_daily_means": stdev(means) if len(means) > 1 else None,
        "days": len(means),
        "histogram": to_json(histogram(decisions)),
    }


def histogram(decisions: Sequence[ScoredDecision]) -> Histogram:
    """Mean score of every entity on every day, in equal cells: scores of one entity on one day are not independent."""
    scores: dict[tuple[str, date], list[float]] = defaultdict(list)
    for decision in decisions:
        scores[decision.entity_id, decision.calculated_at.date()].append(decision.risk_value)
    counts = [0] * _CELLS
    for values in scores.values():
        counts[min(_CELLS - 1, int((fmean(values) - _LOW) * _CELLS / (_HIGH - _LOW)))] += 1
    return Histogram(low=_LOW, high=_HIGH, counts=tuple(counts))


def distribution(
    decisions: Sequence[ScoredDecision], stored: Mapping[str, Any], *, tolerance: float
) -> Measurement | Unseen:
    """Kolmogorov-Smirnov distance of the scores from the norm's, 0 to 1: finds what leaves the mean where it was.

    One record per entity and day. Tables only: drawing would take a heartbeat longer than looking.
    """
    known = stored.get("histogram")
    if not isinstance(known, Mapping):
        return Unseen(cause=Cause.NO_BASELINE, detail="the stored norm holds no histogram of scores")
    try:
        norm = from_json(known)
    except ValueError as error:
        return Unseen(cause=Cause.NO_BASELINE, detail=f"the stored histogram is not one: {error}"[:300])
    found = drift.kolmogorov_smirnov(histogram(decisions), norm, drift.Ask(tolerance=tolerance))
    return replace(found, exhibits=tuple(replace(exhibit, chart=None) for exhibit in found.exhibits))


def shift(decisions: Sequence[ScoredDecision], stored: Mapping[str, Any]) -> Measurement | Unseen:
    """Distance of the mean score from the norm's, in standard deviations of the norm's daily means.

    A day with fewer scores than the norm's days scatters more; that is not corrected for, the published limit is plain.
    """
    middle, spread, days = (stored.get(name) for name in ("mean_of_daily_means", "sd_of_daily_means", "days"))
    if not _is_number(middle) or not _is_number(spread) or not _is_number(days) or spread <= 0 or days < _FEWEST_DAYS:
        return Unseen(cause=Cause.NO_BASELINE, detail=f"the stored norm has fewer than {_FEWEST_DAYS} days")
    scores = [decision.risk_value for decision in decisions]
    if len(scores) < _FEWEST:
        detail = f"{len(scores)} scores in 24 hours; {_FEWEST} are needed"
        return Unseen(cause=Cause.TOO_FEW, detail=detail)
    mean = fmean(scores)
    rows = (
        ("mean score, last 24 hours", round(mean, 4)),
        ("mean of the norm's daily means", round(middle, 4)),
        ("their standard deviation", round(spread, 4)),
        ("scores in the last 24 hours", len(scores)),
        ("days in the norm", days),
    )
    table = Exhibit(
        title="Today's scores against their norm",
        caption="The norm stands in the approved baseline.",
        columns=("figure", "value"),
        rows=rows,
    )
    return census(math.fabs(mean - middle) / spread, n=len(scores), expected=0.0, exhibits=(table,))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
