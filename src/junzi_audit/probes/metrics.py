"""The node's metrics: one scrape of ``/metrics``, and the history of its request counters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.surface import Surface
from junzi_audit.records import Gauges, MinuteCount

_REQUESTS = "junzi_http_requests_total"
_SLOW_BUCKETS = "junzi_http_request_duration_seconds_bucket"
_STEP = timedelta(minutes=1)
#: Prometheus answers at most this many points per series and query.
_POINTS = 1440


class Metrics:
    """Gauges as they are now, and request counts minute by minute from whichever backend the target names."""

    def __init__(self, root: Surface, history: Callable[[datetime, datetime], tuple[MinuteCount, ...]]) -> None:
        self._root = root
        self._history = history

    def now(self, *, fresh: bool = False) -> Gauges:
        """Every sample of one scrape; Unobservable(malformed) when it is no Prometheus exposition."""
        from prometheus_client.parser import text_string_to_metric_families

        answer = self._root.get("metrics.scrape", "/metrics", fresh=fresh)
        samples: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
        try:
            for family in text_string_to_metric_families(answer.body.decode()):
                for sample in family.samples:
                    samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
        except (ValueError, KeyError, IndexError, AttributeError) as error:
            raise Unobservable(Cause.MALFORMED, f"/metrics is no Prometheus exposition: {error}") from None
        if not samples:
            raise Unobservable(Cause.MALFORMED, "/metrics holds no sample at all")
        return Gauges(at=answer.observation.at, samples=samples)

    def request_counts(self, since: datetime, until: datetime) -> tuple[MinuteCount, ...]:
        """Requests per minute, endpoint and status in the interval."""
        return self._history(since, until)


@dataclass(frozen=True, kw_only=True)
class _Series:
    metric: Mapping[str, str]
    values: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class _Matrix:
    result: tuple[_Series, ...]


@dataclass(frozen=True, kw_only=True)
class _RangeAnswer:
    """A Prometheus server's answer to a range query; fields we do not use are ignored."""

    data: _Matrix


class PrometheusHistory:
    """Request counts from a Prometheus server: raw counter samples, differenced here.

    ``increase()`` extrapolates to the edges of its window and so never gives whole requests; differences of the raw
    samples do, and a counter that went down was reset and counts from zero.
    """

    def __init__(self, server: Surface) -> None:
        self._server = server

    def __call__(self, since: datetime, until: datetime) -> tuple[MinuteCount, ...]:
        """Minute counts; Unobservable when the server has no sample of the node's counters in the interval."""
        totals = self._increments(f"sum by (endpoint, status) ({_REQUESTS})", since, until)
        if not totals:
            raise Unobservable(Cause.STALE, f"Prometheus has no {_REQUESTS} between {since:%F %T} and {until:%F %T}")
        fast = self._increments(f'sum by (endpoint) ({_SLOW_BUCKETS}{{le="0.5"}})', since, until)
        return tuple(_with_slow(totals, fast))

    def _increments(self, query: str, since: datetime, until: datetime) -> dict[tuple[str, int, datetime], int]:
        found: dict[tuple[str, int, datetime], int] = {}
        start = since
        while start < until:
            end = min(until, start + _STEP * (_POINTS - 1))
            params = (
                ("query", query), ("start", f"{start.timestamp():.0f}"), ("end", f"{end.timestamp():.0f}"), ("step", "60"),
            )  # fmt: skip
            answer = self._server.one(_RangeAnswer, "metrics.prometheus", "/api/v1/query_range", params)
            known_since = min((series.values[0][0] for series in answer.data.result if series.values), default=0)
            for series in answer.data.result:
                _difference(series, known_since, found)
            start = end + (_STEP if end == until else timedelta(0))
        return found


def _difference(series: _Series, known_since: float, into: dict[tuple[str, int, datetime], int]) -> None:
    """Steps between samples; a series that appeared later than the others began at zero (a status never seen before)."""
    endpoint, status = series.metric.get("endpoint", ""), int(series.metric.get("status", "0"))
    late = bool(series.values) and series.values[0][0] > known_since
    values = ((0.0, "0"), *series.values) if late else series.values
    for (_, before), (at, after) in zip(values, values[1:], strict=False):
        step = float(after) - float(before)
        minute = datetime.fromtimestamp(at, UTC)
        into[endpoint, status, minute] = round(step if step >= 0 else float(after))


def _with_slow(
    totals: dict[tuple[str, int, datetime], int], fast: dict[tuple[str, int, datetime], int]
) -> list[MinuteCount]:
    """The histogram has no status, so an endpoint's slow requests are put with its most frequent status of the minute."""
    by_minute: dict[tuple[str, datetime], list[tuple[int, int]]] = {}
    for (endpoint, status, minute), count in totals.items():
        by_minute.setdefault((endpoint, minute), []).append((count, status))
    found = []
    for (endpoint, minute), parts in sorted(by_minute.items()):
        slow = max(0, sum(count for count, _ in parts) - fast.get((endpoint, 0, minute), 0))
        for rank, (count, status) in enumerate(sorted(parts, reverse=True)):
            share = min(slow, count) if rank == 0 else 0
            found.append(MinuteCount(minute=minute, endpoint=endpoint, status=status, count=count, slow=share))
    return found
