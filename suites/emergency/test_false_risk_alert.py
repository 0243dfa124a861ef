"""Emergency procedures, row 4: a false alert is withdrawn, corrected in public, and everybody told."""

from fixtures.drills import Hold
from junzi_audit import Judge, obligation
from junzi_audit.drills import false_alert
from junzi_audit.measures import drilled


@obligation("emergency.false-risk-alert")
def test_a_false_alert_is_withdrawn_and_corrected(drill: Hold, judge: Judge) -> None:
    judge(**drilled.figures(drill(false_alert.story)))
