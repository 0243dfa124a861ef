"""Risk scores as a whole: failed bias audits, and how far today's scores lie from their norm."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from statistics import fmean, stdev
from typing import Any

from junzi_audit.model import Cause, Exhibit, Measurement, Unseen, census
from junzi_audit.records import BiasAudit, ScoredDecision

#: Fewer scores than this give a mean too noisy to hold against a norm made of whole days.
_FEWEST = 100


def failed_audits(audits: Sequence[BiasAudit]) -> Measurement | Unseen:
    """Bias audits that failed; unseen when none was made at all, because then nothing may be published either."""
    if not audits:
        return Unseen(cause=Cause.TOO_FEW, detail="no bias audit was made in the interval")
    failed = [audit for audit in audits if audit.result == "failed"]
    return census(len(failed), n=len(audits), detail=f"of {len(audits)} audits in 30 minutes")


def norm(decisions: Sequence[ScoredDecision]) -> dict[str, Any]:
    """What a baseline stores: mean and standard deviation of the daily mean scores, and how many days."""
    days: dict[date, list[float]] = defaultdict(list)
    for decision in decisions:
        days[decision.calculated_at.date()].append(decision.risk_value)
    means = [fmean(scores) for scores in days.values() if len(scores) >= _FEWEST]
    return {
        "mean_of_daily_means": fmean(means) if means else None,
        "sd_of_daily_means": stdev(means) if len(means) > 1 else None,
        "days": len(means),
    }


def shift(decisions: Sequence[ScoredDecision], stored: Mapping[str, Any]) -> Measurement | Unseen:
    """Distance of the mean score from the norm's, in standard deviations of the norm's daily means.

    A day with fewer scores than the norm's days scatters more; that is not corrected for, the published limit is plain.
    """
    middle, spread, days = stored.get("mean_of_daily_means"), stored.get("sd_of_daily_means"), stored.get("days", 0)
    if not isinstance(middle, float) or not isinstance(spread, float) or spread <= 0 or days < 14:
        return Unseen(cause=Cause.NO_BASELINE, detail="the stored norm has fewer than 14 days")
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
