"""Streams over days: what breaches is evidence on a yearly budget, what assures is the interval, and both are shown."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from junzi_audit.findings import Measurement, Unseen, census
from junzi_audit.measures import budgets, streams, weighing
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.looks import Cell, Look, among
from tests.counting import Decision, count
from tests.judging import verdict

START, DAYS = date(2026, 1, 1), 40
UNTIL = START + timedelta(days=DAYS - 1)
LIMITS = {"selection_rate_gap": 0.1, "equalized_odds_gap": 0.1, "gap_growth": 0.1}
INSIDE = Measurement(value=0.02, low=0.0, high=0.05, n=1000)
BEYOND = Measurement(value=0.2, low=0.15, high=0.25, n=1000)


def looks(rates: dict[str, float], *, size: int = 150, days: int = DAYS, seed: int = 3) -> tuple[Look, ...]:
    draw = random.Random(seed)

    def cells() -> tuple[Cell, ...]:
        hits = Counter((group, draw.random() < rate) for group, rate in rates.items() for _ in range(size))
        return tuple(Cell(group=group, size=1, hits=int(hit), clusters=n) for (group, hit), n in sorted(hits.items()))

    return tuple(Look(day=START + timedelta(days=day), cells=cells()) for day in range(days))


def watched(rates: dict[str, float], **more: int) -> streams.Watched:
    return weighing.Watched(
        streams={"gap": streams.parity({"party": looks(rates, **more)}, tolerance=0.1, until=UNTIL)}
    )


def weighed(rates: dict[str, float], reading: Measurement | Unseen, **more: int) -> Measurement | Unseen:
    return watched(rates, **more).weigh("gap", {"party": reading})["party"]


def test_a_gap_beyond_its_tolerance_breaches_by_evidence() -> None:
    found = weighed({"a": 0.3, "b": 0.55}, BEYOND)
    assert isinstance(found, Measurement)
    assert found.evidence is not None
    assert (found.evidence.breaches, found.evidence.threshold, found.evidence.looks) == (True, 7300, DAYS)
    assert verdict(found, "<= 0.1") is Verdict.BREACHED
    assert "rank 1" in found.detail


def test_one_look_beyond_the_tolerance_is_not_enough_where_looks_are_repeated() -> None:
    found = weighed({"a": 0.3, "b": 0.3}, BEYOND)
    assert verdict(found, "<= 0.1") is Verdict.INCONCLUSIVE
    assert verdict(BEYOND, "<= 0.1") is Verdict.BREACHED


def test_evidence_beyond_the_watch_withdraws_assurance() -> None:
    found = weighed({"a": 0.3, "b": 0.44}, INSIDE, days=14)
    assert isinstance(found, Measurement)
    assert found.evidence is not None
    assert budgets.WATCH <= found.evidence.value < found.evidence.threshold
    assert verdict(found, "<= 0.1") is Verdict.INCONCLUSIVE
    assert verdict(weighed({"a": 0.3, "b": 0.32}, INSIDE), "<= 0.1") is Verdict.MET


def test_a_breach_stays_though_the_last_days_are_fair() -> None:
    bad, good = looks({"a": 0.3, "b": 0.6}, days=20), looks({"a": 0.3, "b": 0.3})[20:]
    stream = streams.parity({"party": (*bad, *good)}, tolerance=0.1, until=UNTIL)
    found = weighing.Watched(streams={"gap": stream}).weigh("gap", {"party": INSIDE})["party"]
    assert isinstance(found, Measurement)
    assert found.evidence is not None
    assert found.evidence.value < found.evidence.reached
    assert verdict(found, "<= 0.1") is Verdict.BREACHED


def test_groups_too_small_for_one_look_are_still_found_by_many() -> None:
    few = Unseen(cause=Cause.TOO_FEW, detail="fewer than two groups are large enough")
    found = weighed({"a": 0.1, "b": 0.8}, few, size=8)
    assert verdict(found, "<= 0.1") is Verdict.BREACHED
    assert isinstance(weighed({"a": 0.3, "b": 0.3}, few, size=8), Unseen)


def test_odds_are_compared_within_each_outcome_only() -> None:
    rates = {among("a", True): 0.9, among("b", True): 0.9, among("a", False): 0.1, among("b", False): 0.1}
    fair = streams.odds({"party": looks(rates)}, tolerance=0.1, until=UNTIL)["party"].history.points[-1]
    unfair = streams.odds({"party": looks({**rates, among("b", False): 0.4})}, tolerance=0.1, until=UNTIL)
    assert fair.m < budgets.WATCH
    assert unfair["party"].history.points[-1].m > 7300


def test_growth_is_held_against_the_stored_difference() -> None:
    rows = [
        Decision(cluster=f"{name}{at}", selected=at % 10 < hits, outcome=None, groups=(name,))
        for name, hits in (("a", 3), ("b", 5)) for at in range(500)
    ]  # fmt: skip
    stored = count(rows, ("party",))

    def evidence(rates: dict[str, float]) -> float:
        found = streams.growth({"party": looks(rates)}, baseline=stored, tolerance=0.1, until=UNTIL)
        return max(point.m for point in found["party"].history.points)

    assert evidence({"a": 0.3, "b": 0.5}) < budgets.WATCH < 7300 < evidence({"a": 0.3, "b": 0.75})
    new = streams.growth({"party": looks({"c": 0.3, "d": 0.9})}, baseline=stored, tolerance=0.1, until=UNTIL)
    assert new == {}, "groups that the baseline does not know have not grown apart: the gap itself judges them"


def test_every_figure_over_time_has_its_table() -> None:
    found = weighed({"a": 0.3, "b": 0.36}, INSIDE)
    over_time, against = found.exhibits[-2:]
    assert [row[0] for row in over_time.rows] == [(START + timedelta(days=day)).isoformat() for day in range(DAYS)]
    assert over_time.rows[-1][2] == pytest.approx(0.06, abs=0.03)
    assert against.chart is not None
    assert (against.chart.limit, len(against.rows)) == (7300, DAYS)


def test_the_duty_s_streams_are_watched_together() -> None:
    selection = {"party": looks({"a": 0.3, "b": 0.55}), "region": looks({"n": 0.3, "s": 0.3})}
    found = streams.watched(selection, {}, baseline=None, limits=LIMITS, until=UNTIL)
    readings = found.weigh("selection_rate_gap", {"party": BEYOND, "region": INSIDE, "role": INSIDE})
    assert [verdict(readings[name], "<= 0.1").value for name in readings] == ["BREACHED", "MET", "MET"]
    assert "rank" not in readings["region"].detail
    assert found.weigh("equalized_odds_gap", {"party": INSIDE}) == {"party": INSIDE}
    assert weighing.NONE.weigh("selection_rate_gap", {"party": BEYOND}) == {"party": BEYOND}


def test_a_first_look_notes_days_and_a_later_one_names_the_changed() -> None:
    assert verdict(streams.rewritten([], compared=0, known=41)) is Verdict.MET
    assert verdict(streams.rewritten([], compared=0, known=0)) is Verdict.INCONCLUSIVE
    found = streams.rewritten([START, UNTIL], compared=40, known=41)
    assert verdict(found) is Verdict.BREACHED
    assert "2026-01-01, 2026-02-09" in found.detail
    assert isinstance(found, type(census(0, n=1)))


def test_decisions_that_prove_wrong_more_often_breach_whatever_their_group() -> None:
    def error_growth(false_positives: float, **baseline: int) -> Measurement | Unseen:
        rates = {
            among("a", True): 0.9,
            among("b", True): 0.9,
            among("a", False): 0.1,
            among("b", False): false_positives,
        }
        stored = {"wrong": 1000, "known": 10_000, **baseline}
        return streams.error_growth(looks(rates), **stored, tolerance=0.05, until=UNTIL)

    assert verdict(error_growth(0.1), "<= 0.05") is Verdict.MET
    assert verdict(error_growth(0.5), "<= 0.05") is Verdict.BREACHED
    assert verdict(error_growth(0.5, wrong=10, known=50), "<= 0.05") is not Verdict.BREACHED, "chance in it excuses"
    assert verdict(error_growth(0.1, known=0, wrong=0), "<= 0.05") is Verdict.INCONCLUSIVE
    assert isinstance(streams.error_growth((), wrong=1, known=10, tolerance=0.05, until=UNTIL), Unseen)
