"""Judging: a reading held against a bound gives a judgement in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from junzi_audit.findings import Awaited, Evidence, Judgement, Measurement, Reading, Unseen
from junzi_audit.model import Bound, Cause, Limit, Verdict, worst
from junzi_audit.wording import bare, beside, bound_in_full, quantity


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


def _one(limit: Limit, stream: str, reading: Measurement | Unseen | Awaited) -> Judgement:
    name = f"{limit.name}[{stream}]" if stream else limit.name
    if isinstance(reading, Unseen):
        reason = f"{name} could not be seen ({reading.cause}): {reading.detail}."
        return Judgement(limit=limit, stream=stream, verdict=Verdict.INCONCLUSIVE, reading=reading, reason=reason)
    if isinstance(reading, Awaited):
        return _waited(limit, stream, name, reading)
    if reading.n <= 0 or math.isnan(reading.value):
        unseen = Unseen(cause=Cause.TOO_FEW, detail=reading.detail or "no record was looked at")
        return _one(limit, stream, unseen)
    if math.isnan(reading.low) or math.isnan(reading.high):
        unseen = Unseen(cause=Cause.UNDEFINED, detail="; ".join(filter(None, ["its interval is none", reading.detail])))
        return _one(limit, stream, unseen)
    verdict = _hold(limit.bound, reading)
    allowed = bound_in_full(limit.bound, limit.unit)
    reason = f"{name} is {_measured(limit, reading)}, limit {allowed}{_tail(verdict, reading)}."
    return Judgement(limit=limit, stream=stream, verdict=verdict, reading=reading, reason=reason)


def _waited(limit: Limit, stream: str, name: str, reading: Awaited) -> Judgement:
    """Within the bound there is still time; a value that is no number says nothing of time and is overdue."""
    verdict = Verdict.AWAITING if limit.bound.holds(reading.value) else Verdict.OVERDUE
    told = "waits for people" if verdict is Verdict.AWAITING else "was not answered in time"
    come = f"{quantity(reading.value, limit.unit)} since {reading.since:%Y-%m-%d}"
    allowed = bound_in_full(limit.bound, limit.unit)
    reason = f"{name} {told}: {come}, limit {allowed}; {reading.detail.rstrip('.')}."
    return Judgement(limit=limit, stream=stream, verdict=verdict, reading=reading, reason=reason)


def _hold(bound: Bound, reading: Measurement) -> Verdict:
    """An interval judges one look; where looks are repeated, only their evidence, on its yearly budget, breaches."""
    within = [bound.holds(end) for end in (reading.low, reading.high)]
    evidence = reading.evidence
    if evidence.breaches if evidence else not any(within):
        return Verdict.BREACHED
    if all(within) and (evidence is None or evidence.value < evidence.watch):
        return Verdict.MET
    return Verdict.INCONCLUSIVE


def _measured(limit: Limit, reading: Measurement) -> str:
    text = beside(reading.value, limit.bound, limit.unit)
    if not reading.is_census:
        text += f" (interval {bare(reading.low, limit.unit)} to {bare(reading.high, limit.unit)})"
    return text


def _tail(verdict: Verdict, reading: Measurement) -> str:
    parts = [reading.detail.rstrip(".")] if reading.detail else []
    if reading.evidence and verdict is not Verdict.MET:
        parts.append(_weighed(reading.evidence))
    if verdict is Verdict.INCONCLUSIVE and not (reading.evidence and reading.evidence.value >= reading.evidence.watch):
        parts.append(
            f"about {reading.missing} more records are needed"
            if reading.missing
            else "the interval straddles the limit"
        )
    return "".join(f"; {part}" for part in parts)


def _weighed(evidence: Evidence) -> str:
    now, needed = f"{evidence.value:,.3g}", f"{evidence.threshold:,.0f}"
    if evidence.breaches:
        return f"the evidence over {evidence.looks} looks reached {evidence.reached:,.3g} of the {needed} that breach"
    kept = f", enough to withhold assurance ({evidence.watch:g})" if evidence.value >= evidence.watch else ""
    return f"the evidence over {evidence.looks} looks is {now} of the {needed} that breach{kept}"
