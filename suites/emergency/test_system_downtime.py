"""Emergency procedures, row 3: a secondary takes over in time, and what was lost comes back from a backup."""

from collections.abc import Callable

from junzi_audit import Judge, obligation
from junzi_audit.measures import drilled
from junzi_audit.seen.drills import Drilled


@obligation("emergency.system-downtime")
def test_a_secondary_takes_over_in_time_and_nothing_is_lost(blackout: Callable[[], Drilled], judge: Judge) -> None:
    judge(**drilled.figures(blackout()))
