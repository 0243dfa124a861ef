"""Who is to be told of which record: the target's rules, held against what was told before. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from junzi_audit.declared.escalating import Escalation, Rule
from junzi_audit.findings import Record, RunHeader
from junzi_audit.model import SEVERITY, Obligation, Verdict
from junzi_audit.seen.notices import Event, Told, period_of
from junzi_audit.wording import moment

#: Notices of one duty, verdict and period on one channel: a duty that comes and goes would send one at every return.
_MOST = 4
#: What stays for so long after they are used up is told of all the same: blips after midnight must not hide an outage.
_STAYS = timedelta(minutes=15)
#: What calls for somebody, whether a rule names anybody or not.
_NEWS = frozenset({Verdict.BREACHED, Verdict.OVERDUE, Verdict.INCONCLUSIVE})
#: After these, a run is no longer the news of a duty; a notice that failed has reached nobody.
_REACHED = frozenset({Event.SENT, Event.HELD, Event.CLOSED, Event.ACTED})


@dataclass(frozen=True, kw_only=True)
class Way:
    """One channel: whether it is to be told now, and ``why`` (not), with what it heard before.

    ``holds``: it is not, because the duty comes and goes; that is remembered, to see whether it stays.
    """

    channel: str
    tells: bool
    why: str
    holds: bool = False


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What is to be done about one duty. Without a rule it is for nobody, or ``closes`` what was told before.

    ``past`` is what was told and done since the duty was last met. ``passed_over`` says which later run told of it.
    """

    duty: Obligation
    record: Record
    period: str
    rule: Rule | None = None
    ways: tuple[Way, ...] = ()
    past: tuple[Told, ...] = ()
    closes: str = ""
    passed_over: str = ""


def decide(
    table: Escalation, header: RunHeader, records: Sequence[Record], duty_of: Callable[[str], Obligation],
    memory: Sequence[Told], now: datetime,
) -> Iterator[Matter]:  # fmt: skip
    """Every duty that breaches, cannot be judged, has a rule or is met again, as its last attempt left it.

    One of which a later run has told, done or closed something is passed over: this run is no longer the news of it.
    A run that began after ``now`` is none of those: its clock was wrong.
    """
    for record in {record.duty: record for record in records}.values():
        duty = duty_of(record.duty)
        past = [told for told in memory if told.duty == duty.id and told.event is not Event.DRY]
        later = [told for told in past if header.started < told.begun <= now and told.event in _REACHED]
        period, standing = period_of(duty.cadence, header.started), _since_closed(past)
        rule = table.rule_for(duty.id, record.verdict)
        matter = Matter(duty=duty, record=record, period=period, past=tuple(standing))
        if later:
            if record.verdict in _NEWS:
                yield replace(matter, passed_over=f"passed over: the later run {later[-1].run} is the news of it")
        elif record.verdict is Verdict.MET:
            if heard := [told for told in standing if told.event in {Event.SENT, Event.HELD, Event.ACTED}]:
                how = "held back" if heard[0].event is Event.HELD else "first told"
                yield replace(matter, closes=f"met again; {how} {moment(heard[0].at)}")
        elif rule is not None:
            ways = tuple(
                _way(past, record.verdict, channel, period, header.started) for channel in dict.fromkeys(rule.channels)
            )
            yield replace(matter, rule=rule, ways=ways)
        elif record.verdict in _NEWS:
            yield matter


def _way(past: Sequence[Told], verdict: Verdict, channel: str, period: str, begun: datetime) -> Way:
    known = {Event.SENT, Event.HELD}
    heard = [each for each in past if each.event is Event.CLOSED or (each.channel == channel and each.event in known)]
    standing = [told for told in _since_closed(heard) if told.event is Event.SENT]
    held = [told for told in _since_closed(heard) if told.event is Event.HELD]
    here = [told for told in standing if told.period == period]
    same = [told for told in heard if told.event is Event.SENT and (told.period, told.verdict) == (period, verdict)]
    if as_bad := [told for told in here if SEVERITY.index(told.verdict) <= SEVERITY.index(verdict)]:
        return Way(channel=channel, tells=False, why=f"already told {moment(as_bad[-1].at)}")
    if len(same) >= _MOST and not (held and begun - held[0].begun >= _STAYS):
        why = f"it comes and goes; told {len(same)} times in {period}, last {moment(same[-1].at)}"
        return Way(channel=channel, tells=False, why=why, holds=not held)
    if held:
        why = f"it came and went, and stays; seen again {moment(held[0].begun)}"
    elif here:
        why = f"worse than the {here[-1].verdict} told {moment(here[-1].at)}"
    elif standing:
        why = f"still so in {period}, first told {moment(standing[0].at)}"
    else:
        why = f"reopened, first told {moment(same[0].at)}" if same else f"first notice in {period}"
    return Way(channel=channel, tells=True, why=why)


def _since_closed(past: Sequence[Told]) -> Sequence[Told]:
    ends = [place for place, told in enumerate(past, start=1) if told.event is Event.CLOSED]
    return past[ends[-1] if ends else 0 :]
