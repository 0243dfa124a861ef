"""A drill's outcome as evidence: written once, and read again by a replay, which acts on nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Recorder
from junzi_audit.seen.drills import Drilled, Figure, Step


def kept(recorder: Recorder, duty: str, hold: Callable[[], Drilled]) -> Drilled:
    """What ``hold`` came to, kept under the duty's name; a failure is kept with its cause, and raised again."""
    query = f"DRILL {duty}"
    replayed = recorder.replay(query)
    body, cause = (replayed[1], replayed[2]) if replayed else _held(recorder, query, hold)
    if cause is not None:
        raise Unobservable(cause, body.decode(errors="replace"))
    return _read(body)


def _held(recorder: Recorder, query: str, hold: Callable[[], Drilled]) -> tuple[bytes, Cause | None]:
    at, begun, cause = datetime.now(UTC), time.perf_counter(), None
    try:
        body = json.dumps(asdict(hold()), indent=1).encode()
    except Unobservable as failure:
        body, cause = failure.detail.encode(), failure.cause
    recorder.keep(
        probe="drill", query=query, at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        seconds=time.perf_counter() - begun, status=0, body=body, cause=cause,
    )  # fmt: skip
    return body, cause


def _read(body: bytes) -> Drilled:
    told = json.loads(body)
    figures = {name: Figure(**each) for name, each in told["figures"].items()}
    return Drilled(where=told["where"], steps=tuple(Step(**each) for each in told["steps"]), figures=figures)
