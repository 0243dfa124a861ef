"""Fairness gaps between groups, from counts: point estimates by fairlearn, intervals that say what is not known.

A gap is the largest difference of a rate between any two groups. Its interval runs from L, the largest
lower bound over ordered pairs at alpha / (pairs * family), to U, the largest upper bound at alpha: each end is wrong in
at most alpha of the cases, however many groups there are. A group too small to be assured is named, never judged alone,
and keeps the attribute from being assured; so does a group that the baseline expects and nobody sees, or never saw.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from itertools import permutations
from typing import Protocol

from junzi_audit.counts import AttributeCounts, Counts
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.panels import Ask, Kind, Panel, Rate, panel_of
from junzi_audit.model import Cause
from junzi_audit.tally import Tally

_LISTED = 6
_SELECTION = Kind(
    rate="selection rate", tally="selection", records="decisions", label=0, metric="demographic_parity_difference"
)
_ODDS = tuple(
    Kind(rate=f"{truth} positive rate", tally=tally, records=tally, label=label, metric="equalized_odds_difference")
    for truth, tally, label in (("true", "positives", 1), ("false", "negatives", 0))
)
#: An ordered pair of groups, now and perhaps in the baseline: the weighted rates whose sum is their difference.
_Contrast = tuple[tuple[int, Rate], ...]
#: What a pair is said to differ by: the least of its contrasts (one for a gap, two for the growth of one).
_Claim = tuple[_Contrast, ...]


#: Gaps that one duty judges together for each attribute: selection rate, equalized odds, growth.
_GAPS = 3


class Gap(Protocol):
    """One of the gaps below."""

    def __call__(
        self, counts: Counts, attribute: str, *, baseline: Counts | None, tolerance: float, family: int
    ) -> Measurement | Unseen:
        """The gap of one attribute."""


def across(gap: Gap, counts: Counts, *, baseline: Counts | None, tolerance: float) -> dict[str, Measurement | Unseen]:
    """The gap of every attribute counted; the family is all gaps that the duty judges over these attributes."""
    names = [attribute.name for attribute in counts.attributes]
    family = _GAPS * len(names)
    return {name: gap(counts, name, baseline=baseline, tolerance=tolerance, family=family) for name in names}


def selection_rate_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest difference of selection rates between two groups (demographic parity difference), 0 to 1.

    ``tolerance`` is the gap that may be, ``family`` how many gaps are judged together, ``alpha`` the error of each end.
    Unseen when fewer than two groups reach their floor; ValueError when the attribute was not counted.
    """
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, (_SELECTION,), ask)


def equalized_odds_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """The larger of the gaps in true and in false positive rate between two groups (equalized odds difference), 0 to 1.

    Only labelled decisions count. A group without positives (negatives) has no such rate: named, never taken for 0.
    Arguments and errors as for ``selection_rate_gap``.
    """
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, _ODDS, ask)


def gap_growth(
    counts: Counts, attribute: str, *, baseline: Counts | None, tolerance: float, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest growth, since the baseline, of the difference in selection rate of any two groups, 0 to 1.

    |a - b| now less |a - b| then: a gap that closed, or turned round without widening, has not grown. Unseen without a
    baseline, or without two groups large enough in both. Records of one entity in both periods only make the interval
    wider than it need be.
    """
    now, before = counts.of(attribute), _known(baseline, attribute)
    if before is None or not before.groups:
        return Unseen(cause=Cause.NO_BASELINE, detail=f"{attribute}: no stored counts to compare with")
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    panels = (panel_of(_SELECTION, now, before, ask), panel_of(_SELECTION, before, None, ask, " in the baseline"))
    here, there = ({rate.group: rate for rate in panel.judged} for panel in panels)
    pairs = permutations(sorted(here.keys() & there.keys()), 2)
    claims = [
        tuple(((1, here[a]), (-1, here[b]), (-turn, there[a]), (turn, there[b])) for turn in (1, -1)) for a, b in pairs
    ]
    return _answer(ask, now, panels, claims, expected=0.0)


def _gap(counts: Counts, baseline: Counts | None, kinds: Sequence[Kind], ask: Ask) -> Measurement | Unseen:
    now, before = counts.of(ask.attribute), _known(baseline, ask.attribute)
    panels = [panel_of(kind, now, before, ask) for kind in kinds]
    claims = [(((1, a), (-1, b)),) for panel in panels for a, b in permutations(panel.judged, 2)]
    return _answer(ask, now, panels, claims, expected=_stored_gap(panels, before))


def _known(baseline: Counts | None, attribute: str) -> AttributeCounts | None:
    """What the baseline holds of an attribute: no groups where it does not know it, None where nothing is stored."""
    if baseline is None or not baseline.attributes:
        return None
    unknown = AttributeCounts(name=attribute, groups=(), excluded=())
    return next((known for known in baseline.attributes if known.name == attribute), unknown)


def _answer(
    ask: Ask, now: AttributeCounts, panels: Sequence[Panel], claims: Sequence[_Claim], expected: float | None
) -> Measurement | Unseen:
    exhibits = tuple(panel.exhibit(ask.attribute) for panel in panels)
    notes = [note for panel in panels for note in panel.notes()]
    current = [panel for panel in panels if not panel.when]
    n = sum(rate.tally.n for panel in current for rate in panel.rates)
    rest = [*_listed(notes), *_left_out(now, n)]
    if not claims:
        detail = "; ".join(["fewer than two groups are large enough", *rest])
        return Unseen(cause=Cause.TOO_FEW, detail=detail, exhibits=exhibits)
    widest = max(claims, key=_point)
    stored = len(current) < len(panels)
    value = _point(widest) if stored else max(_by_fairlearn(panel) for panel in panels if len(panel.judged) > 1)
    low, assured = _interval(claims, ask)
    high = max(1.0, value) if notes else assured
    alone = [f"the groups judged: {low:.3f} to {assured:.3f}; the whole cannot be assured"] if notes else []
    return Measurement(
        value=value,
        low=low,
        high=high,
        n=n,
        missing=_missing(current, ask, value, assured, 2 if stored else 1) if low <= ask.tolerance < high else 0,
        expected=expected,
        detail="; ".join([_wording(widest), *alone, *rest]),
        exhibits=exhibits,
    )


def _interval(claims: Sequence[_Claim], ask: Ask) -> tuple[float, float]:
    """L and U of the largest claim.

    The ends of a minimum are the minima of its contrasts' ends: below at the same alpha, because the end of the one
    contrast that is least would have to fail; above, the contrasts share alpha.
    """

    def ends(claim: _Claim, alpha: float) -> list[tuple[float, float]]:
        return [rates.mover([rate.term(weight, alpha) for weight, rate in terms], alpha) for terms in claim]

    strict = ask.alpha / (len(claims) * ask.family)
    low = max(min(low for low, _ in ends(claim, strict)) for claim in claims)
    high = max(min(high for _, high in ends(claim, ask.alpha / len(claim))) for claim in claims)
    return max(0.0, low), high


def _missing(panels: Sequence[Panel], ask: Ask, value: float, assured: float, samples: int) -> int:
    """Records for a chance of .80 to be assured if all groups were alike; where these are there, given the gap seen.

    0 when more records would not help: what keeps the whole from being assured is a group no baseline knows.
    """
    distances = [ask.tolerance]
    if assured > ask.tolerance:
        distances.append(max(abs(ask.tolerance - value), ask.tolerance / 10))
    for distance in distances:
        needed = {panel.kind: samples * rates.n80(panel.pooled, distance, ask.alpha) for panel in panels}
        lacking = sum(
            panel.lacking(rate, max(panel.floor, needed[panel.kind])) for panel in panels for rate in panel.rates
        )
        if lacking:
            return lacking
    return 0


def _by_fairlearn(panel: Panel) -> float:
    """The gap of one panel. Its records share one label, so equalized odds sees no other rate's gap in them."""
    metric = getattr(importlib.import_module("fairlearn.metrics"), panel.kind.metric)
    cells = [
        (rate.group, decision, weight)
        for rate in panel.judged
        for decision, weight in ((1, rate.tally.hits), (0, rate.tally.n - rate.tally.hits))
        if weight
    ]
    groups, decisions, weights = zip(*cells, strict=True)
    labels = [panel.kind.label] * len(cells)
    return float(metric(labels, decisions, sensitive_features=groups, sample_weight=weights))


def _stored_gap(panels: Sequence[Panel], before: AttributeCounts | None) -> float | None:
    """The baseline's own gap among the groups judged now."""
    gaps = []
    for panel in panels:
        judged = {rate.group for rate in panel.judged}
        known = [group for group in before.groups if group.group in judged] if before else []
        tallies: list[Tally] = [getattr(group, panel.kind.tally) for group in known]
        seen = [tally.rate for tally in tallies if tally.n]
        if len(seen) > 1:
            gaps.append(max(seen) - min(seen))
    return max(gaps, default=None)


def _point(claim: _Claim) -> float:
    return min(math.fsum(weight * rate.tally.rate for weight, rate in contrast) for contrast in claim)


def _wording(claim: _Claim) -> str:
    (_, a), (_, b), *stored = claim[0]
    said = f"{a.kind.rate} of {a.group} {a.tally.rate:.3f} against {b.group} {b.tally.rate:.3f}"
    return said + "".join(f", {rate.group} was {rate.tally.rate:.3f}" for _, rate in stored)


def _listed(notes: Sequence[str]) -> list[str]:
    return [*notes[:_LISTED], *([f"and {len(notes) - _LISTED} more"] if len(notes) > _LISTED else [])]


def _left_out(now: AttributeCounts, n: int) -> list[str]:
    reasons = [f"{left.rows} rows excluded: {left.reason}" for left in now.excluded]
    return [*reasons, *([f"{now.counted - n} without an outcome"] if n < now.counted else [])]
