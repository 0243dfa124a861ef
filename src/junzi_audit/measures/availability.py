"""How much of the public face answers, and how fast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import takewhile

from junzi_audit.findings import Exhibit, Measurement, Unseen, census
from junzi_audit.measures import details
from junzi_audit.measures.gauges import amounts
from junzi_audit.model import Cause
from junzi_audit.records import Gauges, MinuteCount, Read

_FEWEST_READS = 20
_SILENT = frozenset({Cause.UNREACHABLE, Cause.TIMED_OUT})


def nodes_down(problems: Mapping[str, str]) -> Measurement:
    """Nodes whose health did not answer properly, by base URL; an empty problem is a healthy node."""
    down = [f"{node}: {problem}" for node, problem in problems.items() if problem]
    return census(len(down), n=len(problems), detail=details.some(down, between="; "))


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
    return census(len(down), n=len(last), detail=details.some(down, between="; "), exhibits=(table,))


def p95_milliseconds(reads: Sequence[Read]) -> Measurement | Unseen:
    """95th percentile (nearest rank, never interpolated down) of the time our reads took to an answer.

    A read that got no answer, while later ones did, took without end: a node must not look fast by not answering. When
    nothing at all answered any more at the end, on more than one page, the node is gone rather than slow. Error answers
    count with the time they took, and are judged elsewhere; when there is nothing else, no read was timed at all.
    """
    silent = [read for read in reads if _cause(read) in _SILENT]
    answered = [read for read in reads if read.status]
    trailing = list(takewhile(lambda read: read in silent, reversed(reads)))
    if len({read.endpoint for read in trailing}) > 1 or (silent and not answered):
        words = f"the last {len(trailing)} of {len(reads)} reads got no answer"
        return Unseen(cause=_cause(reads[-1]), detail=words)
    times = sorted([read.seconds * 1000 for read in answered] + [math.inf] * len(silent))
    if len(times) < _FEWEST_READS or all(read.problem for read in answered):
        proper = sum(not read.problem for read in reads)
        words = f"{proper} proper answers of {len(reads)} reads; a 95th percentile needs {_FEWEST_READS}"
        return Unseen(cause=_cause(reads[-1]) if reads and not proper else Cause.TOO_FEW, detail=words)
    slowest = max(answered, key=lambda read: read.seconds)
    detail = f"{len(times)} reads, slowest answer {slowest.endpoint} with {slowest.seconds * 1000:.0f} ms"
    unanswered = f", {len(silent)} without an answer" if silent else ""
    return census(times[math.ceil(0.95 * len(times)) - 1], n=len(times), detail=detail + unanswered)


def slow_share(counts: Sequence[MinuteCount]) -> Measurement | Unseen:
    """Share of requests that the node itself counted as slower than 0.5 s."""
    total = sum(count.count for count in counts)
    if total <= 0:
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


def queue_depths(gauges: Gauges) -> dict[str, Measurement | Unseen]:
    """Items waiting, per queue; empty when the node names no queue, which is judged as unseen."""
    return {
        queue: depth if isinstance(depth, Unseen) else census(depth, n=1)
        for queue, depth in amounts(gauges, "junzi_queue_depth", "queue").items()
    }


def _cause(read: Read) -> Cause:
    """Why a read was no proper answer, as its problem says it first."""
    return next((cause for cause in Cause if read.problem.startswith(f"{cause}:")), Cause.MALFORMED)
