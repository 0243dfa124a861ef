"""Counted decisions that do not stand for all of them: the reading is told, and never assures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from junzi_audit.findings import Unseen
from junzi_audit.measures import decided, fairness
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.counts import Counts, Excluded
from tests.grouped import table
from tests.judging import verdict

MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE


def judged(hits: tuple[int, int], left: dict[str, int] | None = None, hole: Unseen | None = None) -> Verdict:
    whole = table({"a": (5000, hits[0]), "b": (5000, hits[1])})
    told = tuple(Excluded(reason=reason, rows=rows) for reason, rows in (left or {}).items())
    attribute = replace(whole.of("party"), excluded=told)
    counts = Counts(rows=10_000 + sum(each.rows for each in told), attributes=(attribute,))
    readings = fairness.across(fairness.selection_rate_gap, counts, baseline=whole, tolerance=0.1)
    return verdict(decided.whole(readings, counts, hole), "<= 0.1")


@pytest.mark.parametrize(("hits", "expected"), [((0, 0), INCONCLUSIVE), ((5000, 5000), INCONCLUSIVE), ((1, 0), MET)])
def test_nobody_or_everybody_selected_tells_of_no_group(hits: tuple[int, int], expected: Verdict) -> None:
    assert judged(hits) is expected


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ({}, MET),
        ({"no group value": 555}, MET),
        ({"no group value": 556}, INCONCLUSIVE),
        ({"no decision": 300, "no entity": 300}, INCONCLUSIVE),
        ({"no time": 90_000}, MET),
    ],
)
def test_what_is_left_out_of_an_attribute_may_hide_a_gap(left: dict[str, int], expected: Verdict) -> None:
    assert judged((1000, 1000), left) is expected


def test_a_breach_in_what_is_told_stays_one() -> None:
    hole = Unseen(cause=Cause.STALE, detail="a day is missing")
    assert judged((1000, 1000), hole=hole) is INCONCLUSIVE
    assert judged((4000, 1000), {"no group value": 5000}, hole) is BREACHED
