"""Scores computed again from their stated factors, by the published formula (docs/TARGET_CONTRACT.md).

Every score is computed again, so nothing is sampled and nothing estimated: both figures are counted exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from junzi_audit.findings import Exhibit, Measurement, Unseen, census
from junzi_audit.measures.details import some
from junzi_audit.model import Cause
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.outputs import ExplainedScore, Factors

#: What the formula adds for each upheld contradiction (times its confidence) and for each promise.
CONTRADICTION = 0.6
PROMISES = {"Broken": 0.25, "Fulfilled": -0.05}
#: Scores are published to two decimals; what differs by more than rounding differs.
ROUNDING = 0.005
SCALE = 10
_SHOWN = 50


def by_formula(factors: Factors) -> float:
    """The score (0-10) that follows from the factors."""
    found = math.fsum(CONTRADICTION * each.confidence for each in factors.contradictions if each.upheld)
    kept = math.fsum(PROMISES.get(promise, 0.0) for promise in factors.promises)
    return SCALE * (1 - math.exp(-max(0.0, found + kept)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """One score beside the one that follows from its factors; ``logged`` is what the decision log says that it was."""

    score: ExplainedScore
    computed: float
    logged: float

    @property
    def gap(self) -> float:
        """How far they are apart, in points of the scale: of the two that were told, the one further off."""
        return max(abs(self.score.risk_value - self.computed), abs(self.logged - self.computed))

    @property
    def differs(self) -> bool:
        """Whether they are apart by more than rounding."""
        return self.gap > ROUNDING + 1e-9


def again(scores: Sequence[ExplainedScore], decisions: Sequence[ScoredDecision]) -> tuple[Again, ...]:
    """Every score, computed again and held against the decision log of the same interval."""
    logged = {each.risk_id: each.risk_value for each in decisions}
    return tuple(
        Again(score=each, computed=by_formula(each.factors), logged=logged.get(each.risk_id, each.risk_value))
        for each in scores
    )


def left_out(found: Sequence[Again], decisions: Sequence[ScoredDecision]) -> Unseen | None:
    """What keeps these from being all scores: those that the decision log tells of and nobody explained."""
    lacking = sorted({each.risk_id for each in decisions} - {each.score.risk_id for each in found})
    if not lacking:
        return None
    told = f"{len(lacking):,} of {len(decisions):,} scores in the decision log come with no factors: {some(lacking)}"
    return Unseen(cause=Cause.TOO_FEW, detail=told)


def unexplained(found: Sequence[Again]) -> Measurement:
    """How many scores do not follow from their factors."""
    bad = sorted((each for each in found if each.differs), key=lambda each: -each.gap)
    told = f"all {len(found):,} scores were computed again, none is sampled"
    named = some([each.score.risk_id for each in bad])
    return census(
        len(bad), n=len(found), detail=f"{told}: {named}" if named else told, exhibits=(_table(bad, len(found)),)
    )


def mean_gap(found: Sequence[Again]) -> Measurement:
    """Mean distance between published and computed scores, as a share of the scale."""
    mean = math.fsum(each.gap for each in found) / SCALE / len(found) if found else math.nan
    return census(mean, n=len(found))


def _table(bad: Sequence[Again], of: int) -> Exhibit:
    rows = tuple(
        (
            each.score.risk_id, f"{each.score.calculated_at:%Y-%m-%d %H:%M}", each.score.risk_value, each.logged,
            round(each.computed, 2), round(each.gap, 2), len(each.score.factors.contradictions),
            len(each.score.factors.promises), each.score.model_version,
        )
        for each in bad[:_SHOWN]
    )  # fmt: skip
    caption = (
        f"{len(bad):,} of {of:,} scores differ from what follows from their stated factors; the widest "
        f"{min(len(bad), _SHOWN)} are shown. Counted exactly: every score of the interval was computed again."
    )
    return Exhibit(
        title="Scores that do not follow from their factors", caption=caption,
        columns=(
            "score", "calculated", "published", "logged", "computed", "gap", "contradictions", "promises", "model",
        ),
        rows=rows,
    )  # fmt: skip
