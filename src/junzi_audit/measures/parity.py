"""The demographic parity ratio: the lowest selection rate over the highest, held against a floor such as .8.

The mirror of ``measures.gaps``: the lower end is the least over ordered pairs at alpha, without correction (the
least is no higher than that of the pair that is truly least); the upper end is the least at alpha / (pairs * family).
Score intervals (Miettinen & Nurminen 1985), exact bounds for a pair with a group below its floor.
"""

from __future__ import annotations

import math
from itertools import permutations

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import gaps, rates
from junzi_audit.measures.fairness import SELECTION
from junzi_audit.measures.panels import Ask, Panel, Rate, beside, panel_of
from junzi_audit.model import Cause
from junzi_audit.seen.counts import Counts


def selection_rate_ratio(
    counts: Counts, attribute: str, *, tolerance: float, baseline: Counts | None, family: int = 1, alpha: float = 0.05
) -> Measurement | Unseen:
    """Lowest selection rate over the highest (demographic parity ratio, four-fifths rule), 0 to 1; more is better.

    ``tolerance`` is the least ratio that may be (.8: four-fifths), the limit is a floor; other arguments and errors as
    in ``measures.fairness``. A ratio to a rate of 0 is undefined and named; where nobody at all is selected the figure
    is unseen. ValueError unless 0 < tolerance < 1.
    """
    ask = Ask(attribute=attribute, tolerance=tolerance, family=family, alpha=alpha)
    now = counts.of(attribute)
    panel = panel_of(SELECTION, now, gaps.known(baseline, attribute), ask, floor=_floor)
    exhibits, rest = (panel.exhibit(attribute),), beside(now, (panel,))
    if len(panel.judged) < 2:
        detail = "; ".join(["fewer than two groups are large enough", *rest])
        return Unseen(cause=Cause.TOO_FEW, detail=detail, exhibits=exhibits)
    nobody = [rate.group for rate in panel.judged if not rate.tally.hits]
    if len(nobody) == len(panel.judged):
        detail = "; ".join(["nobody is selected in any group judged: the ratio of their rates is undefined", *rest])
        return Unseen(cause=Cause.UNDEFINED, detail=detail, exhibits=exhibits)
    least, most = (end(panel.judged, key=lambda rate: rate.tally.rate) for end in (min, max))
    value = least.tally.rate / most.tally.rate
    assured, high = _interval(panel, ask)
    low = 0.0 if panel.notes() else assured
    alone = [f"the groups judged: {assured:.3f} to {high:.3f}; the whole cannot be assured"] if panel.notes() else []
    undefined = [f"{group}: selection rate 0, no ratio to it is defined" for group in nobody]
    said = f"selection rate of {least.group} {least.tally.rate:.3f} over {most.group} {most.tally.rate:.3f}"
    return Measurement(
        value=value,
        low=low,
        high=high,
        n=now.counted,
        missing=_missing(panel, ask, value, assured) if low < tolerance <= high else 0,
        expected=_stored(panel),
        detail="; ".join([said, *undefined, *alone, *rest]),
        exhibits=exhibits,
    )


def _floor(p: float, least: float, alpha: float) -> int:
    return rates.ratio_floor(p or 0.5, least, alpha)  # where nobody is selected no size gives a ratio


def _interval(panel: Panel, ask: Ask) -> tuple[float, float]:
    """Both ends over the ordered pairs whose reference rate is not 0."""
    pairs = [(a, b) for a, b in permutations(panel.judged, 2) if b.tally.hits]

    def ends(a: Rate, b: Rate, alpha: float, *, wary: bool = False) -> tuple[float, float]:
        bounds = rates.exact_ratio if panel.small(a) or panel.small(b) else rates.ratio
        (_, k1, n1), (_, k2, n2) = a.term(1, alpha, wary=wary), b.term(1, alpha, wary=wary)
        return bounds(k1, n1, k2, n2, alpha)

    strict = ask.alpha / (len(pairs) * ask.family)
    low = min(ends(a, b, ask.alpha)[0] for a, b in pairs)
    return low, min(1.0, *(ends(a, b, strict, wary=True)[1] for a, b in pairs))


def _missing(panel: Panel, ask: Ask, value: float, assured: float) -> int:
    """Records for a chance of .80 to be assured if all groups were alike; where these are there, given the ratio seen.

    A ratio's distance on the logarithmic scale is, times the rate, about that of two rates.
    """
    distances = [-math.log(ask.tolerance)]
    if assured < ask.tolerance and value > 0:
        distances.append(max(abs(math.log(value / ask.tolerance)), distances[0] / 10))
    return gaps.lacking((panel,), [panel.pooled * distance for distance in distances], ask.alpha)


def _stored(panel: Panel) -> float | None:
    seen = [rate.before.rate for rate in panel.judged if rate.before.n]
    return min(seen) / max(seen) if len(seen) > 1 and max(seen) else None
