"""Emergency procedures, row 2: a bias anomaly is noticed, and what it touches withheld until the Council signs off."""

from fixtures.drills import Hold
from junzi_audit import Judge, obligation
from junzi_audit.drills import bias_anomaly
from junzi_audit.measures import drilled


@obligation("emergency.bias-anomaly")
def test_a_bias_anomaly_withholds_what_it_touches_and_nothing_else(drill: Hold, judge: Judge) -> None:
    judge(**drilled.figures(drill(bias_anomaly.story, scope=bias_anomaly.SCOPE)))
