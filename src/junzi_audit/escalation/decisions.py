"""Who is to be told of which record: the target's rules, held against what was told before. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from junzi_audit.declared.escalating import Escalation, Rule
from junzi_audit.findings import Record, RunHeader
from junzi_audit.model import SEVERITY, Obligation, Verdict
from junzi_audit.seen.notices import Event, Told, period_of
from junzi_audit.wording import moment

#: Notices of one duty, verdict and period on one channel: a duty that comes and goes would send one at every return.
_MOST = 4
#: What calls for somebody, whether a rule names anybody or not.
_NEWS = frozenset({Verdict.BREACHED, Verdict.OVERDUE, Verdict.INCONCLUSIVE})
#: After these, a run is no longer the news of a duty; a notice that failed has reached nobody.
_REACHED = frozenset({Event.SENT, Event.CLOSED, Event.ACTED})


@dataclass(frozen=True, kw_only=True)
class Way:
    """One channel: whether it is to be told now, and ``why`` (not), with what it heard before."""

    channel: str
    tells: bool
    why: str


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
            if heard := [told for told in standing if told.event in {Event.SENT, Event.ACTED}]:
                yield replace(matter, closes=f"met again; first told {moment(heard[0].at)}")
        elif rule is not None:
            ways = tuple(_way(past, record.verdict, channel, period) for channel in dict.fromkeys(rule.channels))
            yield replace(matter, rule=rule, ways=ways)
        elif record.verdict in _NEWS:
            yield matter


def _way(past: Sequence[Told], verdict: Verdict, channel: str, period: str) -> Way:
    heard = [told for told in past if told.event is Event.CLOSED or _sent_to(told, channel)]
    standing = [told for told in _since_closed(heard) if told.event is Event.SENT]
    here = [told for told in standing if told.period == period]
    before = [told for told in heard if _sent_to(told, channel) and (told.period, told.verdict) == (period, verdict)]
    if as_bad := [told for told in here if SEVERITY.index(told.verdict) <= SEVERITY.index(verdict)]:
        return Way(channel=channel, tells=False, why=f"already told {moment(as_bad[-1].at)}")
    if len(before) >= _MOST:
        why = f"it comes and goes; told {len(before)} times in {period}, last {moment(before[-1].at)}"
        return Way(channel=channel, tells=False, why=why)
    if here:
        why = f"worse than the {here[-1].verdict} told {moment(here[-1].at)}"
    elif standing:
        why = f"still so in {period}, first told {moment(standing[0].at)}"
    else:
        why = f"reopened, first told {moment(before[0].at)}" if before else f"first notice in {period}"
    return Way(channel=channel, tells=True, why=why)


def _sent_to(told: Told, channel: str) -> bool:
    return told.event is Event.SENT and told.channel == channel


def _since_closed(past: Sequence[Told]) -> Sequence[Told]:
    ends = [place for place, told in enumerate(past, start=1) if told.event is Event.CLOSED]
    return past[ends[-1] if ends else 0 :]
