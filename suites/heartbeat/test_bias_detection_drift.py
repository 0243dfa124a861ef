"""Real-time monitoring, row 3: bias audits pass, and risk scores keep to their historical norm."""

from collections.abc import Callable
from datetime import datetime, timedelta

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import coverage, scores
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed


@obligation("heartbeat.bias-detection-drift")
def test_bias_audits_pass_and_scores_keep_to_their_norm(
    feed: Feed, memory: Memory, limits: Limits, now: datetime, judge: Judge
) -> None:
    def normal() -> Draft:
        since, until = now - 57 * DAY, now - DAY
        seen = feed.decisions(since, until)
        models = {decision.model_version for decision in seen}
        return Draft(value=scores.norm(seen), n=len(seen), since=since, until=until, model=models)

    def today(measured: Callable[..., Measurement | Unseen], **asked: float) -> object:
        norm = memory("score-norm", propose=normal)
        seen = feed.decisions(now - DAY, now)
        instants = [decision.calculated_at for decision in seen]
        missing = coverage.gap(instants, now - DAY, now, what="scores", silence=DAY / 4)
        return coverage.whole(measured(seen, norm, **asked), missing)

    def failed() -> object:
        since = now - timedelta(minutes=30)
        return scores.failed_audits(feed.bias_audits(since, now), feed.decisions(now - DAY, now), since)

    judge(
        failed_bias_audits=failed,
        score_shift=lambda: today(scores.shift),
        score_distribution=lambda: today(scores.distribution, tolerance=limits["score_distribution"]),
    )
