"""Judging: readings against bounds, and the words for what came of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.findings import Evidence, Measurement, Reading, Unseen, census
from junzi_audit.limits import judge, reason_of, verdict_of
from junzi_audit.model import Bound, Cause, Limit, Unobservable, Verdict, worst
from junzi_audit.plan import load
from junzi_audit.verdicts import judged
from tests.synthetic import ROOT

FIGURES = st.floats(allow_nan=False)


def limit(bound: str = "<= 1", unit: str = "items") -> Limit:
    comparator, value = bound.split()
    return Limit(name="bad", bound=Bound(comparator=comparator, value=float(value)), unit=unit, meaning="m", source="s")


def estimate(low: float, value: float, high: float, *, missing: int = 0, detail: str = "") -> Measurement:
    return Measurement(value=value, low=low, high=high, n=10, missing=missing, detail=detail)


@pytest.mark.parametrize(
    ("bound", "met", "breached"),
    [("<= 1", 1, 1.0001), ("< 1", 0.9999, 1), (">= 1", 1, 0.9999), ("> 1", 1.0001, 1)],
)
def test_a_bound_holds_up_to_its_edge(bound: str, met: float, breached: float) -> None:
    assert judge(limit(bound), census(met, n=1))[0].verdict is Verdict.MET
    assert judge(limit(bound), census(breached, n=1))[0].verdict is Verdict.BREACHED


@pytest.mark.parametrize(
    ("low", "value", "high", "verdict"),
    [
        (0, 0.5, 1, Verdict.MET), (1.1, 2, 3, Verdict.BREACHED), (0, 0.5, 1.1, Verdict.INCONCLUSIVE),
        (0.5, 2, 3, Verdict.INCONCLUSIVE), (1, 2, 3, Verdict.INCONCLUSIVE),
        (-math.inf, 0, math.inf, Verdict.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_an_estimate_is_met_or_breached_only_as_a_whole(
    low: float, value: float, high: float, verdict: Verdict
) -> None:
    assert judge(limit(), estimate(low, value, high))[0].verdict is verdict


@pytest.mark.parametrize(
    ("low", "high", "value", "reached", "verdict", "words"),
    [
        (0, 0.5, 1, 2, Verdict.MET, ""),
        (0, 0.5, 20, 20, Verdict.INCONCLUSIVE, "is 20 of the 7,300 that breach, enough to withhold assurance"),
        (2, 3, 1, 2, Verdict.INCONCLUSIVE, "the evidence over 40 looks is 1 of the 7,300 that breach"),
        (0.5, 2, 1, 2, Verdict.INCONCLUSIVE, "straddles"),
        (0, 0.5, 1, 7300, Verdict.BREACHED, "reached 7.3e+03 of the 7,300 that breach"),
        (2, 3, 1e9, 1e9, Verdict.BREACHED, "reached 1e+09"),
    ],
)
def test_with_evidence_only_evidence_breaches_and_only_the_interval_assures(
    low: float, high: float, value: float, reached: float, verdict: Verdict, words: str
) -> None:
    evidence = Evidence(value=value, reached=reached, threshold=7300, watch=20, looks=40)
    reading = Measurement(value=(low + high) / 2, low=low, high=high, n=10, evidence=evidence)
    judgement = judge(limit(), reading)[0]
    assert judgement.verdict is verdict
    assert words in judgement.reason


@given(value=FIGURES, bound=FIGURES, comparator=st.sampled_from(["<=", "<", ">=", ">"]))
def test_a_census_is_never_inconclusive(value: float, bound: float, comparator: str) -> None:
    one = Limit(name="x", bound=Bound(comparator=comparator, value=bound), unit="u", meaning="m", source="s")
    verdict = judge(one, census(value, n=1))[0].verdict
    assert verdict is (Verdict.MET if one.bound.holds(value) else Verdict.BREACHED)


@given(points=st.lists(FIGURES, min_size=3, max_size=3).map(sorted), bound=FIGURES)
def test_no_interval_is_met_and_breached(points: list[float], bound: float) -> None:
    low, value, high = points
    up, down = (
        judge(Limit(name="x", bound=Bound(comparator=c, value=bound), unit="u", meaning="m", source="s"),
              estimate(low, value, high))[0].verdict
        for c in ("<=", ">")
    )  # fmt: skip
    mirrored = {Verdict.MET: Verdict.BREACHED, Verdict.BREACHED: Verdict.MET}
    assert down is mirrored.get(up, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("reading", [census(0, n=0), census(math.nan, n=5), {}, {"a": census(0, n=0)}])
def test_nothing_looked_at_is_never_met(reading: Reading) -> None:
    (judgement,) = judge(limit(), reading)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert isinstance(judgement.reading, Unseen)
    assert judgement.reading.cause is Cause.TOO_FEW


def test_what_could_not_be_seen_keeps_its_cause() -> None:
    (judgement,) = judge(limit(), Unseen(cause=Cause.TIMED_OUT, detail="after 5 s"))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.reason == "bad could not be seen (timed out): after 5 s."


def test_each_stream_is_judged_and_the_worst_decides() -> None:
    judgements = judge(limit(), {"a": census(0, n=1), "b": census(2, n=1), "c": census(0, n=0)})
    assert [judgement.label for judgement in judgements] == ["bad[a]", "bad[b]", "bad[c]"]
    assert verdict_of(judgements) is Verdict.BREACHED


def test_the_reason_is_every_judgement_that_decided() -> None:
    judgements = judge(limit(), {"a": census(0, n=1), "b": census(2, n=1), "c": census(3, n=1, detail="x, y")})
    reason = reason_of(judgements)
    assert "bad[b] is 2" in reason
    assert "bad[c] is 3" in reason
    assert "x, y" in reason
    assert "bad[a]" not in reason
    assert "within" in reason_of(judgements[:1])


@pytest.mark.parametrize(("missing", "told"), [(120, "about 120 more records"), (0, "straddles the limit")])
def test_an_inconclusive_estimate_says_what_it_lacks(missing: int, told: str) -> None:
    (judgement,) = judge(limit(), estimate(0, 0.9, 2, missing=missing))
    assert told in judgement.reason
    assert "interval 0 to 2" in judgement.reason


def test_no_judgement_at_all_is_inconclusive() -> None:
    assert verdict_of(()) is Verdict.INCONCLUSIVE
    assert worst([]) is Verdict.INCONCLUSIVE


def test_unknown_outranks_met_and_a_breach_outranks_all() -> None:
    every = list(Verdict)
    assert worst(every) is Verdict.BREACHED
    every.remove(Verdict.BREACHED)
    assert worst(every) is Verdict.INCONCLUSIVE
    assert worst([Verdict.MET, Verdict.WAIVED]) is Verdict.WAIVED
    assert worst([Verdict.MET, Verdict.AWAITING, Verdict.OVERDUE]) is Verdict.OVERDUE


DUTY = next(duty for duty in load(ROOT / "obligations").obligations if len(duty.limits) == 2)
FIRST, SECOND = (each.name for each in DUTY.limits)


def test_judge_takes_exactly_the_declared_limits() -> None:
    with pytest.raises(TypeError, match=f"declares no limit '{FIRST}x'; did you mean '{FIRST}'"):
        judged(DUTY, {f"{FIRST}x": census(0, n=1)})
    with pytest.raises(TypeError, match=f"{DUTY.id} declares {SECOND} too"):
        judged(DUTY, {FIRST: census(0, n=1)})
    with pytest.raises(TypeError, match=f"{FIRST}: float is no reading"):
        judged(DUTY, {FIRST: 0.5, SECOND: census(0, n=1)})
    with pytest.raises(TypeError, match="dict is no reading"):
        judged(DUTY, {FIRST: {"a": 0.5}, SECOND: census(0, n=1)})


def test_a_lazy_reading_that_cannot_see_leaves_the_others_standing() -> None:
    def blind() -> Measurement:
        raise Unobservable(Cause.STALE, "yesterday's")

    judgements = judged(DUTY, {SECOND: lambda: census(0, n=1), FIRST: blind})
    assert [judgement.limit.name for judgement in judgements] == [FIRST, SECOND]
    assert isinstance(judgements[0].reading, Unseen)
    assert judgements[0].reading.cause is Cause.STALE
    assert isinstance(judgements[1].reading, Measurement)


@pytest.mark.parametrize(("low", "high"), [(math.nan, 2.0), (0.0, math.nan), (math.nan, math.nan)])
def test_an_interval_that_is_none_accuses_nobody_and_assures_nothing(low: float, high: float) -> None:
    (judgement,) = judge(limit(), Measurement(value=1.0, low=low, high=high, n=9))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert isinstance(judgement.reading, Unseen)
    assert judgement.reading.cause is Cause.UNDEFINED
