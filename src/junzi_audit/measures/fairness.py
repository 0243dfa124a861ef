"""Fairness gaps between groups, from counts: point estimates as fairlearn defines them, and intervals.

A gap is the largest difference of a rate between any two groups; ``measures.gaps`` says how surely it is known. A group
too small to be assured is named, and keeps the attribute from being assured; so does a group that the baseline, which
is the roster, expects and nobody sees, or never saw. Fewer than 30 independent records are not judged at all.

All take the same arguments: ``tolerance`` is the gap that may be, ``family`` how many gaps are judged together,
``alpha`` the error of each end. Unseen when fewer than two groups can be judged; ValueError when the attribute was not
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from operator import attrgetter
from typing import Protocol

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import gaps
from junzi_audit.measures.panels import Ask, Kind, panel_of
from junzi_audit.model import Cause
from junzi_audit.seen.counts import Counts, GroupCounts
from junzi_audit.seen.tally import Tally


def _missed(group: GroupCounts) -> Tally:
    """Those not selected among outcome = yes."""
    chosen = group.positives
    return Tally(
        n=chosen.n,
        hits=chosen.n - chosen.hits,
        clusters=chosen.clusters,
        hits_squared=chosen.size_squared - 2 * chosen.hits_by_size + chosen.hits_squared,
        hits_by_size=chosen.size_squared - chosen.hits_by_size,
        size_squared=chosen.size_squared,
    )


SELECTION = Kind(rate="selection rate", records="decisions", tally=attrgetter("selection"))
TRUE_POSITIVE = Kind(rate="true positive rate", records="positives", tally=attrgetter("positives"))
FALSE_POSITIVE = Kind(rate="false positive rate", records="negatives", tally=attrgetter("negatives"))
FALSE_NEGATIVE = Kind(rate="false negative rate", records="positives", tally=_missed)
PRECISION = Kind(rate="precision", records="labelled selections", tally=attrgetter("precision"))
BASE = Kind(rate="base rate", records="labelled decisions", tally=attrgetter("labels"))

#: Gaps that one duty judges together for each attribute: selection rate, equalized odds, growth.
_GAPS = 3


class Gap(Protocol):
    """One of the measures below, the ratio of ``parity`` or the gap of ``calibration``."""

    def __call__(
        self, counts: Counts, attribute: str, *, baseline: Counts | None, tolerance: float, family: int
    ) -> Measurement | Unseen:
        """The gap of one attribute."""


def across(
    gap: Gap, counts: Counts, *, baseline: Counts | None, tolerance: float, together: int = _GAPS
) -> dict[str, Measurement | Unseen]:
    """The gap of every attribute counted; the family is all gaps that the duty judges over these attributes.

    ``together``: how many gaps the duty judges for each attribute.
    """
    names = [attribute.name for attribute in counts.attributes]
    family = together * len(names)
    return {name: gap(counts, name, baseline=baseline, tolerance=tolerance, family=family) for name in names}


def selection_rate_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest difference of selection rates between two groups (demographic parity difference), 0 to 1."""
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, (SELECTION,), ask)


def equalized_odds_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """The larger of the gaps in true and in false positive rate between two groups (equalized odds difference), 0 to 1.

    Only labelled decisions count. A group without positives (negatives) has no such rate: named, never taken for 0.
    """
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, (TRUE_POSITIVE, FALSE_POSITIVE), ask)


def equal_opportunity_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest difference of true positive rates between two groups (equal opportunity difference), 0 to 1."""
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, (TRUE_POSITIVE,), ask)


def false_negative_rate_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest difference between two groups in the share missed among outcome = yes, 0 to 1.

    The same figure as the equal opportunity gap, told by who is missed; a duty judges one of the two.
    """
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, (FALSE_NEGATIVE,), ask)


def predictive_parity_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest difference of precision (outcome = yes among the selected that have an outcome), 0 to 1.

    A group of which nobody was selected has no precision: named, never taken for 0.
    """
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    return _gap(counts, baseline, (PRECISION,), ask)


def gap_growth(
    counts: Counts, attribute: str, *, baseline: Counts | None, tolerance: float, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest growth, since the baseline, of the difference in selection rate of any two groups, 0 to 1.

    |a - b| now less |a - b| then: a gap that closed, or turned round without widening, has not grown. Unseen without a
    baseline, or without two groups large enough in both. Records of one entity in both periods only make the interval
    wider than it need be.
    """
    now, before = counts.of(attribute), gaps.known(baseline, attribute)
    if before is None or not before.groups:
        return Unseen(cause=Cause.NO_BASELINE, detail=f"{attribute}: no stored counts to compare with")
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    panels = (panel_of(SELECTION, now, before, ask), panel_of(SELECTION, before, None, ask, " in the baseline"))
    here, there = ({rate.group: rate for rate in panel.judged} for panel in panels)
    small = {rate.group for panel in panels for rate in panel.rates if panel.small(rate)}
    claims = [
        gaps.Claim(
            contrasts=tuple(((1, here[a]), (-1, here[b]), (-turn, there[a]), (turn, there[b])) for turn in (1, -1)),
            exact=not small.isdisjoint((a, b)),
        )
        for a, b in permutations(sorted(here.keys() & there.keys()), 2)
    ]
    return gaps.largest(ask, now, panels, claims, expected=0.0)


def _gap(counts: Counts, baseline: Counts | None, kinds: Sequence[Kind], ask: Ask) -> Measurement | Unseen:
    now, before = counts.of(ask.attribute), gaps.known(baseline, ask.attribute)
    return gaps.gap(ask, now, [panel_of(kind, now, before, ask) for kind in kinds])
