"""Daily tasks, row 3: no group is flagged, or wrongly flagged, much more than another."""

from datetime import datetime

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Judge, counts, obligation
from junzi_audit.measures import fairness
from junzi_audit.model import DAY
from junzi_audit.probes.decisions import Decisions

RECENT, MATURING, NORMAL = 28 * DAY, 14 * DAY, 90 * DAY


@obligation("daily.bias-drift")
def test_no_group_is_flagged_much_more_than_another(
    decisions: Decisions, memory: Memory, limits: Limits, now: datetime, judge: Judge
) -> None:
    def normal() -> dict[str, object]:
        return counts.to_json(decisions.groups(now - RECENT - NORMAL, now - RECENT).counts)

    recent = decisions.groups(now - RECENT, now).counts
    matured = decisions.groups(now - RECENT - MATURING, now - MATURING, maturity=MATURING).counts
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
