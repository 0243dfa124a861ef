"""Fairness over time: every attribute of every limit is a stream, watched day by day on a yearly budget.

One figure per stream goes to the judge: the interval of the last weeks, which can assure, joined by the evidence of all
looks, which alone can breach (docs/STATISTICS.md, 3).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from junzi_audit.findings import Measurement, Unseen, census
from junzi_audit.measures import evalues, rates
from junzi_audit.measures.detector import watch
from junzi_audit.measures.evalues import Contrast
from junzi_audit.measures.weighing import Stream, Watched, joined
from junzi_audit.model import Cause
from junzi_audit.seen.counts import AttributeCounts, Counts
from junzi_audit.seen.looks import Cell, Look

_LISTED = 6
_ALL = "all"


def parity(looks: Mapping[str, Sequence[Look]], *, tolerance: float, until: date) -> dict[str, Stream]:
    """The claim of every attribute that no two groups' rates differ by more than ``tolerance``, up to ``until``."""
    return _watched(looks, lambda _, groups: evalues.parity(groups, tolerance), tolerance, until)


def odds(looks: Mapping[str, Sequence[Look]], *, tolerance: float, until: date) -> dict[str, Stream]:
    """The same of true and of false positive rates; ``looks`` name their groups by ``looks.among``."""

    def claims(_: str, groups: Sequence[str]) -> Sequence[Contrast]:
        by_outcome = [[name for name in groups if name.endswith(end)] for end in ("=yes", "=no")]
        return [claim for names in by_outcome for claim in evalues.parity(names, tolerance)]

    return _watched(looks, claims, tolerance, until)


def growth(
    looks: Mapping[str, Sequence[Look]], *, baseline: Counts, tolerance: float, until: date
) -> dict[str, Stream]:
    """The claim that no two groups' difference grew by more than ``tolerance`` since the baseline.

    The baseline's difference is taken as a contract, not as a sample.
    """
    known = {attribute.name: _rates(attribute) for attribute in baseline.attributes}

    def claims(name: str, groups: Sequence[str]) -> Sequence[Contrast]:
        stored = known.get(name, {})
        pairs = evalues.parity([group for group in groups if group in stored], tolerance)
        return [
            replace(pair, limit=abs(stored[pair.groups[0]] - stored[pair.groups[1]]) + tolerance)
            for pair in pairs
            if abs(stored[pair.groups[0]] - stored[pair.groups[1]]) + tolerance < 1
        ]

    return _watched(looks, claims, tolerance, until)


def error_growth(
    labelled: Sequence[Look], *, wrong: int, known: int, tolerance: float, until: date
) -> Measurement | Unseen:
    """By how much more often decisions prove wrong than in a sample of ``wrong`` among ``known``, as outcomes come in.

    Held against the upper 95 % end of that sample's share, so chance in it cannot breach (after Podkopaev & Ramdas,
    arXiv 2110.06177). ``labelled``: the looks of every decision, groups named by ``looks.among``.
    """
    if not known or not labelled:
        why = "no decision of the window has an outcome" if known else "the baseline holds no outcomes"
        return Unseen(cause=Cause.TOO_FEW if known else Cause.NO_BASELINE, detail=why)
    allowed = rates.wilson(wrong, known, 0.05)[1]
    claims = evalues.share(_ALL, min(allowed + tolerance, 1 - 1e-3))
    history = watch([_errors(look) for look in labelled], claims, until=until)
    last = history.points[-1]
    low, value, high = (end + tolerance for end in (last.lower, last.estimate, last.upper))
    if not math.isfinite(value):
        return Unseen(cause=Cause.TOO_FEW, detail="no decision of the last weeks has an outcome yet")
    reading = Measurement(
        value=value, low=low, high=high, n=sum(point.records for point in history.points), missing=last.missing,
        expected=0.0, detail=f"wrong in {value + allowed:.3f}, at most {allowed:.3f} in the baseline",
    )  # fmt: skip
    return joined(reading, Stream(history=history, tolerance=tolerance), None, "Growth of wrong decisions")


def _errors(look: Look) -> Look:
    """The wrong ones as hits, whatever the group."""
    cells: Counter[tuple[int, int]] = Counter()
    for cell in look.cells:
        cells[cell.size, cell.wrong] += cell.clusters
    return Look(
        day=look.day,
        cells=tuple(Cell(group=_ALL, size=size, hits=hits, clusters=n) for (size, hits), n in sorted(cells.items())),
    )


def _rates(attribute: AttributeCounts) -> dict[str, float]:
    return {group.group: group.selection.rate for group in attribute.groups if group.selection.n}


def watched(
    selection: Mapping[str, Sequence[Look]],
    labelled: Mapping[str, Sequence[Look]],
    *,
    baseline: Counts | None,
    limits: Mapping[str, float],
    until: date,
) -> Watched:
    """The streams of ``selection_rate_gap``, ``equalized_odds_gap`` and ``gap_growth``, watched to ``until``."""
    streams = {
        "selection_rate_gap": parity(selection, tolerance=limits["selection_rate_gap"], until=until),
        "equalized_odds_gap": odds(labelled, tolerance=limits["equalized_odds_gap"], until=until),
    }
    if baseline is not None:
        streams["gap_growth"] = growth(selection, baseline=baseline, tolerance=limits["gap_growth"], until=until)
    return Watched(streams=streams)


def _watched(
    looks: Mapping[str, Sequence[Look]],
    claims: Callable[[str, Sequence[str]], Sequence[Contrast]],
    tolerance: float,
    until: date,
) -> dict[str, Stream]:
    streams = {}
    for name, seen in looks.items():
        groups = sorted({cell.group for look in seen for cell in look.cells})
        if seen and (asked := claims(name, groups)):
            history = watch(seen, asked, until=until)
            streams[name] = Stream(history=history, tolerance=tolerance)
    return streams


def rewritten(days: Sequence[date], *, compared: int, known: int) -> Measurement | Unseen:
    """How many past days are no longer what an earlier run saw; a first look notes them for the next."""
    if not known:
        return Unseen(cause=Cause.TOO_FEW, detail="the log holds no whole day")
    named = ", ".join(day.isoformat() for day in days[:_LISTED])
    more = f" and {len(days) - _LISTED} more" if len(days) > _LISTED else ""
    first = "" if compared else " (nothing yet: this is the first look)"
    told = f"{compared} days compared with an earlier run{first}; {known} known from now on"
    detail = f"{named}{more}" if days else told
    return census(len(days), n=known, detail=detail)
