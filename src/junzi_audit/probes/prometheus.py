"""The history of a node's request counters from a Prometheus server that scrapes it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.surface import Surface
from junzi_audit.records import MinuteCount

_REQUESTS = "junzi_http_requests_total"
_FAST = 'junzi_http_request_duration_seconds_bucket{le="0.5"}'
#: How far before the interval we look for the sample that the first difference is taken from.
_LEAD = timedelta(minutes=5)

Cells = dict[tuple[str, int, datetime], int]


@dataclass(frozen=True, kw_only=True)
class _Series:
    metric: Mapping[str, str]
    values: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class _Matrix:
    result: tuple[_Series, ...]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """A Prometheus server's answer; fields we do not use are ignored. ``warnings`` say that it is only in part."""

    data: _Matrix
    warnings: tuple[str, ...] = ()


class PrometheusHistory:
    """Request counts from a Prometheus server: raw counter samples, differenced here.

    ``increase()`` extrapolates to the edges of its window and so never gives whole requests, and a range query repeats
    old samples for five minutes; differences of the raw samples do neither. A counter that went down was reset and
    counts from zero. What was counted while nobody scraped shows in the minute of the first scrape after.
    """

    def __init__(self, server: Surface) -> None:
        self._server = server

    def __call__(self, since: datetime, until: datetime) -> tuple[MinuteCount, ...]:
        """Minute counts; Unobservable when the server has no sample of the node's counters in the interval."""
        totals = self._increments(_REQUESTS, since, until)
        if not totals:
            raise Unobservable(Cause.STALE, f"Prometheus has no {_REQUESTS} between {since:%F %T} and {until:%F %T}")
        fast = self._increments(_FAST, since, until)
        unseen = {endpoint for endpoint, _, _ in totals} - {endpoint for endpoint, _, _ in fast}
        if unseen:
            words = f"Prometheus has no bucket at 0.5 s for {len(unseen)} endpoints, so their slow requests are unknown"
            raise Unobservable(Cause.MALFORMED, words)
        return tuple(_with_slow(totals, fast))

    def _increments(self, selector: str, since: datetime, until: datetime) -> Cells:
        start = since - _LEAD
        seconds = math.ceil((until - start).total_seconds())
        params = (("query", f"{selector}[{seconds}s]"), ("time", f"{until.timestamp():.3f}"))
        answer = self._server.one(_Answer, "metrics.prometheus", "/api/v1/query", params)
        if answer.warnings:
            raise Unobservable(Cause.MALFORMED, "Prometheus answered with warnings, so perhaps only in part")
        scraped_since: dict[tuple[str, str], float] = {}
        for series in answer.data.result:
            first = min((at for at, _ in series.values), default=math.inf)
            scraped_since[_scraped(series)] = min(first, scraped_since.get(_scraped(series), math.inf))
        found: Cells = defaultdict(int)
        for series in answer.data.result:
            for at, step in _steps(series, scraped_since[_scraped(series)]):
                if since <= at < until:
                    found[*_named(series, selector), at.replace(second=0, microsecond=0)] += step
        return dict(found)


def _scraped(series: _Series) -> tuple[str, str]:
    """Which scraped process a series comes from: each starts, and starts again, on its own."""
    return series.metric.get("job", ""), series.metric.get("instance", "")


def _named(series: _Series, selector: str) -> tuple[str, int]:
    """Endpoint and status; Unobservable when a request was answered with what is no HTTP status, or with none."""
    endpoint, status = series.metric.get("endpoint", ""), series.metric.get("status", "")
    if selector != _REQUESTS:
        return endpoint, 0
    if not re.fullmatch(r"[1-5][0-9]{2}", status, re.ASCII):
        raise Unobservable(Cause.MALFORMED, f"Prometheus has a {_REQUESTS} whose label status is no HTTP status")
    return endpoint, int(status)


def _steps(series: _Series, scraped_since: float) -> Iterator[tuple[datetime, int]]:
    """Instants and differences of neighbouring samples.

    A series that appeared later than others of the same process began at zero: nobody had asked for it before.
    """
    late = bool(series.values) and series.values[0][0] > scraped_since
    for (_, before), (at, after) in pairwise(((0.0, "0"), *series.values) if late else series.values):
        had, has = _count(before), _count(after)
        yield _instant(at), has - had if has >= had else has


def _instant(at: float) -> datetime:
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unobservable(Cause.MALFORMED, "Prometheus has a sample at no instant of our calendar") from None


def _count(text: str) -> int:
    """A counter's value; Unobservable when it is none."""
    try:
        value = float(text)
        if not 0 <= value < 2**53:
            raise ValueError
    except ValueError:
        raise Unobservable(Cause.MALFORMED, "Prometheus has a request counter that is no count") from None
    return round(value)


def _with_slow(totals: Cells, fast: Cells) -> Iterator[MinuteCount]:
    """The histogram has no status: slow requests are put with the endpoint's most frequent statuses of the minute."""
    by_minute: dict[tuple[str, datetime], list[tuple[int, int]]] = defaultdict(list)
    for (endpoint, status, minute), count in totals.items():
        by_minute[endpoint, minute].append((count, status))
    for (endpoint, minute), parts in sorted(by_minute.items()):
        slow = max(0, sum(count for count, _ in parts) - fast.get((endpoint, 0, minute), 0))
        for count, status in sorted(parts, reverse=True):
            share = min(slow, count)
            slow -= share
            yield MinuteCount(minute=minute, endpoint=endpoint, status=status, count=count, slow=share)
