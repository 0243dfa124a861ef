"""Server errors: over a day, in the worst five minutes, in our own reads, and whether the node counts honestly."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import details
from junzi_audit.model import Cause
from junzi_audit.records import Gauges, MinuteCount, Read

WINDOW = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)
#: A window with fewer requests is named, not judged: one error in three is not a rate.
FLOOR = 20
_METRIC = "junzi_http_requests_total"


@dataclass(frozen=True, kw_only=True)
class _Minute:
    errors: int
    requests: int


def worst_five_minutes(
    counts: Sequence[MinuteCount], limit: float, *, read: Sequence[Read] = ()
) -> dict[str, Measurement | Unseen]:
    """Per endpoint the largest share of 5xx in any five consecutive minutes with at least 20 requests.

    An endpoint that is never asked so often, and never failed, has no bad five minutes; one that failed is unseen. So
    is one that was ``read`` but that the counts do not name: leaving one out must not make it clean.
    """
    found = _unnamed(counts, read)
    for endpoint, minutes in sorted(_by_endpoint(counts).items()):
        share, n, began, small = _worst(minutes)
        if began is None:
            found[endpoint] = _quiet(list(minutes.values()))
            continue
        detail = f"at {began:%Y-%m-%d %H:%M} UTC" + (
            f"; {small} windows with fewer than {FLOOR} requests" if small else ""
        )
        shown = (_series(endpoint, minutes, limit),) if share > limit else ()
        found[endpoint] = census(share, n=n, detail=detail, exhibits=shown)
    return found


def _quiet(minutes: Sequence[_Minute]) -> Measurement | Unseen:
    """Of an endpoint that no five minutes can be judged of."""
    errors, requests = (sum(getattr(minute, name) for minute in minutes) for name in ("errors", "requests"))
    detail = f"no five minutes with {FLOOR} requests"
    if errors:
        return Unseen(cause=Cause.TOO_FEW, detail=f"{detail}; {errors} of {requests} failed")
    return census(0.0, n=requests, detail=f"{detail}, and none of {requests} failed")


def day_share(counts: Sequence[MinuteCount], *, read: Sequence[Read] = ()) -> dict[str, Measurement | Unseen]:
    """Per endpoint the share of 5xx over the whole interval; one ``read`` that the counts do not name is unseen."""
    found: dict[str, Measurement | Unseen] = {}
    rows = []
    for endpoint, minutes in sorted(_by_endpoint(counts).items()):
        errors = sum(minute.errors for minute in minutes.values())
        requests = sum(minute.requests for minute in minutes.values())
        rows.append((endpoint, requests, errors, round(errors / requests, 5) if requests else None))
        if requests:
            found[endpoint] = census(errors / requests, n=requests)
    table = Exhibit(
        title="Requests and server errors by endpoint",
        caption="The node's own counters over the last 24 hours.",
        columns=("endpoint", "requests", "5xx", "share"),
        rows=tuple(rows),
        chart=Chart(
            kind="bars", label=0, value=3, limit=0.01, limit_label="limit 1 % a day", value_label="share of 5xx"
        ),
    )
    first = next(iter(found), None)
    if first is not None and isinstance(reading := found[first], Measurement):
        found[first] = census(reading.value, n=reading.n, exhibits=(table,))
    return found | _unnamed(counts, read)


def probe_share(reads: Sequence[Read]) -> Measurement:
    """Share of our own reads that met a 5xx answer.

    Reads without an answer may hide one each, so they widen the figure to an interval: a node that cuts the connection
    where it would have failed is not the better for it.
    """
    answered = [read for read in reads if read.status]
    failed = [read.endpoint for read in answered if read.status >= 500]
    silent = len(reads) - len(answered)
    named = details.some(sorted(set(failed)))
    detail = "; ".join(filter(None, [named, f"{silent} of {len(reads)} reads got no answer" if silent else ""]))
    if not answered:
        return census(0.0, n=0, detail=detail)
    return Measurement(
        value=len(failed) / len(answered),
        low=len(failed) / len(reads),
        high=(len(failed) + silent) / len(reads),
        n=len(answered),
        detail=detail,
    )


def uncounted(before: Gauges, after: Gauges, reads: Sequence[Read]) -> Measurement | Unseen:
    """How many of our reads between two scrapes the counters miss, endpoint and status each on their own.

    Others may read meanwhile, so counters may show more than we did; never less. Counters that went backwards began
    again in between (the node was restarted), so there is nothing to compare.
    """
    if fault := _incomparable(before, after):
        return fault
    ours: dict[tuple[str, str], int] = defaultdict(int)
    for read in reads:
        if read.status:
            ours[_last_words(read.endpoint), str(read.status)] += 1
    short = {key: max(0, sent - _rise(before, after, key)) for key, sent in ours.items()}
    missed = [f"{count} of {endpoint} with {status}" for (endpoint, status), count in short.items() if count]
    return census(sum(short.values()), n=sum(ours.values()), detail=details.some(missed))


def _incomparable(before: Gauges, after: Gauges) -> Unseen | None:
    earlier, later = before.samples.get(_METRIC, {}), after.samples.get(_METRIC, {})
    if not all(math.isfinite(value) and value >= 0 for value in (*earlier.values(), *later.values())):
        return Unseen(cause=Cause.MALFORMED, detail=f"{_METRIC} holds what is no count")
    if any(later.get(labels, 0.0) < value for labels, value in earlier.items()):
        return Unseen(cause=Cause.STALE, detail="the counters went backwards between our two looks")
    return None


def _unnamed(counts: Sequence[MinuteCount], read: Sequence[Read]) -> dict[str, Measurement | Unseen]:
    named = {_last_words(count.endpoint) for count in counts}
    ours = sorted({each.endpoint for each in read})
    unseen = Unseen(cause=Cause.TOO_FEW, detail="the counts do not name this endpoint, although it answers")
    return {page: unseen for page in ours if not any(name.endswith(_last_words(page)) for name in named)}


def _by_endpoint(counts: Sequence[MinuteCount]) -> dict[str, dict[datetime, _Minute]]:
    sums: dict[str, dict[datetime, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for count in counts:
        cell = sums[count.endpoint][count.minute]
        cell[0] += count.count if count.status >= 500 else 0
        cell[1] += count.count
    return {
        endpoint: {at: _Minute(errors=cell[0], requests=cell[1]) for at, cell in minutes.items()}
        for endpoint, minutes in sums.items()
    }


def _worst(minutes: Mapping[datetime, _Minute]) -> tuple[float, int, datetime | None, int]:
    """Share, requests and start of the worst window, and how many windows were too small to judge.

    What a window holds changes where a minute comes in at its end or falls out at its start: those are all there are.
    """
    times = sorted(minutes)
    errors = [0, *accumulate(minutes[at].errors for at in times)]
    requests = [0, *accumulate(minutes[at].requests for at in times)]
    best: tuple[float, int, datetime | None] = (-1.0, 0, None)
    small = 0
    for start in sorted({at - WINDOW + _MINUTE for at in times} | {at + _MINUTE for at in times}):
        first, last = bisect_left(times, start), bisect_left(times, start + WINDOW)
        asked = requests[last] - requests[first]
        if asked < FLOOR:
            small += asked > 0 and start + WINDOW - _MINUTE in minutes
        elif (share := (errors[last] - errors[first]) / asked) > best[0]:
            best = (share, asked, times[first])
    return (*best, small)


def _series(endpoint: str, minutes: Mapping[datetime, _Minute], limit: float) -> Exhibit:
    rows = tuple(
        (f"{at:%Y-%m-%d %H:%M}", round(minutes[at].errors / minutes[at].requests, 4), minutes[at].requests)
        for at in sorted(minutes)
        if minutes[at].requests
    )
    return Exhibit(
        title=f"Share of server errors, minute by minute: {endpoint}",
        caption="The node's own counters; the limit holds for five minutes together.",
        columns=("minute", "share of 5xx", "requests"),
        rows=rows,
        chart=Chart(kind="series", label=0, value=1, limit=limit, limit_label="limit", value_label="share of 5xx"),
    )


def _rise(before: Gauges, after: Gauges, key: tuple[str, str]) -> int:
    return round(_total(after, key) - _total(before, key))


def _total(gauges: Gauges, key: tuple[str, str]) -> float:
    """The counter of one endpoint and status; route templates may carry a base path and any name in braces."""
    return sum(
        value
        for labels, value in gauges.samples.get(_METRIC, {}).items()
        if (words := dict(labels)).get("status") == key[1] and _last_words(words.get("endpoint", "")).endswith(key[0])
    )


def _last_words(endpoint: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in endpoint.split("/"))
