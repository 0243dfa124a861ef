"""Real-time monitoring, row 3: bias audits pass, and risk scores keep to their historical norm."""

from datetime import datetime, timedelta

from fixtures.memory import Memory
from junzi_audit import Judge, obligation
from junzi_audit.measures import coverage, scores
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed


@obligation("heartbeat.bias-detection-drift")
def test_bias_audits_pass_and_scores_keep_to_their_norm(
    feed: Feed, memory: Memory, now: datetime, judge: Judge
) -> None:
    def shift() -> object:
        norm = memory("score-norm", propose=lambda: scores.norm(feed.decisions(now - 57 * DAY, now - DAY)))
        today = feed.decisions(now - DAY, now)
        instants = [decision.calculated_at for decision in today]
        missing = coverage.gap(instants, now - DAY, now, what="scores", silence=DAY / 4)
        return coverage.whole(scores.shift(today, norm), missing)

    def failed() -> object:
        since = now - timedelta(minutes=30)
        return scores.failed_audits(feed.bias_audits(since, now), feed.decisions(now - DAY, now), since)

    judge(
        failed_bias_audits=failed,
        score_shift=shift,
    )
