"""Whether the load generator was fit to judge by: with its own processor full, it measures itself."""

from __future__ import annotations

from collections import defaultdict

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause
from junzi_audit.seen.blocks import Effort, LoadRun, Stage, cell_ends, latencies

#: A second in which the busiest process kept less of its core than this, or its loop came later (ms), measured itself.
LEAST, LATEST = 0.1, 200.0
#: Share of such seconds that a stage bears, and share of the planned requests that must have been made. A single second
#: is always borne: what is bad in one alone never breaches, so uneven are the seconds then.
_BEARABLE, _MADE = 0.1, 0.85


def by_second(efforts: tuple[Effort, ...]) -> dict[int, tuple[float, float, int]]:
    """Per second: headroom of the busiest process, longest delay of any event loop in ms, users of all."""
    found: dict[int, list[Effort]] = defaultdict(list)
    for effort in efforts:
        found[effort.second].append(effort)
    return {
        second: (max(0.0, 1 - max(e.cpu for e in some)), max(e.lag for e in some), sum(e.users for e in some))
        for second, some in sorted(found.items())
    }


def exhausted(run: LoadRun, stage: Stage) -> Unseen | None:
    """Why the figures of a stage may be the generator's own; None when it kept room and made the planned requests."""
    seconds = by_second(run.efforts_of(stage.name))
    if not seconds:
        return Unseen(cause=Cause.UNDEFINED, detail=f"{stage.name}: nothing tells how the generator fared")
    full = sum(room < LEAST for room, _, _ in seconds.values())
    late = sum(lag > LATEST for _, lag, _ in seconds.values())
    bad = sum(room < LEAST or lag > LATEST for room, lag, _ in seconds.values())
    if bad > max(1, _BEARABLE * len(seconds)):
        words = f"{full} of {len(seconds)} s without headroom, {late} with its event loop over {LATEST:g} ms late"
        return Unseen(cause=Cause.UNDEFINED, detail=f"{stage.name}: the generator was the bottleneck ({words})")
    return _short(run, stage)


def _short(run: LoadRun, stage: Stage) -> Unseen | None:
    """Fewer requests than planned, although the node answered faster than its users ask: then nobody asked."""
    whole = run.whole_seconds(stage.name)
    blocks = [block for block in run.of(stage.name) if block.second in whole]
    made, planned = sum(block.n for block in blocks), stage.rate * len(whole)
    cells = latencies(blocks)
    taken = sum(min(cell_ends(cell)[1] / 1000, stage.pace) * n for cell, n in cells.items())
    slow = taken / max(1, sum(cells.values())) > 0.5 * stage.pace
    if made >= _MADE * planned or slow:
        return None
    words = f"{made} requests were made of {planned:.0f} planned, and the node was not what they waited for"
    return Unseen(cause=Cause.UNDEFINED, detail=f"{stage.name}: the generator was the bottleneck ({words})")
