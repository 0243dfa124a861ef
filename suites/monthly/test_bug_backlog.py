"""Monthly tasks, row 3: no known bug is past its service level, untriaged, or one of ever more."""

from datetime import datetime

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.declared.upkeep import Tracker as Table
from junzi_audit.measures import backlog
from junzi_audit.probes.tracker import Tracker


@obligation("monthly.bug-backlog")
def test_no_known_bug_is_forgotten(
    tracker: Tracker, tracker_table: Table, memory: Memory, limits: Limits, now: datetime, judge: Judge
) -> None:
    since = now - backlog.TREND
    tickets = tracker.tickets(since, now)
    trend = backlog.by_week(tickets, now)

    def normal() -> Draft:
        return Draft(value=backlog.normal(trend), n=len(tickets), since=since, until=now)

    judge(
        tickets_past_due=backlog.past_due(tickets, tracker_table.days, now),
        untriaged_share=backlog.untriaged(tickets),
        backlog_growth=lambda: backlog.growth(
            trend, memory("backlog", propose=normal), n=len(tickets), limit=limits["backlog_growth"]
        ),
    )
