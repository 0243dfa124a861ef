"""Daily tasks, row 3: no group is flagged, or wrongly flagged, much more than another."""

from datetime import datetime
from functools import partial

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.evidence.ledger import Ledger
from junzi_audit.measures import decided, fairness, overview, streams, weighing
from junzi_audit.model import DAY
from junzi_audit.probes.decisions import Decisions
from junzi_audit.seen import counts

RECENT, MATURING, NORMAL = 28 * DAY, 14 * DAY, 90 * DAY


@obligation("daily.bias-drift")
def test_no_group_is_flagged_much_more_than_another(
    decisions: Decisions, memory: Memory, ledger: Ledger, limits: Limits, now: datetime, judge: Judge
) -> None:
    def normal() -> Draft:
        since, until = now - RECENT - NORMAL, now - RECENT
        seen = decisions.groups(since, until).counts
        if not decisions.timed:
            return Draft(value=counts.to_json(seen), n=seen.rows)
        return Draft(value=counts.to_json(seen), n=seen.rows, since=since, until=until)

    stored = memory("group-counts", propose=normal, absent={})
    known = counts.from_json(stored) if stored else None
    recent = decisions.groups(now - RECENT, now, holes=True)
    matured = decisions.groups(now - RECENT - MATURING, now - MATURING, maturity=MATURING, holes=True)

    past = ledger.recall(partial(decisions.looks, maturity=MATURING), decisions.reach)
    watched = weighing.NONE
    if decisions.timed:
        watched = streams.watched(past.selection, past.odds, baseline=known, limits=limits, until=past.until)

    judge(
        selection_rate_gap=decided.whole(
            watched.weigh(
                "selection_rate_gap",
                fairness.across(
                    fairness.selection_rate_gap, recent.counts, baseline=known, tolerance=limits["selection_rate_gap"]
                ),
            ),
            recent.counts,
            recent.hole,
        ),
        equalized_odds_gap=decided.whole(
            watched.weigh(
                "equalized_odds_gap",
                overview.beside(
                    fairness.across(
                        fairness.equalized_odds_gap,
                        matured.counts,
                        baseline=known,
                        tolerance=limits["equalized_odds_gap"],
                    ),
                    matured.counts,
                ),
            ),
            matured.counts,
            matured.hole,
        ),
        gap_growth=lambda: decided.whole(
            watched.weigh(
                "gap_growth",
                fairness.across(
                    fairness.gap_growth,
                    recent.counts,
                    baseline=counts.from_json(memory("group-counts", propose=normal)),
                    tolerance=limits["gap_growth"],
                ),
            ),
            recent.counts,
            recent.hole,
        ),
        rewritten_days=streams.rewritten(past.rewritten, compared=past.compared, known=past.days),
    )
