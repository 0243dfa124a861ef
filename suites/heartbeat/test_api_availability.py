"""Real-time monitoring, row 1: every node and every public read endpoint answers."""

from junzi_audit import Judge, obligation
from junzi_audit.measures import availability
from junzi_audit.probes.node import Node


@obligation("heartbeat.api-availability")
def test_every_node_and_public_endpoint_answers(node: Node, judge: Judge) -> None:
    health = {each.node: each.problem for each in node.health()}

    judge(
        nodes_down=availability.nodes_down(health),
        endpoints_down=lambda: availability.endpoints_down(node.reads(confirm=True)),
    )
