"""Daily tasks, row 3: no group is flagged, or wrongly flagged, much more than another."""

from datetime import datetime
from functools import partial

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.evidence.ledger import Ledger
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import decided, fairness, overview, streams, weighing
from junzi_audit.model import DAY
from junzi_audit.probes.decisions import Decisions
from junzi_audit.probes.scanned import Groups
from junzi_audit.seen import counts

RECENT, MATURING, NORMAL = 28 * DAY, 14 * DAY, 90 * DAY
Readings = dict[str, Measurement | Unseen]


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

    def over_time(name: str, seen: Groups, readings: Readings) -> Readings:
        return decided.whole(watched.weigh(name, readings), seen.counts, seen.hole)

    judge(
        selection_rate_gap=over_time("selection_rate_gap", recent, fairness.across(
            fairness.selection_rate_gap, recent.counts, baseline=known, tolerance=limits["selection_rate_gap"]
        )),
        equalized_odds_gap=over_time("equalized_odds_gap", matured, overview.beside(fairness.across(
            fairness.equalized_odds_gap, matured.counts, baseline=known, tolerance=limits["equalized_odds_gap"]
        ), matured.counts)),
        gap_growth=lambda: over_time("gap_growth", recent, fairness.across(
            fairness.gap_growth, recent.counts, baseline=counts.from_json(memory("group-counts", propose=normal)),
            tolerance=limits["gap_growth"],
        )),
        rewritten_days=streams.rewritten(past.rewritten, compared=past.compared, known=past.days),
    )  # fmt: skip
