"""The whole run as shown: starts from the duties due, so that a duty nobody checked shows as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.model import SEVERITY, Environment, Obligation, Verdict, worst
from junzi_audit.report import duties
from junzi_audit.wording import moment, number, plural

#: What each verdict means, from the one that decides the whole to the one that decides nothing.
MEANINGS = {
    Verdict.BREACHED: "A figure is beyond its limit, and that is certain. The body named must act.",
    Verdict.INCONCLUSIVE: "It could not be seen, or there is too little data to tell. Unknown is never met.",
    Verdict.OVERDUE: "The plan asked for it and nobody answered within its period.",
    Verdict.AWAITING: "A person must act or sign before it can be judged; the time for that has not run out.",
    Verdict.WAIVED: "An exception was signed for a limited time; the real verdict stands beside it.",
    Verdict.MET: "Every figure is within its limit, on enough records to say so.",
}
#: What stands over every page of a target that is not the live system.
WATERMARKS = {
    Environment.EMBEDDED: "Demonstration: these figures are of the built-in reference node, not of JUNZI.",
    Environment.RECORDED: "Recording: these figures are of stored answers, not of a node observed in this run.",
    Environment.STAGING: "Staging: these figures are of the staging system, not of what the public is served.",
}
_PHRASES = {
    Verdict.BREACHED: "breached",
    Verdict.INCONCLUSIVE: "could not be judged",
    Verdict.OVERDUE: "overdue",
    Verdict.AWAITING: "waiting for a person",
    Verdict.WAIVED: "waived",
}
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Absent:
    """A duty of the plan that this run did not owe; ``told`` says what it recorded for it all the same."""

    obligation: Obligation
    told: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything the report shows, in the order it shows it."""

    header: RunHeader
    end: RunEnd | None
    verdict: Verdict
    sentence: str
    watermark: str
    alarms: tuple[str, ...]
    due: tuple[duties.DutyView, ...]
    not_due: tuple[Absent, ...]
    window: str
    meanings: Mapping[Verdict, str]

    @property
    def to_act(self) -> tuple[duties.DutyView, ...]:
        """The duties on which a body must act, worst first, then in the plan's order."""
        return tuple(sorted((duty for duty in self.due if duty.acts), key=lambda duty: SEVERITY.index(duty.verdict)))


def build(obligations: Sequence[Obligation], header: RunHeader, records: Sequence[Record], end: RunEnd | None) -> Page:
    """The page for one run. An unfinished run is INCONCLUSIVE at best, even when all that it reached was met."""
    attempts: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        attempts[record.duty].append(record)
    plan = {obligation.id: obligation for obligation in obligations}
    order = [duty for duty in plan if duty in set(header.due)]
    order += [duty for duty in dict.fromkeys(header.due) if duty not in plan]
    due = tuple(duties.build(each, plan.get(each), attempts.get(each, ()), end is not None) for each in order)
    unfinished = [] if end else [Verdict.INCONCLUSIVE]
    verdict = worst([duty.verdict for duty in due] + unfinished)
    return Page(
        header=header,
        end=end,
        verdict=verdict,
        sentence=sentence(due, named=True),
        watermark=WATERMARKS.get(header.environment, ""),
        alarms=_alarms(due, end, verdict, header, set(attempts) - set(order) - set(plan)),
        due=due,
        not_due=tuple(_absent(plan[each], attempts.get(each, ())) for each in plan if each not in order),
        window=_window(header, records, end),
        meanings=MEANINGS,
    )


def _absent(obligation: Obligation, attempts: Sequence[Record]) -> Absent:
    told = f"recorded all the same: {attempts[-1].verdict}; not counted here" if attempts else ""
    return Absent(obligation=obligation, told=told)


def _alarms(
    due: Sequence[duties.DutyView], end: RunEnd | None, verdict: Verdict, header: RunHeader, unknown: set[str]
) -> tuple[str, ...]:
    """What must be read before any figure is believed."""
    alarms = []
    if end is None:
        judged = sum(1 for duty in due if duty.record)
        told = f"it stopped before finishing; {judged} of {plural(len(due), 'duty')} were judged."
        alarms.append(f"INCOMPLETE RUN: {told}")
    elif end.verdict is not verdict:
        alarms.append(f"THE RECORD DISAGREES: the run closed as {end.verdict}, but its records come to {verdict}.")
    if header.replay_of:
        alarms.append(f"REPLAY of run {header.replay_of}: stored evidence was judged again; nothing new was observed.")
    if unknown:
        named = ", ".join(sorted(unknown)[:_NAMED])
        alarms.append(
            f"UNKNOWN TO THE PLAN: {plural(len(unknown), 'recorded id')} no duty answers to, such as {named}."
        )
    return tuple(alarms)


def sentence(due: Sequence[duties.DutyView], named: bool) -> str:
    """The run in one sentence: how many duties were met, what was not (by name if wanted), which bodies must act."""
    if not due:
        return "No duty was due in this run: nothing was judged, so nothing is met."
    met = sum(1 for duty in due if duty.verdict is Verdict.MET)
    every = "The only duty due was met" if len(due) == 1 else f"All {len(due)} duties met"
    parts = [every if met == len(due) else f"{met} of {plural(len(due), 'duty')} met"]
    for verdict, phrase in _PHRASES.items():
        titles = [duty.title for duty in due if duty.verdict is verdict]
        if titles:
            told = f": {_listed(titles)}" if named and (verdict is Verdict.BREACHED or len(due) - met <= _NAMED) else ""
            parts.append(f"{len(titles)} {phrase}{told}")
    owners = list(dict.fromkeys(duty.owner for duty in due if duty.acts))
    if owners:
        parts.append(f"{'body' if len(owners) == 1 else 'bodies'} that must act: {_listed(owners)}")
    return "; ".join(parts) + "."


def _listed(names: Sequence[str]) -> str:
    shown, left = list(names[:_NAMED]), len(names) - _NAMED
    if left > 0:
        return ", ".join(shown) + f" and {left} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _window(header: RunHeader, records: Sequence[Record], end: RunEnd | None) -> str:
    """From when to when the run looked, in UTC; an unfinished run names its last record."""
    if end is not None:
        seconds = (end.finished - header.started).total_seconds()
        begun, finished = moment(header.started), moment(end.finished)
        same_day = begun[:10] == finished[:10]
        return f"{begun[:19]} to {finished[11:] if same_day else finished} ({number(seconds, 3)} s)"
    if not records:
        return f"{moment(header.started)}, never finished, nothing recorded"
    return f"{moment(header.started)}, never finished; last record begun {moment(max(r.started for r in records))}"
