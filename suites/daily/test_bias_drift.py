"""Daily tasks, row 3: no group is flagged, or wrongly flagged, much more than another."""

from datetime import datetime

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Judge, obligation
from junzi_audit.measures import counts, fairness
from junzi_audit.model import DAY
from junzi_audit.probes.decisions import FileDecisions, NodeDecisions

RECENT, MATURING, NORMAL = 28 * DAY, 14 * DAY, 90 * DAY


@obligation("daily.bias-drift")
def test_no_group_is_flagged_much_more_than_another(
    decisions: NodeDecisions | FileDecisions, memory: Memory, limits: Limits, now: datetime, judge: Judge
) -> None:
    def counted(since: datetime, until: datetime) -> counts.Counts:
        return counts.count(decisions.between(since, until), decisions.attributes)

    def normal() -> dict[str, object]:
        return counts.to_json(counted(now - RECENT - NORMAL, now - RECENT))

    recent, matured = counted(now - RECENT, now), counted(now - RECENT - MATURING, now - MATURING)
    stored = memory("group-counts", propose=normal, absent={})
    known = counts.from_json(stored) if stored else None

    judge(
        selection_rate_gap=fairness.across(
            fairness.selection_rate_gap, recent, baseline=known, tolerance=limits["selection_rate_gap"]
        ),
        equalized_odds_gap=fairness.across(
            fairness.equalized_odds_gap, matured, baseline=known, tolerance=limits["equalized_odds_gap"]
        ),
        gap_growth=lambda: fairness.across(
            fairness.gap_growth,
            recent,
            baseline=counts.from_json(memory("group-counts", propose=normal)),
            tolerance=limits["gap_growth"],
        ),
    )
