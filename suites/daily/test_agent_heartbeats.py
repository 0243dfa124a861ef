"""Daily tasks, row 4: no agent fell silent in the last day."""

from datetime import datetime

from junzi_audit import Judge, obligation
from junzi_audit.measures import heartbeats
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed
from junzi_audit.targets import Target


@obligation("daily.agent-heartbeats")
def test_no_agent_fell_silent_in_the_last_day(feed: Feed, target: Target, now: datetime, judge: Judge) -> None:
    beats = feed.beats(now - DAY, now)
    gaps = heartbeats.longest_gaps(beats, target.agents, now - DAY, now)

    judge(longest_gap=gaps, agents_missing=heartbeats.missing(list(gaps), target.agents))
