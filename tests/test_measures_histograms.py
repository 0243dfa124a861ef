"""Frozen histograms add up exactly, are cut by their baseline alone, and come back from storage as they went."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.seen.histograms import Histogram, from_json, quantile_cuts, rebinned, to_json

cells = st.lists(st.integers(0, 50), min_size=8, max_size=8).map(tuple)
histogram = st.builds(
    Histogram, low=st.just(0.0), high=st.just(1.0), counts=cells, below=st.integers(0, 9), above=st.integers(0, 9),
    missing=st.integers(0, 9),
)  # fmt: skip


@given(histogram, histogram, histogram)
def test_adding_is_exact_in_any_order(one: Histogram, two: Histogram, three: Histogram) -> None:
    assert (one + two) + three == three + (one + two) == two + (three + one)
    assert (one + two).n == one.n + two.n


def test_other_cells_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        Histogram(low=0, high=1, counts=(1, 2)) + Histogram(low=0, high=2, counts=(1, 2))


def test_the_digest_is_of_the_cells_alone() -> None:
    assert Histogram(low=0, high=1, counts=(1, 2)).digest == Histogram(low=0.0, high=1.0, counts=(3, 4), above=1).digest
    assert Histogram(low=0, high=1, counts=(1, 2)).digest != Histogram(low=0, high=1, counts=(1, 2, 3)).digest


@given(histogram, st.integers(2, 10))
def test_bins_keep_every_row_and_none_of_the_baseline_is_empty(baseline: Histogram, bins: int) -> None:
    cuts = quantile_cuts(baseline, bins)
    parts = rebinned(baseline, cuts)
    assert sum(parts) == baseline.n
    assert len(parts) <= bins
    assert not baseline.n or min(parts) > 0


def test_bins_of_a_smooth_baseline_are_its_quantiles() -> None:
    scores = np.random.default_rng(1).beta(2, 5, 100_000)
    baseline = Histogram(low=0, high=1, counts=tuple(np.histogram(scores, 1024, (0, 1))[0].tolist()))
    edges = [baseline.edges[cut] for cut in quantile_cuts(baseline)]
    assert edges == pytest.approx(np.quantile(scores, np.arange(1, 10) / 10).tolist(), abs=1 / 1024)


@given(histogram)
def test_a_stored_histogram_comes_back_the_same(found: Histogram) -> None:
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("counts", [1, -2]),
        ("counts", [1, 2.5]),
        ("below", True),
        ("low", 0.5),
        ("cells", "x"),
        ("surprise", 1),
        ("high", 0),
    ],
)
def test_a_stored_histogram_edited_by_hand_is_refused(key: str, value: object) -> None:
    stored = {**to_json(Histogram(low=0, high=1, counts=(1, 2))), key: value}
    with pytest.raises(ValueError, match=f"{key}|digest|surprise|histogram"):
        from_json(stored)
