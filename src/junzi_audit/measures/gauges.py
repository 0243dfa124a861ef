"""What a gauge says, where it can be believed: numbers that are some, and instants that are not in our future."""

from __future__ import annotations

import math
from collections import defaultdict

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause
from junzi_audit.records import Gauges

#: An instant from this far in the future says that one of the two clocks is wrong, so no age can be told.
_SKEW_SECONDS = 5.0


def ages(gauges: Gauges, metric: str, label: str) -> dict[str, float | Unseen]:
    """Seconds since the newest instant of each value of the label, at the moment of the scrape."""
    return {name: _age(gauges, values) for name, values in _by(gauges, metric, label).items()}


def amounts(gauges: Gauges, metric: str, label: str) -> dict[str, float | Unseen]:
    """The sum for each value of the label."""
    return {name: _amount(values) for name, values in sorted(_by(gauges, metric, label).items())}


def _by(gauges: Gauges, metric: str, label: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for labels, value in gauges.samples.get(metric, {}).items():
        if (name := dict(labels).get(label)) is not None:
            found[name].append(value)
    return found


def _age(gauges: Gauges, instants: list[float]) -> float | Unseen:
    # Python's max and round let a NaN through as an age of nothing at all, which would be the best of ages.
    if not all(math.isfinite(instant) for instant in instants):
        return Unseen(cause=Cause.MALFORMED, detail="the gauge is no instant")
    seconds = gauges.at.timestamp() - max(instants)
    if seconds < -_SKEW_SECONDS:
        return Unseen(cause=Cause.STALE, detail=f"the gauge lies {-seconds:.0f} s in our future: the clocks disagree")
    return max(0.0, seconds)


def _amount(values: list[float]) -> float | Unseen:
    if not all(math.isfinite(value) and value >= 0 for value in values):
        return Unseen(cause=Cause.MALFORMED, detail="the gauge is no amount")
    return sum(values)
