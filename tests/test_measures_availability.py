"""Availability and speed: what did not answer is not fast, and what is no number is no depth."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures.availability import endpoints_down, nodes_down, p95_milliseconds, queue_depths, slow_share
from junzi_audit.model import Cause, Verdict
from junzi_audit.records import MinuteCount, Read
from tests.judging import gauges, verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE
GONE = "unreachable: no connection"


def read(endpoint: str = "/a", ms: float = 20, status: int = 200, problem: str = "") -> Read:
    return Read(endpoint=endpoint, status=status, seconds=ms / 1000, problem=problem)


def silent(endpoint: str = "/a", cause: str = "timed out") -> Read:
    return read(endpoint, 5000, 0, f"{cause}: no byte for 5 s")


def turns(count: int, *endpoints: str) -> list[Read]:
    return [read(endpoints[turn % len(endpoints)]) for turn in range(count)]


def test_nodes_that_are_down_are_counted_and_named() -> None:
    assert verdict(nodes_down({"https://a": "", "https://b": ""})) is MET
    found = nodes_down({"https://a": "", "https://b": "answered 503"})
    assert (found.value, found.n, found.detail) == (1, 2, "https://b: answered 503")
    assert verdict(found) is BREACHED
    assert verdict(nodes_down({})) is INCONCLUSIVE


def test_the_last_read_of_an_endpoint_decides() -> None:
    found = endpoints_down(
        [read("/a", problem="answered 500"), read("/a"), read("/b"), read("/b", problem="answered 500")]
    )
    assert (found.value, found.n, found.detail) == (1, 2, "/b answered 500")
    assert verdict(endpoints_down([])) is INCONCLUSIVE


def test_what_a_node_says_is_cut_short_and_made_printable() -> None:
    found = endpoints_down([read(f"/{n}", problem="\x1b[2J" + "x" * 10_000) for n in range(100)])
    assert found.detail.isprintable()
    assert len(found.detail) < 1500


def test_p95_is_a_time_that_was_measured() -> None:
    found = p95_milliseconds([read(ms=ms) for ms in range(1, 21)])
    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (19, 20)
    assert verdict(found, "< 500") is MET
    assert verdict(p95_milliseconds([read(ms=600)] * 20), "< 500") is BREACHED


@pytest.mark.parametrize("count", [0, 1, 19])
def test_few_reads_have_no_95th_percentile(count: int) -> None:
    assert verdict(p95_milliseconds([read()] * count), "< 500") is INCONCLUSIVE


def test_a_node_does_not_become_fast_by_not_answering() -> None:
    hiding = [*turns(10, "/a", "/b"), silent("/b"), silent("/b"), *turns(12, "/a", "/b")]
    assert verdict(p95_milliseconds(hiding), "< 500") is BREACHED


def test_one_page_that_hangs_to_the_end_is_slow_and_a_node_that_is_gone_is_unseen() -> None:
    hanging = [*turns(20, "/a", "/b"), silent("/b"), silent("/b"), silent("/b")]
    gone = [*turns(20, "/a", "/b"), silent("/a"), silent("/b")]

    assert verdict(p95_milliseconds(hanging), "< 500") is BREACHED
    found = p95_milliseconds(gone)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.TIMED_OUT


def test_a_node_that_never_answered_is_unseen_for_its_own_cause() -> None:
    for cause in ("unreachable", "timed out", "too large", "redirected to another host"):
        found = p95_milliseconds([silent(cause=cause)] * 24)
        assert isinstance(found, Unseen)
        assert found.cause == cause


def test_error_answers_alone_time_nothing() -> None:
    found = p95_milliseconds([read(status=200, problem="answered 200 with something that is not JSON")] * 24)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.MALFORMED
    assert verdict(p95_milliseconds([read(status=500, problem="answered 500"), *[read()] * 23]), "< 500") is MET


def minute(count: int, slow: int, endpoint: str = "/a") -> MinuteCount:
    return MinuteCount(minute=NOW, endpoint=endpoint, status=200, count=count, slow=slow)


def test_slow_requests_are_a_share_of_all() -> None:
    found = slow_share([minute(60, 3), minute(40, 2, "/b")])
    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (0.05, 100)
    assert verdict(found, "< 0.05") is BREACHED
    assert verdict(slow_share([minute(100, 4)]), "< 0.05") is MET


@pytest.mark.parametrize("counts", [[], [minute(0, 0)]])
def test_no_request_is_no_share(counts: list[MinuteCount]) -> None:
    assert verdict(slow_share(counts), "< 0.05") is INCONCLUSIVE


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(0, MET), (1000, MET), (1001, BREACHED), (-1, INCONCLUSIVE), (math.nan, INCONCLUSIVE), (-math.inf, INCONCLUSIVE),
     (math.inf, INCONCLUSIVE)],
)  # fmt: skip
def test_a_queue_is_as_deep_as_its_gauge_if_that_is_a_depth(depth: float, expected: Verdict) -> None:
    assert verdict(queue_depths(gauges(NOW, "junzi_queue_depth", "queue", scan=depth)), "<= 1000") is expected


def test_one_queue_that_says_nonsense_hides_no_other_and_none_is_unseen() -> None:
    both = gauges(NOW, "junzi_queue_depth", "queue", scan=math.nan, mail=5000)
    assert verdict(queue_depths(both), "<= 1000") is BREACHED
    assert verdict(queue_depths(gauges(NOW, "other", "queue", scan=1)), "<= 1000") is INCONCLUSIVE
