"""What came of one check, before and after waivers: the one place where a Record is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from junzi_audit.findings import BaselineUse, Judgement, Observation, Record, Unseen
from junzi_audit.limits import reason_of, verdict_of
from junzi_audit.model import Cause, Obligation, Verdict, Waiver


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A verdict with its reason, not yet tied to a run. A breach has a ``cause`` where the check broke after it."""

    duty: Obligation
    verdict: Verdict
    reason: str
    cause: Cause | None = None
    judgements: tuple[Judgement, ...] = ()

    @classmethod
    def judged(cls, duty: Obligation, judgements: tuple[Judgement, ...]) -> Outcome:
        """Every limit was held against a reading."""
        verdict = verdict_of(judgements)
        causes = [each.reading.cause for each in judgements if isinstance(each.reading, Unseen)]
        cause = (causes[0] if causes else Cause.TOO_FEW) if verdict is Verdict.INCONCLUSIVE else None
        return cls(duty=duty, verdict=verdict, reason=reason_of(judgements), cause=cause, judgements=judgements)

    @classmethod
    def unseen(cls, duty: Obligation, cause: Cause, detail: str) -> Outcome:
        """The world could not be seen."""
        return cls(duty=duty, verdict=Verdict.INCONCLUSIVE, reason=f"{detail}.", cause=cause)

    @classmethod
    def broken(cls, duty: Obligation, detail: str) -> Outcome:
        """The check itself broke: that says nothing about the node."""
        cause = Cause.BROKEN_CHECK
        return cls(duty=duty, verdict=Verdict.INCONCLUSIVE, reason=f"The check itself broke: {detail}.", cause=cause)

    def beside(self, unused: Sequence[str]) -> Outcome:
        """The outcome where sentences tell of stored baselines that the check did not compare anything with.

        Met is then unknown, a breach stays one, and what could not be judged has its own reason already.
        """
        told = " ".join(sentence for sentence in unused if sentence.rstrip(".") not in self.reason)
        if not told or self.verdict not in (Verdict.MET, Verdict.BREACHED):
            return self
        if self.verdict is Verdict.BREACHED:
            return replace(self, reason=f"{self.reason} Also: {told}")
        return replace(self, verdict=Verdict.INCONCLUSIVE, reason=told, cause=Cause.NO_BASELINE)

    def record(
        self, *, waiver: Waiver | None, now: datetime, started: datetime, seconds: float,
        observations: tuple[Observation, ...], baselines: tuple[BaselineUse, ...],
    ) -> Record:  # fmt: skip
        """The run's line for this duty. A waiver covers a breach while it holds; nothing else, and nothing unseen.

        Beside a limit that is neither met nor breached, or where the check broke afterwards, it covers nothing: what
        was signed off is what could be seen.
        """
        asked = waiver if self.verdict is Verdict.BREACHED else None
        against = _uncovered(asked, self.judgements, now) if asked else ""
        if asked and self.cause is not None:
            against = " A waiver does not cover it: the check did not end well."
        holds = asked is not None and not against
        return Record(
            duty=self.duty.id, verdict=Verdict.WAIVED if holds else self.verdict, reason=self.reason + against,
            started=started,
            seconds=seconds, cause=self.cause, judgements=self.judgements, observations=observations,
            baselines=baselines, real_verdict=self.verdict if holds else None, waiver=waiver if holds else None,
        )  # fmt: skip


def _uncovered(waiver: Waiver, judgements: Sequence[Judgement], now: datetime) -> str:
    """Why the waiver does not cover a breach, as a sentence behind a blank; empty when it does."""
    if not waiver.granted <= now < waiver.expires:
        period = f"from {waiver.granted:%Y-%m-%d} to {waiver.expires:%Y-%m-%d}"
        return f" A waiver does not cover it: it holds {period}."
    others = [each for each in judgements if each.verdict not in (Verdict.MET, Verdict.BREACHED)]
    if not others:
        return ""
    named = ", ".join(f"{each.label} is {each.verdict}" for each in others)
    return f" A waiver does not cover it while something else is open: {named}."


def unchecked(duty: Obligation, now: datetime) -> Record:
    """The line of a duty that no suite checks yet: the plan asked for it, and no run answered."""
    return Record(
        duty=duty.id, verdict=Verdict.OVERDUE, cause=Cause.NO_CHECK, started=now, seconds=0.0,
        reason=f"The plan asks for this duty, and no check answers it yet: write one with `junzi-audit new {duty.id}`.",
    )  # fmt: skip


def last_error(traceback: str) -> str:
    """The line of pytest's traceback that says what was raised, else its last."""
    lines = [line for line in traceback.splitlines() if line.strip()]
    raised = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (raised or lines or ["it gave no reason"])[-1][:500]
