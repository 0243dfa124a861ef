"""The largest difference of a rate between any two groups: its value, both ends, and what keeps it from being assured.

The interval runs from L, the largest lower bound over ordered pairs at alpha / (pairs * family), to U, the largest
upper bound at alpha: each end is wrong in at most alpha of the cases, however many groups there are. A pair
with a group below its floor is bounded exactly: it can be beyond doubt, but never assured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.panels import Ask, Panel, Rate, beside
from junzi_audit.model import Cause
from junzi_audit.seen.counts import AttributeCounts, Counts

#: An ordered pair of groups, now and perhaps in the baseline: the weighted rates whose sum is their difference.
Contrast = tuple[tuple[int, Rate], ...]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a pair is said to differ by: the least of its contrasts (one for a gap, two for the growth of one).

    ``exact``: a group is below its floor, where the approximate bounds of a rare rate err too often.
    """

    contrasts: tuple[Contrast, ...]
    exact: bool

    @property
    def point(self) -> float:
        """The difference seen."""
        return min(math.fsum(weight * rate.tally.rate for weight, rate in contrast) for contrast in self.contrasts)

    def low(self, alpha: float) -> float:
        """Lower end: the least contrast's; that one contrast's own bound would have to fail, so alpha is not shared."""
        return min(low for low, _ in self._ends(alpha, wary=True))

    def high(self, alpha: float) -> float:
        """Upper end: the least of the contrasts', which share alpha."""
        return min(high for _, high in self._ends(alpha / len(self.contrasts), wary=False))

    def _ends(self, alpha: float, wary: bool) -> list[tuple[float, float]]:
        bounds = rates.exact if self.exact else rates.mover
        return [
            bounds([rate.term(weight, alpha, wary=wary) for weight, rate in terms], alpha) for terms in self.contrasts
        ]

    def __str__(self) -> str:
        (_, a), (_, b), *stored = self.contrasts[0]
        said = f"{a.kind.rate} of {a.group} {a.tally.rate:.3f} against {b.group} {b.tally.rate:.3f}"
        return said + "".join(f", {rate.group} was {rate.tally.rate:.3f}" for _, rate in stored)


def known(baseline: Counts | None, attribute: str) -> AttributeCounts | None:
    """What the baseline holds of an attribute: no groups where it does not know it, None where nothing is stored."""
    if baseline is None or not baseline.attributes:
        return None
    unknown = AttributeCounts(name=attribute, groups=(), excluded=())
    return next((held for held in baseline.attributes if held.name == attribute), unknown)


def differences(panel: Panel) -> Iterator[Claim]:
    """The claims that one judged group's rate is above another's."""
    for a, b in permutations(panel.judged, 2):
        yield Claim(contrasts=(((1, a), (-1, b)),), exact=panel.small(a) or panel.small(b))


def gap(ask: Ask, now: AttributeCounts, panels: Sequence[Panel]) -> Measurement | Unseen:
    """The largest difference within any one panel; ``expected`` is the baseline's among the groups judged now."""
    claims = [claim for panel in panels for claim in differences(panel)]
    return largest(ask, now, panels, claims, expected=_stored(panels))


def largest(
    ask: Ask, now: AttributeCounts, panels: Sequence[Panel], claims: Sequence[Claim], expected: float | None
) -> Measurement | Unseen:
    """The largest of the claims, as it is judged. Unseen, with the tables, when no two groups are large enough."""
    exhibits = tuple(panel.exhibit(ask.attribute) for panel in panels)
    rest = beside(now, panels)
    if not claims:
        detail = "; ".join(["fewer than two groups are large enough", *rest])
        return Unseen(cause=Cause.TOO_FEW, detail=detail, exhibits=exhibits)
    current = [panel for panel in panels if not panel.when]
    widest = max(claims, key=lambda claim: claim.point)
    strict = ask.alpha / (len(claims) * ask.family)
    low = max(0.0, *(claim.low(strict) for claim in claims))
    assured = max(claim.high(ask.alpha) for claim in claims)
    whole = not any(panel.notes() for panel in panels)
    high = assured if whole else max(1.0, widest.point)
    samples = 2 if len(current) < len(panels) else 1
    alone = [] if whole else [f"the groups judged: {low:.3f} to {assured:.3f}; the whole cannot be assured"]
    return Measurement(
        value=widest.point,
        low=low,
        high=high,
        n=sum(rate.tally.n for panel in current for rate in panel.rates),
        missing=_missing(current, ask, widest.point, assured, samples) if low <= ask.tolerance < high else 0,
        expected=expected,
        detail="; ".join([str(widest), *alone, *rest]),
        exhibits=exhibits,
    )


def _missing(panels: Sequence[Panel], ask: Ask, value: float, assured: float, samples: int) -> int:
    """Records for a chance of .80 to be assured if all groups were alike; where these are there, given the gap seen.

    0 when more records would not help: what keeps the whole from being assured is a group no baseline knows.
    """
    distances = [ask.tolerance]
    if assured > ask.tolerance:
        distances.append(max(abs(ask.tolerance - value), ask.tolerance / 10))
    return lacking(panels, distances, ask.alpha, samples)


def lacking(panels: Sequence[Panel], distances: Sequence[float], alpha: float, samples: int = 1) -> int:
    """Records still missing to be assured from the first distance at which any are; 0 where none are at all."""
    for distance in distances:
        missing = 0
        for panel in panels:
            needed = max(panel.floor, samples * rates.n80(panel.pooled, distance, alpha))
            missing += sum(panel.lacking(rate, needed) for rate in panel.rates)
        if missing:
            return missing
    return 0


def _stored(panels: Sequence[Panel]) -> float | None:
    gaps = []
    for panel in panels:
        seen = [rate.before.rate for rate in panel.judged if rate.before.n]
        if len(seen) > 1:
            gaps.append(max(seen) - min(seen))
    return max(gaps, default=None)
