"""Calibration by score band: the same score is to mean the same for every group.

The banded counts are those of an intersection whose last part is the band of the score: counted as the attribute
"party x band", its group "Red x 7-8" holds the decisions on Red with a score of 7 to 8.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import attrgetter

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import gaps
from junzi_audit.measures.panels import Ask, Kind, panel_of
from junzi_audit.seen.counts import AttributeCounts, Counts, GroupCounts

_JOINED = " x "


def calibration_gap(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Largest difference, within any one score band, of the share of outcome = yes between two groups, 0 to 1.

    ``attribute`` is the intersection of the groups with the band, which comes last. Groups are only compared within a
    band. One that has decisions in a band, but too few with an outcome, is named there, not judged, and keeps the whole
    from being assured; one that never has such a score is not missed, unless the baseline knows it there. Arguments and
    errors as in ``measures.fairness``; ValueError, too, when the attribute is no intersection.
    """
    whose, joined, band = attribute.rpartition(_JOINED)
    if not joined:
        raise ValueError(f"calibration is asked of groups and score bands, such as '{attribute} x band'")
    now, before = counts.of(attribute), gaps.known(baseline, attribute)
    ask = Ask(attribute=whose, tolerance=tolerance, family=family, alpha=alpha)
    here, there = _by_band(now), _by_band(before)
    none = AttributeCounts(name=whose, groups=(), excluded=())
    panels = [
        panel_of(_kind(f"{band} {at}"), here.get(at, none), None if before is None else there.get(at, none), ask)
        for at in sorted(here.keys() | there.keys())
    ]
    return gaps.gap(ask, now, panels)


def _kind(band: str) -> Kind:
    return Kind(
        rate=f"share of outcome = yes in {band}", records=f"labelled decisions in {band}", tally=attrgetter("labels")
    )


def _by_band(counted: AttributeCounts | None) -> dict[str, AttributeCounts]:
    """The groups of each band, by their own names."""
    bands: defaultdict[str, list[GroupCounts]] = defaultdict(list)
    for group in counted.groups if counted else ():
        name, _, band = group.group.rpartition(_JOINED)
        bands[band].append(replace(group, group=name))
    return {band: AttributeCounts(name=band, groups=tuple(groups), excluded=()) for band, groups in bands.items()}
