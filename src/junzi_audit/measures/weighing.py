"""What many looks at a stream add to one reading of it: evidence, its place in the triage, and figures over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from junzi_audit.findings import Chart, Evidence, Exhibit, Measurement, Unseen
from junzi_audit.measures import triage
from junzi_audit.measures.budgets import BUDGETS, WATCH
from junzi_audit.measures.detector import History
from junzi_audit.model import Cadence

_DAILY = BUDGETS[Cadence.DAILY]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One stream's history; ``tolerance`` is what its claims allow."""

    history: History
    tolerance: float

    @property
    def reached(self) -> float:
        """The most evidence there ever was."""
        return max(point.m for point in self.history.points)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The streams of a duty, by limit and attribute; none where a log has no days."""

    streams: Mapping[str, Mapping[str, Stream]]

    def weigh(self, limit: str, readings: Mapping[str, Measurement | Unseen]) -> dict[str, Measurement | Unseen]:
        """Every reading with its stream's evidence and its place in the triage of the duty.

        A reading that one look leaves unseen is still breached by evidence that many looks gave. The figures over time
        are those of the streams to be looked at, and of the one that comes nearest.
        """
        streams, flags = self.streams.get(limit, {}), self._flags()
        nearest = max(streams, key=lambda name: streams[name].reached, default="")
        return {
            name: joined(
                reading, streams[name], flags.get((limit, name)), f"{limit.replace('_', ' ')} of {name}",
                shown=name == nearest or streams[name].reached >= WATCH,
            ) if name in streams else reading
            for name, reading in readings.items()
        }  # fmt: skip

    def _flags(self) -> dict[tuple[str, str], triage.Flag]:
        """What a person should look at first, of all streams of the duty together (e-BH)."""
        keys = {f"{limit} of {name}": (limit, name) for limit, named in self.streams.items() for name in named}
        last = {word: self.streams[limit][name].history.points[-1] for word, (limit, name) in keys.items()}
        return {keys[flag.stream]: flag for flag in triage.flagged({word: last[word].evidence for word in last})}


#: What is watched of a log without days.
NONE = Watched(streams={})


def joined(
    reading: Measurement | Unseen, stream: Stream, flag: triage.Flag | None, name: str, *, shown: bool = True
) -> Measurement | Unseen:
    """One reading with its stream's evidence; ``shown``: with the figures over time, which are called by ``name``."""
    points = stream.history.points
    last = points[-1]
    evidence = Evidence(
        value=last.m, reached=stream.reached, threshold=stream.history.threshold, watch=WATCH,
        looks=len(points),
    )  # fmt: skip
    over_time = (_over_time(stream, reading, name), _against_threshold(stream, name)) if shown else ()
    exhibits = (*reading.exhibits, *over_time)
    said = [f"to be looked at first, rank {flag.rank} of the streams"] if flag else []
    if isinstance(reading, Unseen):
        if not evidence.breaches:
            return replace(reading, exhibits=exhibits)
        value = last.estimate + stream.tolerance
        return Measurement(
            value=value if math.isfinite(value) else stream.tolerance, low=0.0, high=1.0,
            n=sum(point.records for point in points), detail="; ".join([reading.detail, *said]), exhibits=exhibits,
            evidence=evidence,
        )  # fmt: skip
    detail = "; ".join(part for part in (reading.detail, *said) if part)
    return replace(reading, detail=detail, exhibits=exhibits, evidence=evidence)


def _over_time(stream: Stream, reading: Measurement | Unseen, name: str) -> Exhibit:
    """The pooled gap at every look."""
    expected = reading.expected if isinstance(reading, Measurement) else None
    rows = []
    for point in stream.history.points:
        ends = (point.estimate, point.lower, point.upper)
        gap, low, high = (end + stream.tolerance if math.isfinite(end) else None for end in ends)
        rows.append((point.day.isoformat(), point.records, gap, None if low is None else max(0.0, low), high, expected))
    memory = _DAILY.memory
    return Exhibit(
        title=f"{name.capitalize()} over time",
        caption=f"Largest over the {memory} days up to each day, of means per entity and day, with its 95 % ends.",
        columns=("day", "records", "largest", "low", "high", "in the baseline"),
        rows=tuple(rows),
        chart=Chart(
            kind="series", label=0, value=2, low=3, high=4, limit=stream.tolerance,
            limit_label=f"tolerance {stream.tolerance:g}", reference=5, reference_label="baseline",
            value_label=f"over {memory} days",
        ),
    )  # fmt: skip


def _against_threshold(stream: Stream, name: str) -> Exhibit:
    """The evidence at every look."""
    threshold = stream.history.threshold
    return Exhibit(
        title=f"Evidence that the tolerance is broken: {name}",
        caption=f"It breaches at {threshold:,.0f}: a stream within its tolerance all year gets there with at most 5 % "
        f"chance. From {WATCH:g} on nothing is assured.",
        columns=("day", "factor of the day", "evidence"),
        rows=tuple((point.day.isoformat(), point.e, point.m) for point in stream.history.points),
        chart=Chart(
            kind="series", label=0, value=2, limit=threshold, limit_label=f"threshold {threshold:,.0f}",
            value_label="evidence", log=True,
        ),
    )  # fmt: skip
