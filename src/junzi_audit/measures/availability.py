"""How much of the public face answers, and how fast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from junzi_audit.model import Cause, Exhibit, Measurement, Unseen, census
from junzi_audit.records import Gauges, MinuteCount, Read


def nodes_down(problems: Mapping[str, str]) -> Measurement:
    """Nodes whose health did not answer properly, by base URL; an empty problem is a healthy node."""
    down = [f"{node}: {problem}" for node, problem in problems.items() if problem]
    return census(len(down), n=len(problems), detail="; ".join(down))


def endpoints_down(reads: Sequence[Read]) -> Measurement:
    """Endpoints whose last read had a problem."""
    last = {read.endpoint: read for read in reads}
    down = [f"{read.endpoint} {read.problem}" for read in last.values() if read.problem]
    rows = tuple(
        (read.endpoint, read.status, round(read.seconds * 1000, 1), read.problem or "ok") for read in last.values()
    )
    table = Exhibit(
        title="Public read endpoints",
        caption="The last answer of each endpoint; one that failed was asked once more after 0.3 s.",
        columns=("endpoint", "status", "milliseconds", "answer"),
        rows=rows,
    )
    return census(len(down), n=len(last), detail="; ".join(down), exhibits=(table,))


def p95_milliseconds(reads: Sequence[Read]) -> Measurement | Unseen:
    """95th percentile (nearest rank, never interpolated down) of the time proper answers took."""
    times = sorted(read.seconds * 1000 for read in reads if read.status)
    if len(times) < 20:
        return Unseen(
            cause=Cause.TOO_FEW, detail=f"{len(times)} answers of {len(reads)} reads; a 95th percentile needs 20"
        )
    slowest = max((read for read in reads if read.status), key=lambda read: read.seconds)
    detail = f"{len(times)} reads, slowest {slowest.endpoint} with {slowest.seconds * 1000:.0f} ms"
    return census(times[math.ceil(0.95 * len(times)) - 1], n=len(times), detail=detail)


def slow_share(counts: Sequence[MinuteCount]) -> Measurement | Unseen:
    """Share of requests that the node itself counted as slower than 0.5 s."""
    total = sum(count.count for count in counts)
    if not total:
        return Unseen(cause=Cause.TOO_FEW, detail="the node counted no request in the interval")
    slow: dict[str, list[int]] = {}
    for count in counts:
        pair = slow.setdefault(count.endpoint, [0, 0])
        pair[0] += count.slow
        pair[1] += count.count
    table = Exhibit(
        title="Slow requests by endpoint",
        caption="As the node counted them in the last five minutes.",
        columns=("endpoint", "slower than 500 ms", "requests"),
        rows=tuple((name, *pair) for name, pair in sorted(slow.items())),
    )
    return census(sum(pair[0] for pair in slow.values()) / total, n=total, exhibits=(table,))


def queue_depths(gauges: Gauges) -> dict[str, Measurement]:
    """Items waiting, per queue; empty when the node names no queue, which is judged as unseen."""
    return {queue: census(depth, n=1) for queue, depth in sorted(gauges.by("junzi_queue_depth", "queue").items())}
