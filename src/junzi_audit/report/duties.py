"""One duty as shown: what it came out as, on which figure, from which evidence, and who must act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from junzi_audit.findings import BaselineUse, Exhibit, Observation, Record
from junzi_audit.model import SEVERITY, Cause, Obligation, Verdict
from junzi_audit.report import exhibits, figures
from junzi_audit.report.exhibits import ExhibitView
from junzi_audit.report.figures import Figure
from junzi_audit.report.text import in_words, slug

#: Lines of each kind on the page; ``results.jsonl`` holds all of them.
OBSERVATIONS_SHOWN = 50
FIGURES_SHOWN = 200
ATTEMPTS_SHOWN = 50
#: Of a SHA-256, as many as tell two of them apart; ``results.jsonl`` has all.
_DIGITS = 12
_SOMEBODY_ACTS = frozenset({Verdict.BREACHED, Verdict.INCONCLUSIVE, Verdict.OVERDUE, Verdict.AWAITING})


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One time the duty was tried in this run, numbered from 1; ``reason`` names the limits in words."""

    number: int
    record: Record
    reason: str


@dataclass(frozen=True, kw_only=True)
class DutyView:
    """One duty on the page. ``obligation`` is None where the run names a duty that the plan does not."""

    id: str
    anchor: str
    title: str
    obligation: Obligation | None
    record: Record | None
    verdict: Verdict
    cause: Cause | None
    reason: str
    reason_left: str
    figures: tuple[Figure, ...]
    figures_left: str
    deciding: Figure | None
    also: int
    compared: tuple[str, ...]
    exhibits: tuple[ExhibitView, ...]
    attempts: tuple[Attempt, ...]
    attempts_told: str
    observations: tuple[Observation, ...]
    observations_left: int

    @property
    def acts(self) -> bool:
        """Whether a body must act on this verdict."""
        return self.verdict in _SOMEBODY_ACTS

    @property
    def owner(self) -> str:
        """The body that must act, or that nobody is named."""
        return self.obligation.owner if self.obligation else "no body named: the plan has no such duty"


def build(duty: str, obligation: Obligation | None, attempts: Sequence[Record], finished: bool) -> DutyView:
    """The duty as its last attempt left it; without any attempt it is NOT RUN, which is INCONCLUSIVE."""
    record = attempts[-1] if attempts else None
    judged = record.judgements if record else ()
    lines = figures.build(judged) + figures.not_judged(obligation.limits if obligation else (), judged)
    verdict = record.verdict if record else Verdict.INCONCLUSIVE
    deciding = _deciding(record, lines)
    observed = record.observations if record else ()
    return DutyView(
        id=duty,
        anchor=slug(duty),
        title=obligation.title if obligation else duty,
        obligation=obligation,
        record=record,
        verdict=verdict,
        cause=record.cause if record else Cause.NOT_RUN,
        reason=_told(record) if record else _not_run(finished),
        reason_left=_beyond(record) if record else "",
        figures=lines[:FIGURES_SHOWN],
        figures_left=_counted([line.verdict for line in lines[FIGURES_SHOWN:] if line.verdict]),
        deciding=deciding,
        also=_also(deciding, lines),
        compared=tuple(map(_compared, record.baselines)) if record else (),
        exhibits=_exhibits(record, slug(duty)),
        attempts=_last(attempts),
        attempts_told=_counted([attempt.verdict for attempt in attempts]),
        observations=observed[:OBSERVATIONS_SHOWN],
        observations_left=max(0, len(observed) - OBSERVATIONS_SHOWN),
    )


def _last(attempts: Sequence[Record]) -> tuple[Attempt, ...]:
    numbered = list(enumerate(attempts, 1))[-ATTEMPTS_SHOWN:]
    return tuple(Attempt(number=number, record=each, reason=_told(each)) for number, each in numbered)


def _told(record: Record) -> str:
    return in_words(record.reason, {judgement.limit.name for judgement in record.judgements})


def _not_run(finished: bool) -> str:
    return "No check answered for this duty in this run." if finished else "The run stopped before this duty."


def _beyond(record: Record) -> str:
    """What the reason says after those of the judgements that decided, such as a baseline that was left unused."""
    said = " ".join(each.reason for each in record.judgements if each.verdict is record.verdict)
    return record.reason.removeprefix(said).strip() if said and record.reason.startswith(said) else ""


def _deciding(record: Record | None, lines: Sequence[Figure]) -> Figure | None:
    """The worst figure, if it is what the verdict rests on; a broken check or an unproven undo rests on none."""
    if record is None or not lines:
        return None
    real = record.real_verdict or record.verdict
    return lines[0] if lines[0].verdict is real else None


def _also(deciding: Figure | None, lines: Sequence[Figure]) -> int:
    """How many further limits are not met beside the deciding one."""
    if deciding is None or deciding.verdict is Verdict.MET:
        return 0
    return sum(1 for line in lines[1:] if line.verdict not in (None, Verdict.MET))


def _exhibits(record: Record | None, stem: str) -> tuple[ExhibitView, ...]:
    """Each exhibit once, though several limits may rest on the same reading."""
    readings = [judgement.reading for judgement in record.judgements] if record else []
    distinct: dict[Exhibit, None] = dict.fromkeys(exhibit for reading in readings for exhibit in reading.exhibits)
    return tuple(exhibits.build(exhibit, f"{stem}-{number}") for number, exhibit in enumerate(distinct, 1))


def _compared(used: BaselineUse | str) -> str:
    """The baseline, who stands for it until when, and what it replaced; an earlier version's as it stands."""
    if isinstance(used, str):
        return used
    told = (
        f"{used.name}, approved {used.approved:%Y-%m-%d} by {used.approver} ('{used.why}'), "
        f"holds until {used.expires:%Y-%m-%d}; digest {used.digest[:_DIGITS]}."
    )
    if not used.previous:
        return told
    return f"{told} Changed on {used.approved:%Y-%m-%d}: the one before had digest {used.previous[:_DIGITS]}."


def _counted(verdicts: Sequence[Verdict]) -> str:
    """The verdicts counted, worst first, such as ``2 BREACHED, 1 MET``; empty for none."""
    counts = Counter(verdicts)
    return ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in SEVERITY if counts[verdict])
