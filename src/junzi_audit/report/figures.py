"""Judgements as shown: one line per limit and stream, the one that decided first, and the limits nobody judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from junzi_audit.findings import Awaited, Judgement, Measurement, Unseen
from junzi_audit.model import SEVERITY, Limit, Verdict
from junzi_audit.report.text import in_words, one_line
from junzi_audit.wording import bare, beside, bound_text, long_unit, plural

_STREAM_LONGEST = 120
#: What stands where a figure would, when none was seen, and when people have not given it.
NOT_SEEN, NOT_GIVEN = "not seen", "not given yet"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One limit held against one reading; ``verdict`` is None where nothing was judged."""

    name: str
    unit: str
    stream: str
    verdict: Verdict | None
    measured: str
    basis: str
    limit: str
    baseline: str
    n: str
    reason: str
    detail: str

    @property
    def label(self) -> str:
        """The limit in words, with the stream where there is more than one."""
        return f"{self.name} of {self.stream}" if self.stream else self.name


def build(judgements: Sequence[Judgement]) -> tuple[Figure, ...]:
    """Every judgement, worst first: by verdict, then by how far the figure lies beyond its limit."""
    return tuple(map(_judged, sorted(judgements, key=_rank)))


def not_judged(limits: Sequence[Limit], judgements: Sequence[Judgement]) -> tuple[Figure, ...]:
    """The declared limits that no judgement names, so that none of them disappears."""
    judged = {judgement.limit.name for judgement in judgements}
    return tuple(_unjudged(limit) for limit in limits if limit.name not in judged)


def excess(judgement: Judgement) -> float:
    """How far the figure lies beyond its bound, in parts of the bound: negative within, infinite unseen."""
    reading, bound = judgement.reading, judgement.limit.bound
    if isinstance(reading, Unseen) or math.isnan(reading.value):
        return math.inf
    if reading.value == bound.value == 0:
        return -1.0  # none at all where none is allowed: as far within as can be
    beyond = reading.value - bound.value if bound.is_ceiling else bound.value - reading.value
    return beyond / (abs(bound.value) or 1.0)


def _rank(judgement: Judgement) -> tuple[int, float]:
    return SEVERITY.index(judgement.verdict), -excess(judgement)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _judged(judgement: Judgement) -> Figure:
    reading, limit = judgement.reading, judgement.limit
    return Figure(
        name=_words(limit.name),
        unit=long_unit(limit.unit),
        stream=one_line(judgement.stream, _STREAM_LONGEST),
        verdict=judgement.verdict,
        measured=_measured(reading, limit),
        basis=_basis(reading, limit) if isinstance(reading, Measurement) else "",
        limit=bound_text(limit.bound, limit.unit),
        baseline=_baseline(reading, limit) if isinstance(reading, Measurement) else "–",
        n=f"{reading.n:,}" if isinstance(reading, Measurement) else "–",
        reason=in_words(judgement.reason, [limit.name]),
        detail=reading.detail,
    )


def _unjudged(limit: Limit) -> Figure:
    return Figure(
        name=_words(limit.name),
        unit=long_unit(limit.unit),
        stream="",
        verdict=None,
        measured="not judged",
        basis="",
        limit=bound_text(limit.bound, limit.unit),
        baseline="–",
        n="–",
        reason="No figure was held against this limit in this run.",
        detail="No figure was held against this limit in this run.",
    )


def _measured(reading: Measurement | Unseen | Awaited, limit: Limit) -> str:
    if isinstance(reading, Unseen):
        return f"{NOT_SEEN}: {reading.cause}"
    value = beside(reading.value, limit.bound, limit.unit)
    return f"{NOT_GIVEN}: {value} so far" if isinstance(reading, Awaited) else value


def _basis(reading: Measurement, limit: Limit) -> str:
    """The interval of an estimate and what it still lacks; empty for a figure that was counted."""
    if reading.is_census or math.isnan(reading.value):
        return ""
    low, high = (bare(end, limit.unit) for end in (reading.low, reading.high))
    lacking = f"; about {plural(reading.missing, 'more record')} needed" if reading.missing else ""
    return f"between {low} and {high}{lacking}"


def _baseline(reading: Measurement, limit: Limit) -> str:
    return "–" if reading.expected is None else bare(reading.expected, limit.unit)
