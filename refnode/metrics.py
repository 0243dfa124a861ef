"""The Prometheus exposition of a node, collected from its tallies and its pulse."""

from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import CollectorRegistry

from refnode import MODEL_VERSION, VERSION
from refnode.parts import Node
from refnode.pulse import unix_seconds
from refnode.tallies import BUCKETS


class Exposition:
    """Collects the contract's metrics."""

    def __init__(self, node: Node) -> None:
        """Collect from this node."""
        self._node = node
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Write the exposition in Prometheus text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric family (called by prometheus_client)."""
        yield self._requests()
        yield self._durations()
        yield from self._gauges()
        audits = CounterMetricFamily("junzi_bias_audits", "Bias audits by result", labels=["result"])
        for result, number in self._node.pulse.audits.items():
            audits.add_metric([result], number)
        yield audits

    def _requests(self) -> Metric:
        family = CounterMetricFamily(
            "junzi_http_requests", "Public requests that ended", labels=["endpoint", "method", "status"]
        )
        for (endpoint, method, status), number in sorted(self._node.tallies.totals.items()):
            family.add_metric([endpoint, method, str(status)], number)
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(
            "junzi_http_request_duration_seconds", "How long public requests took", labels=["endpoint"]
        )
        for endpoint, row in sorted(self._node.tallies.buckets.items()):
            upto, buckets = 0, []
            for edge, number in zip([*map(str, BUCKETS), "+Inf"], row, strict=True):
                upto += number
                buckets.append((edge, upto))
            family.add_metric([endpoint], buckets, self._node.tallies.seconds[endpoint])
        return family

    def _gauges(self) -> Iterator[Metric]:
        pulse, clock = self._node.pulse, self._node.clock
        beats = GaugeMetricFamily(
            "junzi_agent_last_heartbeat_timestamp_seconds", "Last beat of an agent", labels=["agent"]
        )
        for agent, at in pulse.beats.items():
            beats.add_metric([agent], unix_seconds(clock, at))
        feeds = GaugeMetricFamily(
            "junzi_feed_last_processed_timestamp_seconds", "Last item processed from a feed", labels=["feed"]
        )
        for feed, at in pulse.feeds.items():
            feeds.add_metric([feed], unix_seconds(clock, at))
        queues = GaugeMetricFamily("junzi_queue_depth", "Items waiting", labels=["queue"])
        for queue, depth in pulse.queues.items():
            queues.add_metric([queue], depth)
        build = GaugeMetricFamily("junzi_build_info", "What runs here", labels=["version", "model_version"])
        build.add_metric([VERSION, MODEL_VERSION], 1)
        yield from (beats, feeds, queues, build)
