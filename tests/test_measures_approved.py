"""An approved model comes back from its record as it was, and is refused when it is none."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from junzi_audit.measures import approved
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.scanned import Categories
from junzi_audit.seen.histograms import Histogram
from junzi_audit.seen.looks import Cell, Look, among
from tests.counting import Decision, count

ROWS = [
    Decision(
        cluster=f"e{n // 4}", selected=n % 3 == 0, outcome=None if n % 5 == 0 else n % 2 == 0, groups=("ab"[n % 2],)
    )
    for n in range(400)
]
COUNTS = count(ROWS, ("party",))
SCORES = {"score": Histogram(low=0, high=1, counts=(1, 2, 3), missing=4)}
LABELLED = Look(
    day=date(2026, 1, 1),
    cells=tuple(
        Cell(group=among("all", yes), size=1, hits=int(hit), clusters=n)
        for (yes, hit), n in Counter((r.outcome, r.selected) for r in ROWS if r.outcome is not None).items()
    ),
)
KINDS = {"party": Categories(counts={"a": 6, "b": 2}, missing=2)}


def stored() -> dict[str, Any]:
    made = json.loads(json.dumps(approved.to_json(SCORES, KINDS, len(ROWS), (LABELLED,), {"found": 3})))
    assert isinstance(made, dict)
    return made


def test_a_model_comes_back_as_it_was() -> None:
    model = approved.from_json(stored())
    ruled = [row for row in ROWS if row.outcome is not None]
    assert (model.histograms, model.counted) == (SCORES, {"party": {"a": 6, "b": 2}})
    assert model.missing == {"score": (4, 400), "party": (2, 400)}
    assert (model.known, model.wrong) == (len(ruled), sum(row.selected is not row.outcome for row in ruled))
    assert model.validation == {"found": 3}


@pytest.mark.parametrize("change", [{"histograms": 3}, {"rows": "x"}, {"categories": {"p": {}}}, {"wrong": None}])
def test_what_is_no_model_is_no_baseline(change: dict[str, Any]) -> None:
    with pytest.raises(Unobservable, match="not one") as caught:
        approved.from_json({**stored(), **change})
    assert caught.value.cause is Cause.NO_BASELINE


def test_records_of_one_entity_are_worth_less_than_as_many_entities() -> None:
    assert approved.per_cluster(COUNTS) == pytest.approx(2.0), "four records of an entity, two in each group"
    assert 1.0 <= approved.design_effect(COUNTS) <= 2.0
    assert approved.per_cluster(count([], ())) == approved.design_effect(count([], ())) == 1.0
