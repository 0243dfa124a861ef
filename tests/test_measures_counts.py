"""Counting loses no row, adds up over parts, and says how many records are worth one independent record."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.seen.counts import Counts, Excluded, Reason, from_json, to_json
from junzi_audit.seen.tally import Tally
from tests.counting import Decision, count

NAMES = ("party", "region")
decisions = st.lists(
    st.builds(
        Decision,
        cluster=st.sampled_from(["", "ann", "bob", "cyd", "dan"]),
        selected=st.sampled_from([True, False, None]),
        outcome=st.sampled_from([True, False, None]),
        groups=st.tuples(st.sampled_from(["red", "blue", None]), st.sampled_from(["north", "south", ""])),
    ),
    max_size=40,
)


def decision(group: str | None = "red", **changes: Any) -> Decision:
    return Decision(**{"cluster": "ann", "selected": True, "outcome": True, "groups": (group,), **changes})


def clustered(icc: float, *, clusters: int, size: int, rate: float = 0.3, seed: int = 5) -> Iterable[Decision]:
    """Beta-binomial clusters: any two records of one cluster correlate by ``icc``."""
    draw = random.Random(seed)
    for cluster in range(clusters):
        own = draw.betavariate(rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc) if icc else rate
        for _ in range(size):
            yield decision(cluster=f"e{cluster}", selected=draw.random() < own)


@given(decisions)
def test_rows_in_are_rows_counted_plus_rows_excluded(rows: list[Decision]) -> None:
    counts = count(rows, NAMES)
    assert counts.rows == len(rows)
    for index, attribute in enumerate(counts.attributes):
        kept = [row for row in rows if row.cluster and row.selected is not None and row.groups[index]]
        assert attribute.counted == len(kept)
        assert sum(left.rows for left in attribute.excluded) == len(rows) - len(kept)


@given(decisions)
def test_each_tally_counts_its_own_records(rows: list[Decision]) -> None:
    for group in count(rows, NAMES).of("party").groups:
        mine = [row for row in rows if row.cluster and row.selected is not None and row.groups[0] == group.group]
        ruled = [row for row in mine if row.outcome is not None]
        for tally, records, hit in (
            (group.selection, mine, "selected"),
            (group.positives, [row for row in mine if row.outcome is True], "selected"),
            (group.negatives, [row for row in mine if row.outcome is False], "selected"),
            (group.labels, ruled, "outcome"),
            (group.precision, [row for row in ruled if row.selected], "outcome"),
        ):
            sizes = {row.cluster: [one for one in records if one.cluster == row.cluster] for row in records}
            pairs = [(sum(bool(getattr(one, hit)) for one in ones), len(ones)) for ones in sizes.values()]
            assert tally == Tally(
                n=len(records),
                hits=sum(x for x, _ in pairs),
                clusters=len(pairs),
                hits_squared=sum(x * x for x, _ in pairs),
                hits_by_size=sum(x * m for x, m in pairs),
                size_squared=sum(m * m for _, m in pairs),
            )


@given(decisions)
def test_counts_of_parts_add_up_to_the_counts_of_the_whole(rows: list[Decision]) -> None:
    early = [row for row in rows if row.cluster in ("ann", "bob")]
    late = [row for row in rows if row.cluster not in ("ann", "bob")]
    assert count(early, NAMES) + count(late, NAMES) == count(rows, NAMES)


@given(decisions)
def test_stored_counts_come_back_the_same(rows: list[Decision]) -> None:
    counts = count(rows, NAMES)
    assert from_json(json.loads(json.dumps(to_json(counts)))) == counts == from_json(to_json(counts))


def test_row_10_missing_values_are_excluded_with_their_reason() -> None:
    rows = [decision(), decision(None), decision(""), decision(selected=None), decision(cluster=""), decision("blue")]
    assert count(rows, ("party",)).of("party").excluded == (
        Excluded(reason=Reason.NO_DECISION, rows=1),
        Excluded(reason=Reason.NO_CLUSTER, rows=1),
        Excluded(reason=Reason.NO_GROUP, rows=2),
    )


def test_a_decision_without_an_outcome_stays_in_the_selection_rate() -> None:
    (red,) = count([decision(), decision(outcome=None), decision(outcome=False)], ("party",)).of("party").groups
    assert (red.selection.n, red.positives.n, red.negatives.n, red.unlabelled) == (3, 1, 1, 1)


def test_independent_records_have_a_design_effect_of_one() -> None:
    single = count((decision(cluster=str(at), selected=at % 3 == 0) for at in range(300)), ("party",))
    (red,) = single.of("party").groups
    assert red.selection.design_effect(red.selection) == 1


@pytest.mark.parametrize(("icc", "low", "high"), [(0.0, 1.0, 1.08), (0.2, 1.7, 1.9)])
def test_design_effect_finds_the_planted_correlation(icc: float, low: float, high: float) -> None:
    (red,) = count(clustered(icc, clusters=4000, size=5), ("party",)).of("party").groups
    assert low <= red.selection.design_effect(red.selection) <= high


def test_a_rate_of_zero_takes_the_pooled_design_effect_and_without_one_the_worst() -> None:
    pooled = Tally(n=8, hits=4, clusters=4, hits_squared=8, hits_by_size=8, size_squared=16)
    never = Tally(n=6, hits=0, clusters=3, hits_squared=0, hits_by_size=0, size_squared=12)
    assert never.design_effect(pooled) == pooled.design_effect(pooled) == pytest.approx(7 / 3)
    assert never.design_effect(never) == 2
    one = Tally(n=500, hits=200, clusters=1, hits_squared=40_000, hits_by_size=100_000, size_squared=250_000)
    assert one.design_effect(pooled) == 500


@pytest.mark.parametrize(
    ("place", "value"),
    [("n", True), ("n", -1), ("n", 1.5), ("hits", 99), ("size_squared", 0), ("surprise", 1), ("clusters", None)],
)
def test_stored_counts_that_cannot_be_are_refused(place: str, value: object) -> None:
    stored = to_json(count([decision(), decision("blue")], ("party",)))
    stored["attributes"][0]["groups"][0]["selection"][place] = value
    with pytest.raises(ValueError, match="selection"):
        from_json(stored)


def test_stored_counts_that_lose_rows_are_refused() -> None:
    stored = to_json(count([decision(), decision("blue")], ("party",)))
    with pytest.raises(ValueError, match="do not add up"):
        from_json({**stored, "rows": 3})
    with pytest.raises(ValueError, match="Field required"):
        from_json({"rows": 0})
    twice = {**stored["attributes"][0], "groups": stored["attributes"][0]["groups"][:1] * 2}
    with pytest.raises(ValueError, match="repeated"):
        from_json({"rows": 2, "attributes": [twice]})


def test_errors_name_what_was_asked() -> None:
    counts = count([decision()], ("party",))
    with pytest.raises(ValueError, match="'prty' was not counted; did you mean 'party'"):
        counts.of("prty")
    with pytest.raises(ValueError, match="2 attributes asked, but a decision carries 1"):
        count([decision()], NAMES)
    with pytest.raises(ValueError, match="cannot be added"):
        counts + Counts(rows=0, attributes=())
