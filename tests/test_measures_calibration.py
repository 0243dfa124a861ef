"""The same score is to mean the same for every group: judged band by band, small bands named."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.calibration import calibration_gap
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.counts import Counts
from tests.counting import Decision, count
from tests.grouped import Sizes, labelled, table
from tests.judging import verdict

RUNS = 200


def banded(shares: Sizes) -> Counts:
    """(decisions, outcome = yes) of each group and band; nobody is selected."""
    return labelled(
        {name: (yes, 0) for name, (_, yes) in shares.items()},
        {name: (n - yes, 0) for name, (n, yes) in shares.items()},
        "party x band",
    )


def gap(counts: Counts, baseline: Counts | None = None, tolerance: float = 0.1) -> Measurement:
    found = calibration_gap(counts, "party x band", tolerance=tolerance, baseline=baseline)
    assert isinstance(found, Measurement)
    return found


STEADY = {"Blue x 0-5": (900, 180), "Red x 0-5": (900, 190), "Blue x 5-10": (900, 600), "Red x 5-10": (900, 610)}


def test_equal_shares_in_each_band_are_met_though_the_groups_differ_in_all() -> None:
    mixed = {"Blue x 0-5": (3000, 600), "Red x 0-5": (900, 180), "Blue x 5-10": (900, 600), "Red x 5-10": (3000, 2000)}
    assert verdict(gap(banded(mixed)), "<= 0.1") is Verdict.MET
    assert verdict(gap(banded(STEADY)), "<= 0.1") is Verdict.MET


def test_a_score_that_means_less_for_one_group_is_breached_and_named() -> None:
    found = gap(banded({**STEADY, "Red x 5-10": (900, 300)}))
    assert found.value == pytest.approx(1 / 3)
    assert verdict(found, "<= 0.1") is Verdict.BREACHED
    assert "share of outcome = yes in band 5-10 of Blue 0.667 against Red 0.333" in found.detail
    assert [shown.title for shown in found.exhibits] == [
        "share of outcome = yes in band 0-5 by party",
        "share of outcome = yes in band 5-10 by party",
    ]


def test_bands_are_never_compared_with_one_another_and_share_the_error() -> None:
    found = gap(banded(STEADY))
    assert found.value == pytest.approx(1 / 90)
    assert gap(banded({**STEADY, "Red x 5-10": (900, 300)})).low == pytest.approx(
        rates.newcombe(600, 900, 300, 900, 0.05 / 4)[0]
    )
    assert found.high == pytest.approx(rates.newcombe(610, 900, 600, 900, 0.05)[1])
    assert found.n == 3600


def test_a_small_band_is_named_and_not_judged() -> None:
    found = gap(banded({**STEADY, "Blue x 10": (20, 20), "Red x 10": (3, 0)}))
    assert found.value == pytest.approx(1 / 90)
    assert verdict(found, "<= 0.1") is Verdict.INCONCLUSIVE
    assert "Red (3 labelled decisions in band 10): INCONCLUSIVE, below its floor" in found.detail
    few = banded({"Blue x 1": (9, 3), "Red x 1": (9, 2)})
    nothing = calibration_gap(few, "party x band", tolerance=0.1, baseline=None)
    assert isinstance(nothing, Unseen)
    assert nothing.cause is Cause.TOO_FEW


def test_row_7_a_group_without_outcomes_in_a_band_is_undefined_there() -> None:
    both = {name: (size, 0) for name, size in {"Blue x 1": 500, "Red x 1": 500}.items()}
    counts = table({**both, "Green x 1": (500, 0)}, both, {}, "party x band")
    found = gap(counts)
    assert "Green (0 labelled decisions in band 1): no labelled decisions in band 1" in found.detail
    assert "500 without an outcome" in found.detail
    assert found.high == 1


def test_row_11_a_band_that_the_baseline_knows_and_nobody_scores_now_is_named() -> None:
    vanished = gap(banded(STEADY), banded({**STEADY, "Red x 10": (500, 400)}))
    assert "Red (0 labelled decisions in band 10): in the baseline, absent now" in vanished.detail
    assert (vanished.high, vanished.expected) == (1, pytest.approx(1 / 90))
    assert gap(banded(STEADY), banded(STEADY)).high < 0.1


def test_the_band_is_the_last_part() -> None:
    counts = labelled({"Blue x north x 1": (900, 0), "Red x south x 1": (900, 0)}, {}, "party x region x band")
    found = calibration_gap(counts, "party x region x band", tolerance=0.1, baseline=None)
    assert isinstance(found, Measurement)
    assert [row[0] for row in found.exhibits[0].rows] == ["Blue x north", "Red x south"]
    with pytest.raises(ValueError, match="such as 'party x band'"):
        calibration_gap(counts, "party", tolerance=0.1, baseline=None)
    with pytest.raises(ValueError, match="was not counted; did you mean 'party x region x band'"):
        calibration_gap(counts, "party x bands", tolerance=0.1, baseline=None)


def test_shares_equal_scikit_learns_calibration_curve() -> None:
    seed = np.random.default_rng(2)
    scores = {group: seed.uniform(0, 1, 1500) for group in ("Blue", "Red")}
    outcomes = {"Blue": seed.random(1500) < scores["Blue"], "Red": seed.random(1500) < scores["Red"] ** 2}
    rows = [
        Decision(cluster=f"{group}{at}", selected=False, outcome=bool(yes), groups=(f"{group} x {int(score * 5)}",))
        for group in scores
        for at, (score, yes) in enumerate(zip(scores[group], outcomes[group], strict=True))
    ]
    blue, red = (calibration_curve(outcomes[group], scores[group], n_bins=5)[0] for group in ("Blue", "Red"))
    assert gap(count(rows, ("party x band",))).value == pytest.approx(np.abs(blue - red).max(), abs=1e-9)


def test_at_the_tolerance_it_is_neither_met_nor_breached_more_often_than_promised() -> None:
    seed = np.random.default_rng(9)
    chances = {"Blue x 1": 0.2, "Red x 1": 0.2, "Blue x 2": 0.5, "Red x 2": 0.6, "Blue x 3": 0.8, "Red x 3": 0.8}
    seen = [gap(banded({name: (700, int(seed.binomial(700, p))) for name, p in chances.items()})) for _ in range(RUNS)]
    assert sum(one.high <= 0.1 for one in seen) / RUNS <= 0.05
    assert sum(one.low > 0.1 for one in seen) / RUNS <= 0.05
