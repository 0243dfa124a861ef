"""Drift against a frozen baseline: how far a column has moved, in its own unit, and how far it may in truth have.

Every bin comes from the baseline; nothing is re-cut, so an outlier cannot hide a shift. ``alpha`` is the error of each
end of an interval, as in ``rates``. Records that come in clusters are handed in with their ``design_effect``: how many
of them are worth one independent record (1: independent).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.model import Cause
from junzi_audit.seen.histograms import Histogram, quantile_cuts, rebinned

_SHOWN = 20
_PICTURED = 64
_Seen = TypeVar("_Seen")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """How much drift may be, how surely it is to be known, and what the records are worth."""

    tolerance: float
    alpha: float = 0.05
    design_effect: float = 1.0

    def __post_init__(self) -> None:
        if not (self.tolerance > 0 and 0 < self.alpha < 0.5 and self.design_effect >= 1):
            raise ValueError(f"no drift can be judged with {self}")

    def radius(self, n: int, log_events: float = math.log(2)) -> float:
        """How far a sample's distribution may lie from the truth, sure to half of alpha, for any n.

        With ``log_events`` = ln 2 the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant.
        """
        return math.sqrt((log_events - math.log(self.alpha / 2)) / (2 * n / self.design_effect))

    def lacking(self, n: int, m: int, gap: float, log_events: float = math.log(2)) -> int:
        """Rows still missing now: first to be assured if nothing moved, then to decide at the gap seen.

        0 when no number of rows would do, because the baseline's own m rows are too few.
        """
        for distance in (self.tolerance, max(abs(self.tolerance - gap), self.tolerance / 10)):
            left = distance - self.radius(m, log_events)
            if left <= 0:
                return 0
            needed = (log_events - math.log(self.alpha / 2)) / (2 * left**2) * self.design_effect
            if needed > n:
                return math.ceil(needed - n)
        return 0


def kolmogorov_smirnov(now: Histogram, stored: Histogram | None, ask: Ask) -> Measurement | Unseen:
    """Largest difference of the two cumulative shares at any edge of the frozen cells, 0 to 1 (DKW-Massart interval).

    At most the Kolmogorov-Smirnov distance of the raw values; lower by no more than the share of the fullest cell.
    """
    return _distance(now, stored, ask, unit=1.0, measure=_ks)


def wasserstein(now: Histogram, stored: Histogram | None, ask: Ask) -> Measurement | Unseen:
    """How far a value moved on average, in the column's unit (Wasserstein-1).

    Of the values as the cells round them, within one cell's width of the raw one; values outside count as at the ends.
    """
    return _distance(now, stored, ask, unit=now.high - now.low, measure=_w1)


def _ks(gaps: Sequence[float], now: Histogram) -> tuple[float, str]:
    at = max(range(len(gaps)), key=lambda edge: abs(gaps[edge]))
    side = "more" if gaps[at] > 0 else "less"
    return abs(gaps[at]), f"furthest apart at {now.edges[at]:.4g}, where {side} lies below than in the baseline"


def _w1(gaps: Sequence[float], now: Histogram) -> tuple[float, str]:
    area = sum(map(abs, gaps)) - (abs(gaps[0]) + abs(gaps[-1])) / 2
    up = sum(gaps) < 0
    return area * now.width, f"on the whole {'higher' if up else 'lower'} than the baseline"


def _distance(
    now: Histogram,
    stored: Histogram | None,
    ask: Ask,
    *,
    unit: float,
    measure: Callable[[Sequence[float], Histogram], tuple[float, str]],
) -> Measurement | Unseen:
    if (unseen := comparable(now, stored)) or stored is None:
        return unseen or no_baseline()
    gaps = [a / now.n - b / stored.n for a, b in zip(now.cumulative, stored.cumulative, strict=True)]
    value, words = measure(gaps, now)
    radius = (ask.radius(now.n) + ask.radius(stored.n)) * unit
    low, high = max(0.0, value - radius), min(unit, value + radius)
    scaled = Ask(tolerance=ask.tolerance / unit, alpha=ask.alpha, design_effect=ask.design_effect)
    return Measurement(
        value=value,
        low=low,
        high=high,
        n=now.n,
        missing=scaled.lacking(now.n, stored.n, value / unit) if low <= ask.tolerance < high else 0,
        expected=0.0,
        detail="; ".join([words, *_remarks(now, stored)]),
        exhibits=(beside(now, stored, ask), pictured(now, stored)),
    )


def across(
    measure: Callable[[_Seen, _Seen | None, Ask], Measurement | Unseen],
    now: Mapping[str, _Seen],
    stored: Mapping[str, _Seen],
    ask: Ask,
) -> dict[str, Measurement | Unseen]:
    """One measure of every column; a column that the baseline holds and nobody counted now is unseen."""
    uncounted = Unseen(cause=Cause.NOT_CONFIGURED, detail="in the baseline, but not counted now")
    names = sorted(now.keys() | stored.keys())
    return {name: measure(now[name], stored.get(name), ask) if name in now else uncounted for name in names}


def comparable(now: Histogram, stored: Histogram | None) -> Unseen | None:
    """Why the two cannot be compared: no baseline, other cells, no numbers. None when they can."""
    if stored is None or not stored.n:
        return no_baseline()
    if stored.digest != now.digest:
        return no_baseline(": its cells are not the ones counted now")
    if not now.n:
        return Unseen(cause=Cause.TOO_FEW, detail=f"no row holds a number; {now.missing} are missing")
    return None


def no_baseline(why: str = "") -> Unseen:
    """There is nothing to compare with; ``why`` ends the sentence that says so."""
    return Unseen(cause=Cause.NO_BASELINE, detail=f"no stored counts to compare with{why}")


def _remarks(now: Histogram, stored: Histogram) -> list[str]:
    places = ((now.below, "below"), (now.above, "above"))
    outside = [f"{rows} rows {where} the baseline's cells" for rows, where in places if rows]
    small = stored.n < 20 * now.n and stored.n < 100_000
    return [*outside, *([f"the baseline has only {stored.n} rows: its own error is not minor"] if small else [])]


def newcombe(now: tuple[int, int], stored: tuple[int, int], ask: Ask, alpha: float) -> tuple[float, float]:
    """Ends of the difference of two shares, each given as (rows with it, all rows) and worth what ``ask`` says."""
    a, n, b, m = (count / ask.design_effect for count in (*now, *stored))
    return rates.newcombe(a, n, b, m, alpha)


def beside(now: Histogram, stored: Histogram, ask: Ask, bins: int = _SHOWN) -> Exhibit:
    """The rows of both in ``bins`` bins of equal baseline shares."""
    cuts, edges = quantile_cuts(stored, bins), now.edges
    marks = ["lowest", *(f"{edges[cut]:.4g}" for cut in cuts), "highest"]
    names = [f"{start} to {end}" for start, end in pairwise(marks)]
    return compared(names, rebinned(now, cuts), rebinned(stored, cuts), ask)


def pictured(now: Histogram, stored: Histogram) -> Exhibit:
    """The shares of both in a few bins of equal width, to be looked at."""
    step = math.ceil(len(now.counts) / _PICTURED)
    starts, edges = range(0, len(now.counts), step), now.edges
    shares = [[sum(each.counts[at : at + step]) / each.n for at in starts] for each in (now, stored)]
    return Exhibit(
        title="Values, beside the baseline's",
        caption=f"{now.below + now.above} of {now.n} rows lie outside of the cells, {now.missing} more hold no value.",
        columns=("value", "to", "share", "in the baseline"),
        rows=tuple(
            (edges[at], edges[min(at + step, len(now.counts))], share, before)
            for at, share, before in zip(starts, *shares, strict=True)
        ),
        chart=Chart(
            kind="histogram",
            label=0,
            end=1,
            value=2,
            reference=3,
            reference_label="baseline",
            value_label="share of rows",
        ),
    )


def compared(names: Sequence[str], now: Sequence[int], stored: Sequence[int], ask: Ask) -> Exhibit:
    """The shares of both by name, with the interval of each difference."""
    n, m = sum(now), sum(stored)
    rows = []
    for name, a, b in zip(names, now, stored, strict=True):
        low, high = newcombe((a, n), (b, m), ask, ask.alpha)
        rows.append((name, a, a / n, b / m, a / n - b / m, low, high))
    return Exhibit(
        title="Share of the rows by value, beside the baseline's",
        caption=f"What is compared was fixed by the baseline. Newcombe intervals, {1 - 2 * ask.alpha:.0%} each.",
        columns=("value", "rows", "share", "in the baseline", "difference", "low", "high"),
        rows=tuple(rows),
        chart=Chart(kind="intervals", label=0, value=4, low=5, high=6, limit=0.0, value_label="difference in share"),
    )
