"""Load runs made by hand: a scenario of so many seconds, with latencies and outcomes as a test wants them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from junzi_audit.seen.blocks import PER_DOUBLING, Block, Effort, LoadRun, Span, Stage

BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = int(BEGUN.timestamp())
AUTHORISED = ("steady", "crowd", "browsing", "mixed")


def cell(milliseconds: float) -> int:
    return max(0, math.ceil(PER_DOUBLING * math.log2(milliseconds)))


def block(second: int, stage: str, milliseconds: Sequence[float] = (), **outcomes: int) -> Block:
    cells = Counter(map(cell, milliseconds))
    return Block(second=START + second, stage=stage, served=len(milliseconds), cells=dict(cells), **outcomes)


def stage(name: str, *, seconds: int = 10, rate: float = 20, pace: float = 1, kind: str = "") -> Stage:
    return Stage(
        name=name, kind=kind or name, published_users=100, published_seconds=300, users=round(rate * pace),
        seconds=seconds, pace=pace,
    )  # fmt: skip


def load_run(
    blocks: Sequence[Block], stages: Sequence[Stage], *, cpu: float = 0.3, lag: float = 2, accepted: Sequence[str] = (),
    key_limit: int = 100,
) -> LoadRun:  # fmt: skip
    """Stages all from second 0 on, as long as they say; the generator the same all the time."""
    seconds = max((int(each.seconds) for each in stages), default=0)
    efforts = [Effort(second=START + at, process=1, cpu=cpu, lag=lag, users=20) for at in range(seconds)]
    spans = [Span(stage=each.name, begun=START, ended=START + each.seconds) for each in stages]
    return LoadRun(
        node="http://127.0.0.1:1", begun=BEGUN, ended=BEGUN + timedelta(seconds=seconds), time_factor=0.1,
        user_factor=0.2, workers=0, key_limit=key_limit, stages=tuple(stages), spans=tuple(spans),
        blocks=tuple(blocks), efforts=tuple(efforts), accepted=tuple(accepted),
    )  # fmt: skip


def steady(milliseconds: float = 10, *, n: int = 20, seconds: int = 10, cpu: float = 0.3, lag: float = 2,
           **outcomes: int) -> LoadRun:  # fmt: skip
    """One scenario: ``n`` answers of that latency in each second, and the other outcomes beside them."""
    blocks = [block(at, "steady", [milliseconds] * n, **outcomes) for at in range(seconds)]
    rate = n + sum(outcomes.values())
    return load_run(blocks, [stage("steady", seconds=seconds, rate=rate)], cpu=cpu, lag=lag)
