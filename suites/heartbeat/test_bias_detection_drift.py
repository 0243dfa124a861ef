"""Real-time monitoring, row 3: bias audits pass, and risk scores keep to their historical norm."""

from datetime import datetime, timedelta

from fixtures.memory import Memory
from junzi_audit import Judge, obligation
from junzi_audit.measures import scores
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed


@obligation("heartbeat.bias-detection-drift")
def test_bias_audits_pass_and_scores_keep_to_their_norm(
    feed: Feed, memory: Memory, now: datetime, judge: Judge
) -> None:
    def shift() -> object:
        norm = memory("score-norm", propose=lambda: scores.norm(feed.decisions(now - 57 * DAY, now - DAY)))
        return scores.shift(feed.decisions(now - DAY, now), norm)

    judge(
        failed_bias_audits=lambda: scores.failed_audits(feed.bias_audits(now - timedelta(minutes=30), now)),
        score_shift=shift,
    )
