"""How a promise is tried: cases from Hypothesis, each broken one confirmed, then shrunk to the smallest.

The same seed and the same answers give the same cases, so that a replay asks what the run asked.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import curl
from junzi_audit.probes.asking import Answer, Ask
from junzi_audit.seen.trials import Trial

#: Passing overload and our own haste break no promise.
_PASSING = {429: Cause.THROTTLED, 502: Cause.SERVER_ERROR, 503: Cause.SERVER_ERROR, 504: Cause.SERVER_ERROR}
_LONGEST = 300

Case = Mapping[str, Any]


class Broken(Exception):
    """A promise does not hold: what was found instead, and which request shows it."""

    def __init__(self, words: str, ask: Ask | None = None) -> None:
        super().__init__(words)
        self.ask = ask


class Vacuous(Exception):
    """The node showed nothing that could contradict the promise: the case does not count."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """``name`` is the claim, ``source`` who published it.

    ``cases`` makes the strategy of its cases with ``hypothesis.strategies``; ``holds`` raises Broken for a case that
    contradicts it, and Vacuous for one that could not.
    """

    name: str
    source: str
    cases: Callable[[Any], Any]
    holds: Callable[[Case], None]


@dataclass(kw_only=True)
class _Tried:
    """What came of each different case so far; the same case is not asked again, except to confirm a broken one."""

    promise: Promise
    found: dict[str, Broken | None] = field(default_factory=dict)
    shown: tuple[str, Broken] | None = None
    hidden: Unobservable | None = None
    vacuous: set[str] = field(default_factory=set)

    @property
    def cases(self) -> int:
        """Different cases that could have contradicted the promise."""
        return len(self.found.keys() - self.vacuous)

    def attempt(self, case: Case) -> None:
        if self.hidden is not None:
            return
        key = ", ".join(f"{name}={value!r}" for name, value in case.items())
        if key not in self.found:
            try:
                self.found[key] = self._broken(case) and self._broken(case)
            except Vacuous:
                self.found[key] = None
                self.vacuous.add(key)
            except Unobservable as error:
                self.hidden = error
                return
        broken = self.found[key]
        if broken is not None:
            self.shown = key, broken
            raise broken

    def _broken(self, case: Case) -> Broken | None:
        """Asked twice by the caller when broken: records that came or went between two requests break no promise."""
        try:
            self.promise.holds(case)
        except Broken as broken:
            return broken
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return Broken(f"a field is missing, or is something else than published: {error}")
        return None


def tried(promise: Promise, *, examples: int, seed: int) -> Trial:
    """The promise on at most ``examples`` cases, and as many more as shrinking a broken one takes."""
    if importlib.util.find_spec("hypothesis") is None:
        raise Unobservable(Cause.NOT_CONFIGURED, "Hypothesis is not installed; pip install 'junzi-audit[contract]'")
    import hypothesis
    from hypothesis import HealthCheck, Phase, strategies

    found = _Tried(promise=promise)
    settings = hypothesis.settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip

    def attempt(case: Case) -> None:
        found.attempt(case)

    try:
        given = promise.cases(strategies)
        hypothesis.seed(seed)(settings(hypothesis.given(case=given)(attempt)))()
    except Broken:
        pass
    except Unobservable as error:
        found.hidden = error
    told = Trial(promise=promise.name, source=promise.source, cases=found.cases)
    return _told(told, found)


def seen(answer: Answer) -> Answer:
    """The answer, whatever its status; Unobservable where there was none, or the node was too busy for one."""
    if answer.cause is not None:
        answer.usable()
    if answer.status in _PASSING:
        raise Unobservable(_PASSING[answer.status], f"{answer.observation.query} answered {answer.status}")
    return answer


def _told(trial: Trial, found: _Tried) -> Trial:
    if found.shown is not None:
        example, broken = found.shown
        again = curl.of(broken.ask) if broken.ask else ""
        return replace(trial, broken=str(broken)[:_LONGEST], example=example[:_LONGEST], curl=again)
    if found.hidden is not None:
        return replace(trial, cause=found.hidden.cause, detail=found.hidden.detail)
    if not trial.cases:
        told = f"none of {len(found.found)} cases showed a row that could contradict it"
        return replace(trial, cause=Cause.TOO_FEW, detail=told)
    return trial
