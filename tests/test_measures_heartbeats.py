"""Heartbeats: ages and gaps that are some, of the agents that are expected."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from junzi_audit.findings import Measurement
from junzi_audit.measures.heartbeats import ages, longest_gaps, missing, named
from junzi_audit.model import Verdict
from junzi_audit.records import Beat, Gauges
from tests.judging import gauges, verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
METRIC = "junzi_agent_last_heartbeat_timestamp_seconds"
ROSTER = ("A", "B")
MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(0, MET), (60, MET), (60.04, BREACHED), (61, BREACHED), (-4, MET), (-6, INCONCLUSIVE), (-1e12, INCONCLUSIVE),
     (NOW.timestamp(), BREACHED), (math.nan, INCONCLUSIVE), (math.inf, INCONCLUSIVE), (-math.inf, INCONCLUSIVE)],
)  # fmt: skip
def test_an_age_is_told_where_the_gauge_is_an_instant(ago: float, expected: Verdict) -> None:
    scrape = gauges(NOW, METRIC, "agent", A=NOW.timestamp() - ago, B=NOW.timestamp())

    assert verdict(ages(scrape, ROSTER), "<= 60") is expected


def test_a_silent_agent_is_named() -> None:
    found = ages(gauges(NOW, METRIC, "agent", A=NOW.timestamp() - 300, B=NOW.timestamp()), ROSTER)
    assert {agent: reading.value for agent, reading in found.items() if isinstance(reading, Measurement)} == {
        "A": 300,
        "B": 0,
    }


def test_the_newest_beat_of_an_agent_with_several_processes_counts() -> None:
    beats = {
        (("agent", "A"), ("replica", "1")): NOW.timestamp() - 500,
        (("agent", "A"), ("replica", "2")): NOW.timestamp() - 5,
    }
    found = ages(Gauges(at=NOW, samples={METRIC: beats}), ["A"])["A"]
    assert isinstance(found, Measurement)
    assert found.value == 5


def test_agents_that_the_metrics_leave_out_are_missing() -> None:
    scrape = gauges(NOW, METRIC, "agent", A=1, X=1)
    found = missing(named(scrape), ROSTER)
    assert (found.value, found.n, found.detail) == (1, 2, "B")
    assert verdict(missing([], [])) is INCONCLUSIVE
    assert verdict(ages(gauges(NOW, "other", "agent", A=1), ROSTER), "<= 60") is INCONCLUSIVE


def beats(agent: str, since: datetime = SINCE, until: datetime = NOW, each: int = 30) -> list[Beat]:
    count = int((until - since).total_seconds()) // each
    return [Beat(agent=agent, at=since + timedelta(seconds=each * n)) for n in range(count)]


def test_a_day_of_beats_has_no_gap_and_order_does_not_matter() -> None:
    both = beats("A") + beats("B")
    found = longest_gaps(both, ROSTER, SINCE, NOW)

    assert verdict(found, "<= 60") is MET
    assert longest_gaps(both[::-1], ROSTER, SINCE, NOW) == found
    assert longest_gaps(both + both, ROSTER, SINCE, NOW)["A"].value == 30  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "shown",
    [
        beats("A", since=NOW - timedelta(hours=1)),
        beats("A", until=NOW - timedelta(minutes=5)),
        [*beats("A", until=SINCE + timedelta(hours=1)), *beats("A", since=SINCE + timedelta(hours=2))],
        [Beat(agent="A", at=NOW + timedelta(days=n)) for n in range(-400, 400)],
    ],
    ids=["only the last hour", "not the end", "a hole", "one a day, and many of other days"],
)
def test_a_day_that_is_not_shown_whole_is_a_silence(shown: list[Beat]) -> None:
    assert verdict(longest_gaps(shown, ["A"], SINCE, NOW), "<= 60") is BREACHED


def test_beats_of_other_days_or_agents_prove_nothing() -> None:
    strange = [*beats("X"), *beats("A", since=SINCE - timedelta(days=1), until=SINCE)]
    gaps = longest_gaps(strange, ROSTER, SINCE, NOW)

    assert gaps == {}
    assert verdict(gaps, "<= 60") is INCONCLUSIVE
    assert verdict(missing(list(gaps), ROSTER)) is BREACHED
