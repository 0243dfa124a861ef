"""Every measure's point estimate is fairlearn's own, to 1e-9, wherever both are defined."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_difference,
    false_negative_rate,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score

from junzi_audit.findings import Measurement
from junzi_audit.measures import fairness
from junzi_audit.measures.overview import overview
from junzi_audit.measures.parity import selection_rate_ratio
from junzi_audit.seen.counts import Counts
from tests.counting import Decision, count

#: (true positives, false negatives, false positives, true negatives) of each group, as blocks of a log.
OUTCOMES = ((1, 1), (1, 0), (0, 1), (0, 0))
cells = st.lists(st.tuples(*[st.integers(40, 120)] * 4), min_size=2, max_size=5)


def log(groups: list[tuple[int, int, int, int]]) -> tuple[list[str], list[int], list[int], Counts]:
    """The group, label and decision of every record, and their counts."""
    rows = [
        (f"g{at}", label, chosen)
        for at, counts in enumerate(groups)
        for (label, chosen), times in zip(OUTCOMES, counts, strict=True)
        for _ in range(times)
    ]
    decisions = [
        Decision(cluster=str(at), selected=bool(chosen), outcome=bool(label), groups=(name,))
        for at, (name, label, chosen) in enumerate(rows)
    ]
    names, labels, chosen = (list(column) for column in zip(*rows, strict=True))
    return names, labels, chosen, count(decisions, ("party",))


def ours(measure: fairness.Gap, counts: Counts) -> float:
    found = measure(counts, "party", baseline=None, tolerance=0.5, family=1)
    assert isinstance(found, Measurement)
    assert found.low <= found.value <= found.high
    return found.value


@settings(deadline=None, max_examples=8)
@given(cells)
def test_every_gap_equals_fairlearn(groups: list[tuple[int, int, int, int]]) -> None:
    names, labels, chosen, counts = log(groups)
    given_ = {"y_true": labels, "y_pred": chosen, "sensitive_features": names}
    frame = MetricFrame(metrics={"missed": false_negative_rate, "right": precision_score}, **given_)
    apart = frame.difference()
    theirs = {
        fairness.selection_rate_gap: demographic_parity_difference(**given_),
        fairness.equalized_odds_gap: equalized_odds_difference(**given_),
        fairness.equal_opportunity_gap: equal_opportunity_difference(**given_),
        fairness.false_negative_rate_gap: apart["missed"],
        fairness.predictive_parity_gap: apart["right"],
        selection_rate_ratio: demographic_parity_ratio(**given_),
    }
    assert {measure: ours(measure, counts) for measure in theirs} == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None, max_examples=8)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=2, max_size=4))
def test_the_table_of_all_rates_equals_fairlearn_where_defined(
    groups: list[tuple[int, int, int, int]],
) -> None:
    assume(all(sum(each) for each in groups))
    names, labels, chosen, counts = log(groups)
    metrics = {
        "selection rate": selection_rate,
        "true positive rate": true_positive_rate,
        "false positive rate": false_positive_rate,
        "false negative rate": false_negative_rate,
        "precision": lambda true, said: precision_score(true, said, zero_division=np.nan),
        "base rate": lambda true, said: float(np.mean(true)),
    }
    frame = MetricFrame(metrics=metrics, y_true=labels, y_pred=chosen, sensitive_features=names).by_group
    shown = overview(counts, "party")
    for row in shown.rows:
        cell = dict(zip(shown.columns, row, strict=True))
        tp, fn, fp, tn = groups[int(str(cell["group"])[1:])]
        defined = dict.fromkeys(metrics, True) | {
            "true positive rate": tp + fn > 0,
            "false negative rate": tp + fn > 0,
            "false positive rate": fp + tn > 0,
            "precision": tp + fp > 0,
        }
        for name in metrics:
            expected = pytest.approx(frame.loc[cell["group"], name], abs=1e-9) if defined[name] else None
            assert cell[name] == expected
            assert (f"{name} undefined" in str(cell["note"])) is not defined[name]
