"""Whether a breach is certain enough for what cannot be undone (docs/STATISTICS.md, 3)."""

from __future__ import annotations

from dataclasses import dataclass

from junzi_audit.findings import Judgement, Measurement, Record
from junzi_audit.model import Verdict
from junzi_audit.wording import number, plural


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """Whether a record bears an act, and in words why, or what is lacking."""

    enough: bool
    told: str


def certainty(record: Record) -> Certainty:
    """A census that breaches is certain; a stream needs the family-wise threshold of its duty; one interval never does.

    A stream's own threshold keeps one stream from a false alarm, all year. Over all streams of the duty the chance adds
    up, and the triage's flags bound a share of false ones only; so the threshold is taken times the number of streams,
    and today's evidence must reach it, not the most there ever was.
    """
    breached = [each for each in record.judgements if each.verdict is Verdict.BREACHED]
    if record.verdict is not Verdict.BREACHED or not breached:
        return Certainty(enough=False, told="no judgement of it is breached")
    streams = _streams(record)
    weighed = [_weighed(each, streams) for each in breached]
    sure = [each.told for each in weighed if each.enough]
    return Certainty(enough=bool(sure), told="; ".join(sure or [each.told for each in weighed]))


def _streams(record: Record) -> int:
    """How many streams the duty watches, also those that one run could not see."""
    watched = {each.limit.name for each in record.judgements if _evidence(each)}
    return sum(each.limit.name in watched for each in record.judgements)


def _evidence(judgement: Judgement) -> bool:
    return isinstance(judgement.reading, Measurement) and judgement.reading.evidence is not None


def _weighed(judgement: Judgement, streams: int) -> Certainty:
    reading = judgement.reading
    if not isinstance(reading, Measurement) or reading.n <= 0:
        return Certainty(enough=False, told=f"{judgement.label} was not measured")
    if reading.evidence is not None:
        needed, value = streams * reading.evidence.threshold, reading.evidence.value
        over = f"family-wise over {plural(streams, 'stream')}"
        told = f"{judgement.label}: evidence {number(value)} of the {number(needed)} needed {over}"
        return Certainty(enough=value >= needed > 0, told=told)
    if reading.is_census:
        return Certainty(enough=True, told=f"{judgement.label} was counted, not estimated, and is certain")
    return Certainty(enough=False, told=f"{judgement.label} is the interval of a single look, without yearly evidence")
