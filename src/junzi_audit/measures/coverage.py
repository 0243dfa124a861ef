"""Whether records reach over the whole interval that is judged: a day of which an hour was shown has not been seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from junzi_audit.findings import Measurement, Reading, Unseen
from junzi_audit.model import Cause

#: Nothing of a node is silent for longer: something is processed from every feed within thirty minutes (contract,
#: section 6), and the heartbeat duties read every public page every five.
SILENCE = timedelta(minutes=30)
_STREAM = "whole interval"


def gap(
    instants: Iterable[datetime], since: datetime, until: datetime, *, what: str, silence: timedelta = SILENCE
) -> Unseen | None:
    """What keeps the instants from covering the interval; None when they do, or when there are none to judge by.

    An interval without a single record has nothing to be misled by: its measures have n = 0.
    """
    times = sorted({at for at in instants if since <= at < until})
    if not times:
        return None
    longest, before, after = max((b - a, a, b) for a, b in pairwise([since, *times, until]))
    if longest <= silence:
        return None
    reach = f"the {what} shown reach from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC"
    hole = f"nothing from {before:%Y-%m-%d %H:%M} to {after:%Y-%m-%d %H:%M}"
    return Unseen(cause=Cause.STALE, detail=f"{reach}, {hole}, of the interval judged")


def whole(reading: Measurement | Unseen | Mapping[str, Measurement | Unseen], missing: Unseen | None) -> Reading:
    """The reading, and beside it what is missing of the interval: a breach in what was shown stays a breach."""
    if missing is None:
        return reading
    parts = dict(reading) if isinstance(reading, Mapping) else {"": reading}
    return {**parts, _STREAM: missing}
