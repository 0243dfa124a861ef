"""The e-value of a claim is at most 1 on average while the claim holds, by enumeration, and grows when it does not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binom

from junzi_audit.measures import evalues
from junzi_audit.measures.evalues import Contrast, Floats, log_evalues, nearest
from junzi_audit.seen.looks import among

ZERO_ONE = np.array([0.0, 1.0])
PAIR = (1.0, -1.0)
unit = st.floats(0, 1)
inner = st.floats(0.01, 0.99)


def counts(hits: list[int], sizes: list[int]) -> Floats:
    """Times of the values 0 and 1, (G, 2)."""
    return np.array([[n - x, x] for x, n in zip(hits, sizes, strict=True)], float)


def expectation(
    means: list[list[float]], bets: list[float], weights: list[float], limit: float, kappas: tuple[float, ...] = (1.0,)
) -> float:
    """E[e] of 0/1 records with these means (one list per group), over every outcome; the largest over kappas."""
    flat = [mean for group in means for mean in group]
    outcomes = np.array(list(itertools.product((0, 1), repeat=len(flat))))
    chances = np.prod(np.where(outcomes == 1, flat, 1 - np.array(flat)), axis=1)
    ends = np.cumsum([0, *map(len, means)])
    hits = np.stack([outcomes[:, a:b].sum(1) for a, b in itertools.pairwise(ends)], axis=-1)
    times = np.stack([np.diff(ends) - hits, hits], axis=-1)
    logs = log_evalues(ZERO_ONE, times, bets, weights, limit, kappas)
    return float((chances @ np.exp(logs)).max())


@st.composite
def nulls(draw: st.DrawFn) -> tuple[list[list[float]], list[float], list[float], float]:
    """Groups whose records have unequal means, a bet, weights, and a limit that the true means keep, often exactly."""
    groups = draw(st.integers(1, 3))
    means = [draw(st.lists(unit, min_size=0 if groups > 1 else 1, max_size=3)) for _ in range(groups)]
    weights = [draw(st.sampled_from([-1.0, -0.8, -0.3, 0.2, 0.8, 1.0])) for _ in range(groups)]
    # A group without records may have any mean: the worst one must keep the claim as well.
    truth = [
        float(np.mean(group)) if group else float(weight < 0) for group, weight in zip(means, weights, strict=True)
    ]
    slack = draw(st.sampled_from([0.0, 1e-9, 0.05, 0.3]))
    return means, [draw(unit) for _ in range(groups)], weights, float(np.dot(weights, truth)) + slack


@settings(max_examples=300, deadline=None)
@given(nulls(), st.sampled_from([(1.0,), (1.0, 2.0, 4.0)]))
def test_no_claim_that_holds_gives_evidence_against_itself_on_average(
    null: tuple[list[list[float]], list[float], list[float], float], kappas: tuple[float, ...]
) -> None:
    means, bets, weights, limit = null
    if limit - sum(min(weight, 0) for weight in weights) < 1e-6:
        return
    assert expectation(means, bets, weights, limit, kappas) <= 1 + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nor_do_cluster_means_of_any_distribution(data: st.DataObject) -> None:
    values = np.array([0.0, 0.25, 0.5, 1.0])
    chances = [np.array(data.draw(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))) for _ in range(2)]
    chances = [part / part.sum() for part in chances]
    sizes = [data.draw(st.integers(1, 3)) for _ in range(2)]
    limit = float(chances[0] @ values - chances[1] @ values)
    bets = [max(0.0, limit) / 2 + 0.5, 0.3]
    pairs = list(itertools.product(*(itertools.product(range(4), repeat=n) for n in sizes)))
    times = np.array([[np.bincount(part, minlength=4) for part in pair] for pair in pairs])
    likely = [np.prod([chances[group][list(part)].prod() for group, part in enumerate(pair)]) for pair in pairs]
    total = likely @ np.exp(log_evalues(values, times, bets, PAIR, limit, evalues.CLUSTERED))
    assert (total <= 1 + 1e-9).all()


@given(st.lists(inner, min_size=1, max_size=4), st.data())
def test_the_nearest_means_lie_on_the_limit_from_the_side_that_keeps_the_proof(
    bets: list[float], data: st.DataObject
) -> None:
    weights = np.array([data.draw(st.sampled_from([-1.0, -0.5, 0.4, 1.0])) for _ in bets])
    sizes = np.array([data.draw(st.integers(1, 10_000)) for _ in bets])
    least = np.minimum(weights, 0).sum()
    value = float(weights @ np.array(bets))
    limit = least + data.draw(st.floats(0.05, 0.95)) * (value - least)
    q, slopes = nearest(bets, sizes, weights, limit)
    assert limit - 1e-12 <= weights @ q <= limit + 1e-6
    assert np.allclose(slopes * q * (1 - q), np.array(bets) - q, atol=1e-9)


def test_the_nearest_means_are_nearest() -> None:
    bets, sizes, weights, limit = np.array([0.5, 0.2, 0.4]), np.array([100, 50, 20]), np.array([1.0, -0.5, -0.5]), 0.1

    def distance(q: Floats) -> float:
        return float(sizes @ (bets * np.log(bets / q) + (1 - bets) * np.log((1 - bets) / (1 - q))))

    constraint = {"type": "ineq", "fun": lambda q: limit - weights @ q}
    found = minimize(distance, np.full(3, 0.3), bounds=[(0.01, 0.99)] * 3, constraints=constraint)
    assert np.allclose(nearest(bets, sizes, weights, limit)[0], found.x, atol=1e-3)


def test_evidence_grows_as_designed_at_a_gap_of_three_tolerances() -> None:
    # 2.307 nats a day at rates .40 and .25, 200 + 200 records, tolerance .05, by exact enumeration.
    hits = np.arange(201)
    one, two = np.meshgrid(hits, hits, indexing="ij")
    times = np.stack([np.stack([200 - x, x], axis=-1) for x in (one, two)], axis=-2)
    logs = log_evalues(ZERO_ONE, times, [0.40, 0.25], PAIR, 0.05)[..., 0]
    growth = binom.pmf(hits, 200, 0.40) @ logs @ binom.pmf(hits, 200, 0.25)
    assert growth == pytest.approx(2.307, abs=0.0005)


def test_one_group_gives_the_likelihood_ratio() -> None:
    logs = log_evalues(ZERO_ONE, counts([7], [100]), [0.06], [1.0], 0.02)
    assert logs[0] == pytest.approx(7 * np.log(0.06 / 0.02) + 93 * np.log(0.94 / 0.98))


@given(st.lists(unit, min_size=2, max_size=2), st.integers(0, 9), st.integers(0, 9))
def test_a_bet_on_means_that_keep_the_claim_gives_one(bets: list[float], x: int, y: int) -> None:
    limit = max(0.0, bets[0] - bets[1]) + 1e-5
    assert log_evalues(ZERO_ONE, counts([x, y], [9, 9]), bets, PAIR, limit, evalues.CLUSTERED) == pytest.approx(0)


@pytest.mark.parametrize("hits", [[0, 0], [50, 0], [0, 50], [50, 50]])
@pytest.mark.parametrize("bets", [[0.0, 1.0], [1.0, 0.0], [0.4, 0.2], [1e-12, 0.0]])
def test_rates_of_zero_and_one_stay_finite(hits: list[int], bets: list[float]) -> None:
    logs = log_evalues(ZERO_ONE, counts(hits, [50, 50]), bets, PAIR, 0.05, evalues.CLUSTERED)
    assert np.isfinite(logs).all()


def test_without_records_there_is_no_evidence() -> None:
    assert log_evalues(ZERO_ONE, counts([0, 0], [0, 0]), [0.9, 0.1], PAIR, 0.05)[0] == 0
    assert log_evalues(ZERO_ONE, counts([20, 0], [20, 0]), [0.9, 0.1], PAIR, 0.05)[0] == 0


def test_a_stratum_without_records_is_taken_at_its_worst() -> None:
    # Half of everything is unseen: it may be all wrong, so an error rate of .4 can never be excluded; .6 can.
    strata = {"seen": 500, "unseen": 500}
    none = counts([0, 0], [60, 0])
    for limit, evidence in ((0.4, False), (0.6, True)):
        claim = evalues.stratified_error(strata, limit)
        assert bool(log_evalues(ZERO_ONE, none, [0.01, 0.01], claim.weights, claim.limit)[0] > 1) is evidence


def test_an_audit_without_errors_needs_about_as_many_items_as_designed() -> None:
    # strata of 400/300/200/100, 10 % tolerated, no error found: 33 items at 95 %.
    claim = evalues.stratified_error({"a": 400, "b": 300, "c": 200, "d": 100}, 0.10)
    sizes = {33: [13, 10, 7, 3], 24: [10, 7, 5, 2]}
    e = {
        n: np.exp(log_evalues(ZERO_ONE, counts([0] * 4, each), [0.01] * 4, claim.weights, claim.limit)[0])
        for n, each in sizes.items()
    }
    assert e[33] >= 20 > e[24]


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_order_of_groups_and_the_split_of_values_change_nothing(x: int, y: int) -> None:
    straight = log_evalues(ZERO_ONE, counts([x, y], [30, 30]), [0.5, 0.3], PAIR, 0.05, evalues.CLUSTERED)
    turned = log_evalues(ZERO_ONE, counts([y, x], [30, 30]), [0.3, 0.5], (-1.0, 1.0), 0.05, evalues.CLUSTERED)
    split = np.array([[30 - x, x, 0], [30 - y, y - y // 2, y // 2]], float)
    assert np.allclose(straight, turned)
    assert np.allclose(straight, log_evalues([0.0, 1.0, 1.0], split, [0.5, 0.3], PAIR, 0.05, evalues.CLUSTERED))


def test_the_claims_of_the_table() -> None:
    assert [claim.weights for claim in evalues.share("errors", 0.02)] == [(1.0,)]
    assert len(evalues.parity("abc", 0.1)) == 6
    odds = evalues.equalized_odds("ab", 0.1)
    assert len(odds) == 4
    assert odds[0].groups == (among("a", True), among("b", True))
    assert {(claim.weights, claim.limit) for claim in evalues.four_fifths("ab")} == {((0.8, -1.0), 0.0)}
    edges = evalues.drift({"low": 0.02, "middle": 0.5}, 0.05)
    sides = [(claim.groups[0], claim.weights[0], round(claim.limit, 9)) for claim in edges]
    assert sides == [("low", 1.0, 0.07), ("middle", 1.0, 0.55), ("middle", -1.0, -0.45)]


@pytest.mark.parametrize(
    ("groups", "weights", "limit"),
    [((), (), 0.1), (("a",), (1.0, -1.0), 0.1), (("a",), (0.0,), 0.1), (("a",), (1.0,), 0.0), (("a",), (-1.0,), -1.0)],
)
def test_impossible_claims_are_refused(groups: tuple[str, ...], weights: tuple[float, ...], limit: float) -> None:
    with pytest.raises(ValueError, match="contrast"):
        Contrast(groups=groups, weights=weights, limit=limit)


def test_bets_keep_their_distance_where_rates_are_small() -> None:
    stack = evalues.stacked(evalues.parity("ab", 0.05), "ab")
    for p in (0.004, 0.02, 0.3, 0.99):
        for distance in (1.5, 2.0, 3.0):
            one, two = stack.bets(np.full(2, p), distance)[0]
            assert 0 < two < one < 1
            assert one - two == pytest.approx(distance * 0.05, abs=1e-9)


def test_claims_of_one_stream_speak_of_equally_many_groups() -> None:
    with pytest.raises(ValueError, match="equally many"):
        evalues.stacked([*evalues.parity("ab", 0.1), *evalues.share("a", 0.1)], "ab")


def test_the_average_of_e_values() -> None:
    logs = np.array([[-np.inf, -np.inf], [0.0, np.log(3)], [800.0, 800.0]])
    assert evalues.mean_of(logs).tolist() == pytest.approx([-np.inf, np.log(2), 800.0])


@pytest.mark.parametrize(("right", "crosses"), [(1.0, 8), (0.75, 14)])
def test_an_audit_crosses_where_the_published_tests_do(right: float, crosses: int) -> None:
    # SHANGRLA's unit tests (its published figures): estimate .75 held fixed, half may be wrong, alpha .05.
    logs = evalues.log_audit(np.full(20, 1 - right), population=10**9, limit=0.5, expected=0.25, trust=1e12)
    assert int((logs >= np.log(20)).argmax()) + 1 == crosses


@pytest.mark.parametrize("wrong", [2, 3, 5])
def test_an_audit_of_too_many_errors_has_no_evidence_on_average(wrong: int) -> None:
    orders = np.array(sorted(set(itertools.permutations([1] * wrong + [0] * (8 - wrong)))), float)
    logs = evalues.log_audit(orders, population=8, limit=0.25, expected=0.1, trust=3.0)
    assert (np.exp(logs).mean(0) <= 1 + 1e-9).all()


def test_a_complete_audit_is_certain_below_its_limit_and_never_at_it() -> None:
    for population, limit in ((1000, 0.03), (700, 0.07), (330, 0.1)):
        at = round(population * limit)
        for wrong in (at - 1, at):
            items = np.repeat([0.0, 1.0], [population - wrong, wrong])
            assert bool(np.isinf(evalues.log_audit(items, population=population, limit=limit)).any()) is (wrong < at)
