"""Drift against a frozen baseline: how far a column has moved, in its own unit, and how far it may in truth have.

Every bin comes from the baseline; nothing is re-cut, so an outlier cannot hide a shift. ``alpha`` is the error of each
end of an interval, as in ``rates``. Records that come in clusters are handed in with their ``design_effect``: how many
of them are worth one independent record (1: independent).
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import TypeVar

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import rates
from junzi_audit.measures.histograms import Histogram, quantile_cuts, rebinned
from junzi_audit.model import Cause

_SHOWN = 20
_LISTED = 6
_BEYOND = 5e4
#: Rows by category, without those that have none.
Counted = Mapping[str, int]
#: Rows without a value, and all rows.
Missing = tuple[int, int]
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
    """Largest difference of the two cumulative shares at any edge of the frozen cells, 0 to 1 (STATISTICS C.2).

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
    if (unseen := _comparable(now, stored)) or stored is None:
        return unseen or _no_baseline()
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
        exhibits=(_beside(now, stored, ask),),
    )


def stability(now: Histogram, stored: Histogram | None, ask: Ask, bins: int = 10) -> Measurement | Unseen:
    """Population stability index over bins of equal baseline shares, .5 added to each count (STATISTICS C.1).

    PSI / (1/n + 1/m) is non-central chi-square; the interval inverts that, and the value is freed of the bias that the
    plain figure, given in the detail, has at small n. Asymptotic: covers .917 to .970 where .95 is meant.
    """
    if (unseen := _comparable(now, stored)) or stored is None:
        return unseen or _no_baseline()
    plain, degrees = _psi(now, stored, bins)
    if degrees < 1:
        return Unseen(cause=Cause.UNDEFINED, detail="the baseline lies in a single bin")
    scale = ask.design_effect * (1 / now.n + 1 / stored.n)
    low, high = (end * scale for end in _noncentrality(plain / scale, degrees, ask.alpha))
    return Measurement(
        value=min(max(plain - degrees * scale, low), high),
        low=low,
        high=high,
        n=now.n,
        missing=_psi_lacking(now.n, stored.n, degrees, ask) if low <= ask.tolerance < high else 0,
        expected=0.0,
        detail=f"{plain:.4f} as commonly computed, of which chance alone makes {degrees * scale:.4f}",
        exhibits=(_beside(now, stored, ask, bins),),
    )


def jensen_shannon(now: Histogram, stored: Histogram | None, ask: Ask, bins: int = 10) -> Measurement | Unseen:
    """Jensen-Shannon distance (base 2, 0 to 1) over the same bins; shown beside PSI, whose interval it borrows.

    For small drift the divergence is PSI / 8 in nats; the ratio seen in these counts carries the ends over.
    """
    psi = stability(now, stored, ask, bins)
    if isinstance(psi, Unseen) or stored is None:
        return psi
    p, q = _shares(now, stored, bins)
    mixed = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    nats = sum(a * math.log(a / c) / 2 + b * math.log(b / c) / 2 for a, b, c in zip(p, q, mixed, strict=True))
    plain = _psi(now, stored, bins)[0]
    ratio = nats / plain if plain else 1 / 8
    value, low, high = (
        min(1.0, math.sqrt(max(0.0, end) * ratio / math.log(2))) for end in (psi.value, psi.low, psi.high)
    )
    detail = f"{math.sqrt(max(0.0, nats) / math.log(2)):.4f} as commonly computed"
    return Measurement(value=value, low=low, high=high, n=now.n, expected=0.0, detail=detail, exhibits=psi.exhibits)


def missing_gap(now: Missing, stored: Missing | None, ask: Ask) -> Measurement | Unseen:
    """How much the share of rows without a value changed, 0 to 1 (Newcombe's interval)."""
    (missing, rows), (gone, before) = now, stored or (0, 0)
    if not before:
        return _no_baseline()
    if not rows:
        return Unseen(cause=Cause.TOO_FEW, detail="no rows at all")
    share, expected = missing / rows, gone / before
    low, high = _newcombe(now, (gone, before), ask, ask.alpha / 2)
    floor, ceiling = max(0.0, low, -high), max(abs(low), abs(high))
    needed = rates.n80((share + expected) / 2 or 0.5 / rows, ask.tolerance, ask.alpha) * ask.design_effect
    return Measurement(
        value=abs(share - expected),
        low=floor,
        high=ceiling,
        n=rows,
        missing=max(1, math.ceil(needed - rows)) if floor <= ask.tolerance < ceiling else 0,
        expected=0.0,
        detail=f"{share:.1%} of {rows} rows hold no value, {expected:.1%} in the baseline",
    )


def total_variation(now: Counted, stored: Counted | None, ask: Ask) -> Measurement | Unseen:
    """Share of the rows that would have to change category to look like the baseline, 0 to 1.

    Finite-sample interval over all 2^k sets of k categories (Weissman et al. 2003), or from the mean and McDiarmid's
    inequality where k is large. New and vanished categories count; ``roster_changes`` names them.
    """
    n, m = sum(now.values()), sum(stored.values()) if stored else 0
    if stored is None or not m:
        return _no_baseline()
    if not n:
        return Unseen(cause=Cause.TOO_FEW, detail="no row holds a value")
    names = sorted(now.keys() | stored.keys())
    value = sum(abs(now.get(name, 0) / n - stored.get(name, 0) / m) for name in names) / 2
    sets = max(1, len(names)) * math.log(2)
    radius = _spread(n, len(names), ask, sets) + _spread(m, len(names), ask, sets)
    low, high = max(0.0, value - radius), min(1.0, value + radius)
    return Measurement(
        value=value,
        low=low,
        high=high,
        n=n,
        missing=ask.lacking(n, m, value, sets) if low <= ask.tolerance < high else 0,
        expected=0.0,
        detail=f"over {len(names)} categories",
        exhibits=(_table(now, stored, ask, names),),
    )


def roster_changes(now: Counted, stored: Counted | None, ask: Ask) -> Measurement | Unseen:
    """Categories (or groups) that the baseline does not know, and known ones that are gone: counted, not estimated.

    A known one without rows is gone when chance would leave it out in less than alpha of such samples; else it is only
    named. ``stored`` is the declared roster with its counts.
    """
    n, m = sum(now.values()), sum(stored.values()) if stored else 0
    if stored is None or not m:
        return _no_baseline()
    if not n:
        return Unseen(cause=Cause.TOO_FEW, detail="no row holds a value")
    new = sorted(name for name, rows in now.items() if rows and not stored.get(name))
    absent = sorted(name for name, rows in stored.items() if rows and not now.get(name))
    worth, known = n / ask.design_effect, m / ask.design_effect
    gone = [
        name
        for name in absent
        if (1 - rates.wilson(stored[name] / ask.design_effect, known, ask.alpha)[0]) ** worth <= ask.alpha
    ]
    unsure = [name for name in absent if name not in gone]
    said = [
        f"{words}: {_listed(names)}"
        for words, names in (("new", new), ("gone", gone), ("not seen, perhaps by chance", unsure))
        if names
    ]
    return census(
        len(new) + len(gone),
        n=n,
        detail="; ".join(said),
        expected=0.0,
        exhibits=(_table(now, stored, ask, sorted(now.keys() | stored.keys())),),
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


def _comparable(now: Histogram, stored: Histogram | None) -> Unseen | None:
    if stored is None or not stored.n:
        return _no_baseline()
    if stored.digest != now.digest:
        return _no_baseline(": its cells are not the ones counted now")
    if not now.n:
        return Unseen(cause=Cause.TOO_FEW, detail=f"no row holds a number; {now.missing} are missing")
    return None


def _no_baseline(why: str = "") -> Unseen:
    return Unseen(cause=Cause.NO_BASELINE, detail=f"no stored counts to compare with{why}")


def _remarks(now: Histogram, stored: Histogram) -> list[str]:
    places = ((now.below, "below"), (now.above, "above"))
    outside = [f"{rows} rows {where} the baseline's cells" for rows, where in places if rows]
    small = stored.n < 20 * now.n and stored.n < 100_000
    return [*outside, *([f"the baseline has only {stored.n} rows: its own error is not minor"] if small else [])]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _spread(n: int, k: int, ask: Ask, sets: float) -> float:
    worth = n / ask.design_effect
    chance = math.sqrt((k - 1) / worth) / 2 + math.sqrt(-math.log(ask.alpha / 2) / (2 * worth))
    return min(ask.radius(n, sets), chance)


def _newcombe(now: Missing, stored: Missing, ask: Ask, alpha: float) -> tuple[float, float]:
    a, n, b, m = (count / ask.design_effect for count in (*now, *stored))
    return rates.newcombe(a, n, b, m, alpha)


def _beside(now: Histogram, stored: Histogram, ask: Ask, bins: int = _SHOWN) -> Exhibit:
    cuts = quantile_cuts(stored, bins)
    marks = ["lowest", *(f"{now.edges[cut]:.4g}" for cut in cuts), "highest"]
    names = [f"{start} to {end}" for start, end in pairwise(marks)]
    return _compared(names, rebinned(now, cuts), rebinned(stored, cuts), ask)


def _table(now: Counted, stored: Counted, ask: Ask, names: Sequence[str]) -> Exhibit:
    return _compared(names, [now.get(name, 0) for name in names], [stored.get(name, 0) for name in names], ask)


def _compared(names: Sequence[str], now: Sequence[int], stored: Sequence[int], ask: Ask) -> Exhibit:
    n, m = sum(now), sum(stored)
    rows = []
    for name, a, b in zip(names, now, stored, strict=True):
        low, high = _newcombe((a, n), (b, m), ask, ask.alpha)
        rows.append((name, a, a / n, b / m, a / n - b / m, low, high))
    return Exhibit(
        title="Share of the rows by value, beside the baseline's",
        caption=f"What is compared was fixed by the baseline. Newcombe intervals, {1 - 2 * ask.alpha:.0%} each.",
        columns=("value", "rows", "share", "in the baseline", "difference", "low", "high"),
        rows=tuple(rows),
        chart=Chart(kind="intervals", label=0, value=4, low=5, high=6, limit=0.0, value_label="difference in share"),
    )


def _shares(now: Histogram, stored: Histogram, bins: int) -> tuple[list[float], list[float]]:
    cuts = quantile_cuts(stored, bins)
    size = len(cuts) + 1
    p, q = ([(count + 0.5) / (one.n + 0.5 * size) for count in rebinned(one, cuts)] for one in (now, stored))
    return p, q


def _psi(now: Histogram, stored: Histogram, bins: int) -> tuple[float, int]:
    p, q = _shares(now, stored, bins)
    return sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True)), len(p) - 1


def _psi_lacking(n: int, m: int, degrees: int, ask: Ask) -> int:
    """Rows still missing so that no drift at all would be assured: there PSI / scale is chi-square in its middle."""
    scale = ask.tolerance / max(_noncentrality(float(degrees), degrees, ask.alpha)[1], 1e-9)
    left = scale / ask.design_effect - 1 / m
    return 0 if left <= 0 else max(1, math.ceil(1 / left - n))


def _noncentrality(t: float, degrees: int, alpha: float) -> tuple[float, float]:
    """The noncentralities at which t, or less (more), would be seen with probability alpha; 0 where none is."""
    if t > _BEYOND:
        z, y = NormalDist().inv_cdf(1 - alpha), t - degrees
        middle, half = y + 2 * z * z, z * math.sqrt(4 * y + 2 * degrees + 4 * z * z)
        return middle - half, middle + half
    special = importlib.import_module("scipy.special")
    reach = 2 * t + 200

    def solve(share: float) -> float:
        low, high = 0.0, reach
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if special.chndtr(t, degrees, middle) > share else (low, middle)
        return low

    return solve(1 - alpha), solve(alpha)
