"""How a node bears load: latency and errors by scenario, abuse let through, writes lost, recovery after a crash."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from junzi_audit.findings import Measurement, Unseen, census
from junzi_audit.measures import blocked, details, headroom, loadtables
from junzi_audit.model import Cause
from junzi_audit.seen.blocks import Block, LoadRun, Recovery, Stage, cell_ends, latencies, quantile_cell

_SCRAPING, _FLOODING = "scraping", "flooding"
#: Share of answers that are not what a stage asks for, above which it says nothing: neither served, throttled nor an
#: error; throttled, where users keep within their keys; or neither blocked nor let through, where they do not.
_ODD = 0.01
#: Whole seconds that lie in any 60 s for certain, wherever in the first second the limit began to count.
_WINDOW = 58

Streams = dict[str, Measurement | Unseen]


def p95(run: LoadRun, limit: float) -> Streams:
    """95th percentile of the answers to authorised users in ms, per published scenario, with its interval.

    The few throttled answers that are borne are left out; a request without an answer is slower than any. The exhibits
    show each second against ``limit``.
    """
    return {
        stage.name: replace(_p95(run, stage), exhibits=(loadtables.latency(run, stage, limit),))
        for stage in _authorised(run)
    }


def error_share(run: LoadRun, *, most_ms: float, most_errors: float) -> Measurement | Unseen:
    """Share of requests of authorised users that ended in a 5xx or without an answer, over all published scenarios.

    Of all together, for one scenario as shortened may hold too few seconds; the exhibits show each, and the ramp with
    its knee: the highest rate whose p95 was below ``most_ms`` and whose share of errors was below ``most_errors``.
    """
    return replace(_error_share(run), exhibits=loadtables.of(run, most_ms, most_errors))


def _error_share(run: LoadRun) -> Measurement | Unseen:
    stages = _authorised(run)
    blocks = [block for stage in stages for block in run.of(stage.name)]
    why = [unseen for stage in stages if (unseen := _unusable(run, stage, run.of(stage.name)))]
    if why:
        return why[0]
    bad, n = [block.errors + block.silent for block in blocks], [_judged(block) for block in blocks]
    try:
        low, high = blocked.share_interval(bad, n)
    except ValueError as error:
        return Unseen(cause=Cause.TOO_FEW, detail=str(error))
    words = f"{sum(block.errors for block in blocks)} 5xx and {sum(block.silent for block in blocks)} without an answer"
    return Measurement(
        value=sum(bad) / sum(n),
        low=low,
        high=high,
        n=sum(n),
        detail=f"{words} of {sum(n)} requests in {len(n)} seconds",
    )


def abuse(run: LoadRun) -> Streams:
    """Requests that should have been blocked and were answered: without a key, and above what a key may ask."""
    found: Streams = {"without a key": _keyless(run.all_of(_SCRAPING))}
    if run.key_limit:
        found["above the limit of a key"] = _flooded(run.all_of(_FLOODING), run.key_limit)
    return found


def lost_writes(run: LoadRun, kept: frozenset[str]) -> Measurement | Unseen:
    """Accepted user reports that the node no longer knows of, after its crash where one was rehearsed."""
    if not run.accepted:
        return Unseen(cause=Cause.TOO_FEW, detail="the node accepted no user report during the load run")
    lost = [report or "one without an id" for report in run.accepted if report not in kept]
    told = f"{len(run.accepted)} accepted, {len(run.accepted) - len(lost)} found again"
    return census(len(lost), n=len(run.accepted), detail=told + (f"; lost: {details.some(lost)}" if lost else ""))


def recovery(crash: Recovery) -> Measurement:
    """Seconds from the crash until health and a read answered 200 again."""
    if math.isinf(crash.seconds):
        return census(math.inf, n=1, detail=f"it did not answer again within {crash.waited:.0f} s")
    return census(crash.seconds, n=1)


def normal(run: LoadRun) -> dict[str, Any]:
    """What a later run is compared with: the p95 in ms of each published scenario that could be judged."""
    found = {stage.name: _p95(run, stage) for stage in _authorised(run)}
    judged = {name: each.value for name, each in found.items() if isinstance(each, Measurement)}
    return {"p95": {name: value for name, value in judged.items() if math.isfinite(value)}}


def p95_growth(run: LoadRun, approved: Mapping[str, Any], limit: float) -> Streams:
    """How much more of the limit the p95 takes up than in the approved run: (p95 - approved p95) / limit.

    Against the limit and not against the old figure: a page that took 8 ms and takes 12 has lost no room that counts.
    """
    before = approved["p95"]
    return {each.name: _grown(_p95(run, each), before.get(each.name), limit, each.name) for each in _authorised(run)}


def _grown(now: Measurement | Unseen, before: float | None, limit: float, name: str) -> Measurement | Unseen:
    if isinstance(now, Unseen):
        return now
    if before is None:
        return Unseen(cause=Cause.NO_BASELINE, detail=f"the approved run holds no p95 of {name}")
    if not 0 < before < math.inf:
        words = f"the approved run's p95 of {name} is {before} ms, from which nothing can be told to have grown"
        return Unseen(cause=Cause.NO_BASELINE, detail=words)
    value, low, high = ((each - before) / limit for each in (now.value, now.low, now.high))
    told = f"{now.value:.0f} ms now, {before:.0f} ms approved"
    return Measurement(value=value, low=low, high=high, n=now.n, missing=now.missing, expected=0.0, detail=told)


def _p95(run: LoadRun, stage: Stage) -> Measurement | Unseen:
    blocks = run.of(stage.name)
    if unseen := _unusable(run, stage, blocks):
        return unseen
    n = sum(latencies(blocks).values())
    try:
        value, low, high = blocked.quantile_interval(blocks, 0.95)
    except ValueError as error:
        return Unseen(cause=Cause.TOO_FEW, detail=f"{stage.name}: {error}")
    return Measurement(
        value=value, low=low, high=high, n=n, missing=n if math.isinf(high) and not math.isinf(value) else 0,
        detail=f"{n} answers in {len(blocks)} s, p99 {cell_ends(quantile_cell(latencies(blocks), 0.99))[1]:.0f} ms",
    )  # fmt: skip


def _unusable(run: LoadRun, stage: Stage, blocks: Sequence[Block]) -> Unseen | None:
    """Why a scenario says nothing about the node: it was not run as planned, or what answered was something else."""
    n, odd = sum(block.n for block in blocks), sum(block.odd + block.refused for block in blocks)
    if not n:
        return Unseen(cause=Cause.NOT_RUN, detail=f"{stage.name}: not one request was made")
    if not n - sum(block.silent for block in blocks):
        return Unseen(cause=Cause.UNREACHABLE, detail=f"{stage.name}: none of {n} requests got an answer")
    if sum(block.refused for block in blocks) > _ODD * n:
        return Unseen(cause=Cause.UNAUTHORISED, detail=f"{stage.name}: {odd} of {n} requests were refused their key")
    if odd > _ODD * n:
        words = f"{odd} of {n} answers were neither served, throttled nor an error"
        return Unseen(cause=Cause.MALFORMED, detail=f"{stage.name}: {words}")
    if (throttled := sum(block.throttled for block in blocks)) > _ODD * n:
        words = f"{throttled} of {n} requests were throttled, so the load was not borne; give more keys"
        return Unseen(cause=Cause.THROTTLED, detail=f"{stage.name}: {words}")
    return headroom.exhausted(run, stage)


def _keyless(blocks: Sequence[Block]) -> Measurement | Unseen:
    blocked_ones = sum(block.refused + block.throttled for block in blocks)
    through = sum(block.served for block in blocks)
    if not through and (unseen := _unanswered(blocks, "without a key")):
        return unseen
    return census(through, n=blocked_ones + through, detail=f"{blocked_ones} of {blocked_ones + through} blocked")


def _flooded(blocks: Sequence[Block], limit: int) -> Measurement | Unseen:
    """The most above the limit in any whole minute; nothing is known when the key was never used that often."""
    asked, served = _most(blocks, "n"), _most(blocks, "served")
    if asked <= limit:
        words = f"one key asked {asked} times in a minute, which its limit of {limit} allows"
        return Unseen(cause=Cause.TOO_FEW, detail=words)
    if served <= limit:
        if unseen := _unanswered(blocks, "with one key"):
            return unseen
        if not any(block.throttled for block in blocks):
            words = f"one key asked {asked} times in a minute, and not one answer was a 429"
            return Unseen(cause=Cause.UNDEFINED, detail=words)
    return census(max(0, served - limit), n=asked, detail=f"{served} of {asked} answered, {limit} allowed in 60 s")


def _unanswered(blocks: Sequence[Block], whose: str) -> Unseen | None:
    """Why nobody was seen to block these requests: silence, errors and other answers keep out everyone alike."""
    n = sum(block.n for block in blocks)
    lost = {
        Cause.UNREACHABLE: sum(block.silent for block in blocks),
        Cause.SERVER_ERROR: sum(block.errors for block in blocks),
        Cause.MALFORMED: sum(block.odd for block in blocks),
    }
    if not n:
        return Unseen(cause=Cause.TOO_FEW, detail=f"no request {whose} was made")
    if sum(lost.values()) <= _ODD * n:
        return None
    words = f"{sum(lost.values())} of {n} requests {whose} got no answer, an error, or one that is neither"
    return Unseen(cause=max(lost, key=lambda each: lost[each]), detail=words)


def _most(blocks: Sequence[Block], what: str) -> int:
    starts = [block.second for block in blocks]
    return max(
        (sum(getattr(b, what) for b in blocks if start <= b.second < start + _WINDOW) for start in starts), default=0
    )


def _authorised(run: LoadRun) -> list[Stage]:
    return [stage for stage in run.stages if not stage.is_ramp and stage.kind != _SCRAPING]


def _judged(block: Block) -> int:
    return block.served + block.errors + block.silent
