"""The node's metrics: one scrape of ``/metrics``, and the history of its request counters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.prometheus import PrometheusHistory
from junzi_audit.probes.surface import Surface
from junzi_audit.records import Gauges, MinuteCount

__all__ = ["Metrics", "PrometheusHistory"]

#: What the parser, which expects friends, raises over an exposition that is none.
_UNREADABLE = (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError, RecursionError)


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
            text = answer.body.decode()
            if text and not text.endswith("\n"):
                raise Unobservable(Cause.MALFORMED, "/metrics ends within a line, so it was cut short")
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    named, labels = samples.setdefault(sample.name, {}), tuple(sorted(sample.labels.items()))
                    if labels in named:
                        raise Unobservable(Cause.MALFORMED, f"/metrics holds two samples of one {sample.name}")
                    named[labels] = sample.value
        except _UNREADABLE as error:
            words = f"/metrics is no Prometheus exposition: {type(error).__name__}"
            raise Unobservable(Cause.MALFORMED, words) from None
        if not samples:
            raise Unobservable(Cause.MALFORMED, "/metrics holds no sample at all")
        return Gauges(at=answer.observation.at, samples=samples)

    def request_counts(self, since: datetime, until: datetime) -> tuple[MinuteCount, ...]:
        """Requests per minute, endpoint and status in the interval."""
        return self._history(since, until)
