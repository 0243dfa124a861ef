"""Daily tasks, row 6: no dispute waits longer than promised, and none is closed without a ruling."""

from datetime import datetime

from junzi_audit import Judge, obligation
from junzi_audit.measures import disputes as measures
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed
from junzi_audit.targets import Target


@obligation("daily.user-disputes")
def test_no_dispute_waits_longer_than_promised(feed: Feed, target: Target, now: datetime, judge: Judge) -> None:
    disputes = feed.disputes(now - 120 * DAY, now)
    calendar = measures.BusinessDays(weekend=target.calendar.weekend, holidays=target.calendar.holidays)

    judge(
        unacknowledged=measures.unacknowledged(disputes, now),
        past_due=measures.past_due(disputes, calendar, now),
        not_escalated=measures.not_escalated(disputes, calendar, now),
        closed_without_ruling=measures.closed_without_ruling(disputes),
    )
