"""The non-central chi-square distribution equals scipy's, wherever drift may ask for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import special, stats

from junzi_audit.measures import noncentral


@given(t=some.floats(1e-3, 5e4), degrees=some.integers(1, 63), share=some.floats(0.0, 2.0))
@settings(max_examples=300, deadline=None)
def test_it_equals_scipys(t: float, degrees: int, share: float) -> None:
    noncentrality = share * (t + 50)

    found = noncentral.distribution(t, degrees, noncentrality)

    assert found == pytest.approx(
        stats.ncx2.cdf(t, degrees, noncentrality) if noncentrality else stats.chi2.cdf(t, degrees), abs=1e-9
    )


@given(order=some.floats(0.5, 3e4), x=some.floats(1e-3, 3e4))
@settings(max_examples=300, deadline=None)
def test_the_incomplete_gamma_function_equals_scipys(order: float, x: float) -> None:
    assert noncentral.lower_gamma(order, x) == pytest.approx(float(special.gammainc(order, x)), abs=1e-10)


@pytest.mark.parametrize(
    ("t", "degrees", "share"), [(9.0, 9, 0.05), (30.0, 9, 0.95), (4000.0, 19, 0.05), (45_000.0, 9, 0.5)]
)
def test_the_noncentrality_at_a_share_has_that_share(t: float, degrees: int, share: float) -> None:
    found = noncentral.noncentrality_at(t, degrees, share)

    assert noncentral.distribution(t, degrees, found) == pytest.approx(share, abs=1e-9)


def test_without_any_noncentrality_a_share_that_is_less_gives_none() -> None:
    assert noncentral.noncentrality_at(1.0, 9, 0.95) == 0
    assert noncentral.distribution(0.0, 9, 3.0) == 0
