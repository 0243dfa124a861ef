"""From the readings a check hands over to the judgements of its duty: exactly the declared limits, all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from junzi_audit.findings import Awaited, Judgement, Measurement, Reading, Unseen
from junzi_audit.limits import judge
from junzi_audit.model import Obligation, Unobservable
from junzi_audit.tables import nearest


class Judge(Protocol):
    """``judge(limit=reading, …)``: a reading, a mapping of readings by stream, or a function that gives either."""

    def __call__(self, **readings: object) -> None:
        """Judge every limit; fail when one does not hold."""


def judged(duty: Obligation, readings: Mapping[str, object]) -> tuple[Judgement, ...]:
    """Judgements in the plan's order of limits; TypeError when a limit is missing, unknown, or no reading at all."""
    names = [limit.name for limit in duty.limits]
    for name in readings:
        if name not in names:
            raise TypeError(f"{duty.id} declares no limit {name!r}; {nearest(name, names)}")
    lacking = [name for name in names if name not in readings]
    if lacking:
        raise TypeError(f"{duty.id} declares {', '.join(lacking)} too; a check judges every limit of its duty")
    return tuple(each for limit in duty.limits for each in judge(limit, _resolve(limit.name, readings[limit.name])))


def _resolve(name: str, reading: object) -> Reading:
    """What a lazy reading gives; one that cannot see leaves the duty's other limits standing."""
    if callable(reading):
        try:
            reading = reading()
        except Unobservable as error:
            return Unseen(cause=error.cause, detail=error.detail)
    if isinstance(reading, Measurement | Unseen | Awaited):
        return reading
    if isinstance(reading, Mapping) and all(
        isinstance(each, Measurement | Unseen | Awaited) for each in reading.values()
    ):
        return reading
    raise TypeError(f"{name}: {type(reading).__name__} is no reading; measures return a Measurement, Unseen or Awaited")
