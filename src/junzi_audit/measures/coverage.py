"""Whether records reach over the whole interval that is judged: a day of which an hour was shown has not been seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from junzi_audit.findings import Reading, Unseen
from junzi_audit.model import Cause

#: Nothing of a node is silent for longer: something is processed from every feed within thirty minutes (contract,
#: section 6), and the heartbeat duties read every public page every five.
SILENCE = timedelta(minutes=30)
_STREAM = "whole interval"
_TOLD = 3


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


def gaps(
    instants: Mapping[str, Sequence[datetime]], since: datetime, until: datetime, *, what: str,
    silence: timedelta = SILENCE,
) -> Unseen | None:  # fmt: skip
    """What keeps any of the named streams from covering the interval, also one without an instant; None when all do.

    Together they may cover it while one of them was left out.
    """
    holes = {name: gap(times, since, until, what=what, silence=silence) for name, times in instants.items()}
    silent = [name for name, times in instants.items() if not any(since <= at < until for at in times)]
    told = [f"{name}: none is shown" for name in silent]
    told += [f"{name}: {hole.detail}" for name, hole in holes.items() if hole is not None]
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return Unseen(cause=Cause.STALE, detail=f"{what} of {'; '.join(told[:_TOLD])}{more}") if told else None


def whole(reading: Reading, missing: Unseen | None) -> Reading:
    """The reading, and beside it what is missing of the interval: a breach in what was shown stays a breach."""
    if missing is None:
        return reading
    parts = dict(reading) if isinstance(reading, Mapping) else {"": reading}
    return {**parts, _STREAM: missing}
