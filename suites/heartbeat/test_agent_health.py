"""Real-time monitoring, row 2: each of the seven agents beat within the last sixty seconds."""

from junzi_audit import Judge, obligation
from junzi_audit.measures import heartbeats
from junzi_audit.probes.metrics import Metrics
from junzi_audit.targets import Target


@obligation("heartbeat.agent-health")
def test_all_seven_agents_beat_within_sixty_seconds(metrics: Metrics, target: Target, judge: Judge) -> None:
    scrape = metrics.now(fresh=True)

    judge(
        heartbeat_age=heartbeats.ages(scrape, target.agents),
        agents_missing=heartbeats.missing(heartbeats.named(scrape), target.agents),
    )
