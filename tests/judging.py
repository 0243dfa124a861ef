"""A reading held against a bound, as the judge would: what the tests of measures ask for is the verdict it leads to."""

from __future__ import annotations

from junzi_audit.findings import Reading
from junzi_audit.limits import judge, verdict_of
from junzi_audit.model import Bound, Limit, Verdict
from junzi_audit.records import Gauges

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def verdict(reading: Reading, bound: str = "<= 0") -> Verdict:
    """The verdict of one reading, such as ``verdict(reading, "<= 0.05")``."""
    comparator, value = bound.split()
    limit = Limit(name="l", bound=Bound(comparator=comparator, value=float(value)), unit="u", meaning="m", source="s")
    return verdict_of(judge(limit, reading))


def gauges(at, metric: str, label: str, **values: float) -> Gauges:  # type: ignore[no-untyped-def]
    """A scrape with one metric and one label."""
    return Gauges(
        at=at, samples={metric: {((label, name.replace("_", "-")),): value for name, value in values.items()}}
    )
