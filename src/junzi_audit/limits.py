"""Judging: a reading held against a bound gives a judgement in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from junzi_audit.findings import Judgement, Measurement, Reading, Unseen
from junzi_audit.model import Bound, Cause, Limit, Verdict, worst
from junzi_audit.wording import bare, beside, bound_in_full


def judge(limit: Limit, reading: Reading) -> tuple[Judgement, ...]:
    """One judgement per reading; a mapping gives one per stream, and an empty mapping is INCONCLUSIVE."""
    if isinstance(reading, Mapping):
        if not reading:
            reading = {"": Unseen(cause=Cause.TOO_FEW, detail="there was nothing to judge")}
        return tuple(_one(limit, stream, each) for stream, each in reading.items())
    return (_one(limit, "", reading),)


def verdict_of(judgements: tuple[Judgement, ...]) -> Verdict:
    """The worst of the judgements; none at all is INCONCLUSIVE."""
    return worst([judgement.verdict for judgement in judgements])


def reason_of(judgements: tuple[Judgement, ...]) -> str:
    """Why the duty came out as it did: every judgement of the deciding verdict, in words."""
    verdict = verdict_of(judgements)
    if verdict is Verdict.MET:
        held = (
            "Its one figure is within its limit"
            if len(judgements) == 1
            else f"All {len(judgements)} figures are within limits"
        )
        return f"{held}."
    return " ".join(judgement.reason for judgement in judgements if judgement.verdict is verdict)


def _one(limit: Limit, stream: str, reading: Measurement | Unseen) -> Judgement:
    name = f"{limit.name}[{stream}]" if stream else limit.name
    if isinstance(reading, Unseen):
        reason = f"{name} could not be seen ({reading.cause}): {reading.detail}."
        return Judgement(limit=limit, stream=stream, verdict=Verdict.INCONCLUSIVE, reading=reading, reason=reason)
    if reading.n <= 0 or math.isnan(reading.value):
        unseen = Unseen(cause=Cause.TOO_FEW, detail=reading.detail or "no record was looked at")
        return _one(limit, stream, unseen)
    verdict = _hold(limit.bound, reading)
    allowed = bound_in_full(limit.bound, limit.unit)
    reason = f"{name} is {_measured(limit, reading)}, limit {allowed}{_tail(verdict, reading)}."
    return Judgement(limit=limit, stream=stream, verdict=verdict, reading=reading, reason=reason)


def _hold(bound: Bound, reading: Measurement) -> Verdict:
    ends = (reading.low, reading.high)
    if all(bound.holds(end) for end in ends):
        return Verdict.MET
    if not any(bound.holds(end) for end in ends):
        return Verdict.BREACHED
    return Verdict.INCONCLUSIVE


def _measured(limit: Limit, reading: Measurement) -> str:
    text = beside(reading.value, limit.bound, limit.unit)
    if not reading.is_census:
        text += f" (interval {bare(reading.low, limit.unit)} to {bare(reading.high, limit.unit)})"
    return text


def _tail(verdict: Verdict, reading: Measurement) -> str:
    parts = [reading.detail.rstrip(".")] if reading.detail else []
    if verdict is Verdict.INCONCLUSIVE:
        parts.append(
            f"about {reading.missing} more records are needed"
            if reading.missing
            else "the interval straddles the limit"
        )
    return "".join(f"; {part}" for part in parts)
