"""Stability of a column: how differently the bins are filled than in the frozen baseline, as PSI or Jensen-Shannon."""

from __future__ import annotations

import math
from statistics import NormalDist

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import noncentral
from junzi_audit.measures.drift import Ask, beside, comparable, no_baseline
from junzi_audit.model import Cause
from junzi_audit.seen.histograms import Histogram, quantile_cuts, rebinned

_BEYOND = 5e4


def stability(now: Histogram, stored: Histogram | None, ask: Ask, bins: int = 10) -> Measurement | Unseen:
    """Population stability index over bins of equal baseline shares, .5 added to each count (Yurdakul 2018).

    PSI / (1/n + 1/m) is non-central chi-square; the interval inverts that, and the value is freed of the bias that the
    plain figure, given in the detail, has at small n. Asymptotic: covers .917 to .970 where .95 is meant.
    """
    if (unseen := comparable(now, stored)) or stored is None:
        return unseen or no_baseline()
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
        exhibits=(beside(now, stored, ask, bins),),
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
    return noncentral.noncentrality_at(t, degrees, 1 - alpha), noncentral.noncentrality_at(t, degrees, alpha)
