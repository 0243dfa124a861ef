"""Real-time monitoring, row 1: every node and every public read endpoint answers."""

from junzi_audit import Judge, obligation
from junzi_audit.findings import Measurement
from junzi_audit.measures import availability
from junzi_audit.probes.node import Node


@obligation("heartbeat.api-availability")
def test_every_node_and_public_endpoint_answers(node: Node, judge: Judge) -> None:
    health = {each.node: each.problem for each in node.health()}

    healthy = [url for url, problem in health.items() if not problem]

    def endpoints() -> dict[str, Measurement]:
        reads = {"": node.reads(confirm=True), **node.reads_elsewhere(healthy)}
        return {url: availability.endpoints_down(each) for url, each in reads.items()}

    judge(nodes_down=availability.nodes_down(health), endpoints_down=endpoints)
