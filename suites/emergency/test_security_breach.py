"""Emergency procedures, row 1: a critical breach is classified and escalated, and the public API frozen, in time."""

from fixtures.drills import Hold
from junzi_audit import Judge, obligation
from junzi_audit.drills import security_breach
from junzi_audit.measures import drilled


@obligation("emergency.security-breach")
def test_a_critical_breach_freezes_the_public_api_in_time(drill: Hold, judge: Judge) -> None:
    judge(**drilled.figures(drill(security_breach.story)))
