"""e-BH flags exactly the set its paper defines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.measures.triage import flagged


def test_flags_by_hand() -> None:
    # K = 4, alpha .05: the k-th e-value needs 80 / k.
    flags = flagged({"a": 30.0, "b": 81.0, "c": 19.9, "d": 41.0})
    assert [(flag.stream, flag.rank) for flag in flags] == [("b", 1), ("d", 2), ("a", 3)]
    assert [flag.needed for flag in flags] == pytest.approx([80, 40, 80 / 3])
    assert [flag.stream for flag in flagged({"a": 20.0, "b": 20.0, "c": 20.0, "d": 20.0})] == ["a", "b", "c", "d"]
    assert flagged({"a": 79.0, "b": 39.0, "c": 1.0, "d": 0.0}) == ()
    assert flagged({}) == ()


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 500), max_size=12), st.sampled_from([0.05, 0.2]))
def test_the_flags_are_the_largest_self_consistent_set(evidence: dict[str, float], alpha: float) -> None:
    flags = flagged(evidence, alpha)
    least = len(evidence) / (alpha * len(flags)) if flags else 0.0
    assert all(flag.e >= least for flag in flags)
    for size in range(len(flags) + 1, len(evidence) + 1):
        assert sum(e >= len(evidence) / (alpha * size) for e in evidence.values()) < size
    unflagged = evidence.keys() - {flag.stream for flag in flags}
    assert all(evidence[name] < flag.e for name in unflagged for flag in flags)


@pytest.mark.parametrize("e", [-1.0, float("nan")])
def test_what_is_no_e_value_is_refused(e: float) -> None:
    with pytest.raises(ValueError, match="e-value"):
        flagged({"a": e})
