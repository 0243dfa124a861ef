"""e-BH flags exactly the set its paper defines; rewritten days are found; labels stand on the day asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.looks import Cell, Look
from junzi_audit.measures import evalues
from junzi_audit.measures.detector import History, watch
from junzi_audit.measures.triage import Labels, as_first_known, as_matured, flagged, rewritten

START = date(2026, 1, 1)


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


def look(day: int, hits: int) -> Look:
    cells = (Cell(group="a", size=1, hits=1, clusters=hits), Cell(group="a", size=1, hits=0, clusters=100 - hits))
    return Look(day=START + timedelta(days=day), cells=cells)


def history(*looks: Look) -> History:
    return watch(looks, evalues.share("a", 0.2))


def test_days_that_were_rewritten_are_named() -> None:
    before = history(look(0, 5), look(1, 5), look(3, 5))
    assert rewritten(before, history(look(0, 5), look(1, 5), look(3, 5), look(4, 9))) == ()
    after = history(look(0, 5), look(1, 6), look(2, 5), look(4, 5))
    assert rewritten(before, after) == tuple(START + timedelta(days=day) for day in (1, 2, 3))


def label(cluster: str, decided: int, known: int, hits: int, size: int = 2) -> Labels:
    days = [START + timedelta(days=day) for day in (decided, known)]
    return Labels(cluster=cluster, group="a", decided=days[0], known=days[1], size=size, hits=hits)


LATE = (label("x", 0, 1, 1), label("x", 0, 5, 2), label("y", 0, 1, 1), label("x", 1, 5, 0), label("y", 0, 40, 2))


def test_labels_as_first_known_stand_on_the_day_they_came() -> None:
    looks = {each.day: each.cells for each in as_first_known(LATE)}
    assert looks == {
        START + timedelta(days=1): (Cell(group="a", size=2, hits=1, clusters=2),),
        START + timedelta(days=5): (Cell(group="a", size=4, hits=2, clusters=1),),
        START + timedelta(days=40): (Cell(group="a", size=2, hits=2, clusters=1),),
    }


def test_labels_as_matured_stand_on_the_day_of_the_decision_and_never_change_again() -> None:
    month = timedelta(days=30)
    first = as_matured(LATE, maturity=month, until=START + month)
    assert first == (
        Look(
            day=START,
            cells=(Cell(group="a", size=2, hits=1, clusters=1), Cell(group="a", size=4, hits=3, clusters=1)),
        ),
    )
    later = as_matured(LATE, maturity=month, until=START + timedelta(days=100))
    assert later[: len(first)] == first
    assert [each.day for each in later] == [START, START + timedelta(days=1)]
    assert as_matured(LATE, maturity=month, until=START + timedelta(days=29)) == ()
