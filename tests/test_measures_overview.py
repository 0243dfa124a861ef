"""One table tells every rate of every group; what is undefined has no figure."""

from __future__ import annotations

import pytest

from junzi_audit.measures import rates
from junzi_audit.measures.overview import overview
from tests.counting import Decision, count
from tests.grouped import labelled, table


def test_every_rate_of_every_group() -> None:
    shown = overview(labelled({"a": (400, 300), "b": (500, 200)}, {"a": (600, 60), "b": (500, 100)}), "party")
    assert shown.title == "Fairness rates by party"
    assert shown.columns == (
        "group", "decisions", "with an outcome", "selection rate", "low", "high", "true positive rate",
        "false positive rate", "false negative rate", "precision", "base rate", "note",
    )  # fmt: skip
    low, high = rates.wilson(360, 1000, 0.05)
    assert shown.rows[0] == ("a", 1000, 1000, 0.36, low, high, 0.75, 0.1, 0.25, pytest.approx(300 / 360), 0.4, "")
    assert shown.chart is not None
    assert (shown.chart.label, shown.chart.value, shown.chart.low, shown.chart.high) == (0, 3, 4, 5)


def test_row_7_undefined_rates_have_no_figure_and_a_note() -> None:
    (row,) = overview(table({"a": (100, 0)}, {}, {"a": (60, 0)}), "party").rows
    assert row[6:11] == (None, 0, None, None, 0)
    assert row[-1] == (
        "no positives: true positive rate undefined; no positives: false negative rate undefined; "
        "no labelled selections: precision undefined"
    )


def test_a_rate_of_few_records_shows_its_interval() -> None:
    (row,) = overview(labelled({"a": (400, 6)}, {"a": (400, 6)}), "party").rows
    low, high = rates.wilson(6, 12, 0.05)
    assert row[-1] == f"precision {low:.2f} to {high:.2f} (12 labelled selections)"


def test_the_interval_is_of_what_the_records_are_worth() -> None:
    rows = [
        Decision(cluster=str(at // 10), selected=at // 10 % 2 == 0, outcome=None, groups=("a",)) for at in range(900)
    ]
    shown = overview(count(rows, ("party",)), "party").rows[0]
    low, high = rates.wilson(450, 900, 0.05)
    assert isinstance(shown[4], float)
    assert isinstance(shown[5], float)
    assert shown[5] - shown[4] > 2 * (high - low)


def test_an_attribute_that_was_not_counted_is_told() -> None:
    with pytest.raises(ValueError, match="did you mean 'party'"):
        overview(table({"a": (10, 5)}), "patry")
