"""The audit feed from a node that lies about types, ids, intervals and bytes: malformed and said, never believed."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.asking import Answer
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.parsing import is_json, parse, parse_lines
from junzi_audit.probes.published import AlertPage
from junzi_audit.records import Beat, IngestedItem, RiskRow, ScoredDecision, Source
from tests.hostile import Hostile, Looking, answers, looking, server

__all__ = ["looking", "server"]

UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=1)
NOON = "2026-03-02T11:00:00.000Z"
Row = dict[str, Any]

DECISION: Row = {
    "risk_id": "r1", "entity_id": "e1", "calculated_at": NOON, "risk_value": 3.5, "flagged": False, "outcome": None,
    "adjudicated_at": None, "party": "A", "jurisdiction": "x", "role": "y", "region": "z", "bias_audit_id": "b1",
    "bias_audit": "passed", "model_version": "1",
}  # fmt: skip
DISPUTE: Row = {
    "dispute_id": "d1", "entity_id": "e1", "subject_type": "alert", "subject_id": "a1", "dispute_type": "bias",
    "severity": "high", "public_figure": True, "state": "submitted", "submitted_at": NOON, "acknowledged_at": None,
    "escalated_at": None, "escalated_to": None, "resolved_at": None, "ruling": None,
}  # fmt: skip
SOURCE: Row = {
    "source_id": "s1", "feed": "f", "origin": "o", "url": "https://h/1", "capture_timestamp": NOON, "content_hash": "0",
    "document_type": "t",
}  # fmt: skip
MINUTE: Row = {"minute": NOON, "endpoint": "/a", "status": 200, "count": 5, "slow": 1}
HOUR: Row = {"hour": NOON, "feed": "f", "items": 5}
BEAT: Row = {"agent": "a", "at": NOON}
AUDIT: Row = {"bias_audit_id": "b1", "risk_id": "r1", "result": "passed", "audit_timestamp": NOON}
ALERT: Row = {
    "alert_id": "a1", "entity_id": "e1", "alert_type": "t", "risk_id": "r1", "published_at": NOON,
    "status": "published", "source_ids": ["s1"], "bias_audit_id": "b1",
}  # fmt: skip


def ndjson(*rows: Row) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def feed(server: Hostile, looking: Looking) -> Iterator[Feed]:
    return Feed(looking.surface(server.url))


Ask = Callable[[Feed], Any]
INTERVALS: dict[str, tuple[str, Row, str, Ask]] = {
    "decisions": ("/decisions", DECISION, "calculated_at", lambda feed: feed.decisions(SINCE, UNTIL)),
    "sources": ("/sources", SOURCE, "capture_timestamp", lambda feed: feed.sources(SINCE, UNTIL)),
    "audits": ("/bias-audits", AUDIT, "audit_timestamp", lambda feed: feed.bias_audits(SINCE, UNTIL)),
    "alerts": ("/alerts", ALERT, "published_at", lambda feed: feed.alerts(SINCE, UNTIL)),
    "disputes": ("/disputes", DISPUTE, "submitted_at", lambda feed: feed.disputes(SINCE, UNTIL)),
    "beats": ("/heartbeats", BEAT, "at", lambda feed: feed.beats(SINCE, UNTIL)),
    "items": ("/ingested", {"ingested_at": NOON}, "ingested_at", lambda feed: feed.ingested(SINCE, UNTIL)),
    "hours": ("/ingested/counts", HOUR, "hour", lambda feed: feed.hourly_items(SINCE, UNTIL)),
    "minutes": ("/request-counts", MINUTE, "minute", lambda feed: feed.request_counts(SINCE, UNTIL)),
}


def malformed(ask: Callable[[], Any], cause: Cause = Cause.MALFORMED) -> str:
    with pytest.raises(Unobservable) as caught:
        ask()
    assert caught.value.cause is cause, caught.value
    return str(caught.value)


@pytest.mark.parametrize("name", INTERVALS)
def test_what_lies_within_the_interval_is_read(name: str, feed: Feed, server: Hostile) -> None:
    path, row, when, ask = INTERVALS[name]
    server.pages[path] = answers(ndjson({**row, when: iso(SINCE)}))

    assert len(ask(feed)) == 1
    assert f"since={iso(SINCE)}".replace(":", "%3A").encode() in server.heard[0]


@pytest.mark.parametrize("name", INTERVALS)
@pytest.mark.parametrize(
    "at", [iso(UNTIL), iso(SINCE - timedelta(hours=2)), "2001-01-01T00:00:00Z", "2999-12-31T23:59:59Z"]
)
def test_what_lies_outside_of_the_interval_is_malformed(name: str, at: str, feed: Feed, server: Hostile) -> None:
    path, row, when, ask = INTERVALS[name]
    ruled = {"ruling": "upheld"} if name == "disputes" else {}
    server.pages[path] = answers(ndjson({**row, **ruled, when: at}))

    assert "1 of 1 lines lie outside" in malformed(lambda: ask(feed))


@pytest.mark.parametrize("name", [name for name in INTERVALS if name != "items"])
@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-02T11:00:00", "now", 5, None, "5"]
)
def test_an_instant_that_is_none_is_malformed(name: str, at: object, feed: Feed, server: Hostile) -> None:
    path, row, when, ask = INTERVALS[name]
    server.pages[path] = answers(ndjson({**row, when: at}))

    malformed(lambda: ask(feed))


@pytest.mark.parametrize(
    ("change", "ok"),
    [
        ({}, True),
        ({"resolved_at": None}, False),
        ({"resolved_at": iso(SINCE - timedelta(days=9))}, False),
        ({"state": "dismissed"}, False),
        ({"state": "investigating"}, False),
        ({"ruling": None, "resolved_at": None, "state": "investigating"}, True),
    ],
)
def test_a_ruling_has_its_time_and_its_state(change: Row, ok: bool, feed: Feed, server: Hostile) -> None:
    ruled = {**DISPUTE, "state": "upheld", "ruling": "upheld", "resolved_at": DISPUTE["submitted_at"], **change}
    server.pages["/disputes"] = answers(ndjson(ruled))
    if ok:
        assert len(feed.disputes(SINCE, UNTIL)) == 1
    else:
        malformed(lambda: feed.disputes(SINCE, UNTIL))


@pytest.mark.parametrize("name", ["decisions", "audits", "alerts", "disputes", "hours"])
def test_a_repeated_record_is_malformed(name: str, feed: Feed, server: Hostile) -> None:
    path, row, _, ask = INTERVALS[name]
    server.pages[path] = answers(ndjson(row, row))

    assert "1 of 2 lines repeat" in malformed(lambda: ask(feed))


def test_an_open_dispute_may_be_old_but_not_from_the_future(feed: Feed, server: Hostile) -> None:
    server.pages["/disputes"] = answers(ndjson({**DISPUTE, "submitted_at": "2020-01-01T00:00:00Z"}))
    assert len(feed.disputes(SINCE, UNTIL)) == 1

    server.pages["/disputes"] = answers(ndjson({**DISPUTE, "submitted_at": iso(UNTIL)}))
    malformed(lambda: feed.disputes(SINCE - timedelta(days=1), UNTIL))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("minutes", {"count": -1}), ("minutes", {"slow": 6}), ("minutes", {"slow": -1}), ("minutes", {"status": 42}),
        ("minutes", {"count": 5.5}), ("minutes", {"count": "5"}), ("minutes", {"count": True}),
        ("hours", {"items": -1}),
        ("decisions", {"risk_value": 11}), ("decisions", {"risk_value": -0.1}), ("decisions", {"flagged": "yes"}),
        ("decisions", {"outcome": "maybe"}), ("decisions", {"flagged": None}), ("disputes", {"severity": "none"}),
        ("disputes", {"subject_type": "Alert"}),
        ("disputes", {"public_figure": 1}), ("alerts", {"source_ids": "s1"}), ("alerts", {"source_ids": [1]}),
        ("alerts", {"status": "hidden"}), ("audits", {"result": True}), ("beats", {"agent": ["a"]}),
        ("items", {"text": {"a": 1}}),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_is_malformed(name: str, change: Row, feed: Feed, server: Hostile) -> None:
    path, row, _, ask = INTERVALS[name]
    server.pages[path] = answers(
        ndjson(row, {**row, **{key: f"{row[key]}2" for key in row if key.endswith("_id")}, **change})
    )

    assert "line 2" in malformed(lambda: ask(feed))


RAW = {
    "html": b"<!DOCTYPE html><html>\n</html>\n",
    "cut off": ndjson(BEAT) + b'{"agent": "a", "at": "2026',
    "no last line break": ndjson(BEAT)[:-1],
    "an array": b"[" + ndjson(BEAT).strip() + b"]\n",
    "a blank line": ndjson(BEAT) + b"\n" + ndjson(BEAT),
    "a byte order mark": b"\xef\xbb\xbf" + ndjson(BEAT),
    "invalid UTF-8": b'{"agent": "\xff\xfe", "at": "2026-03-02T11:00:00Z"}\n',
    "NUL": b'{"agent": "a\0b", "at": "2026-03-02T11:00:00Z"}\n',
    "half a surrogate": b'{"agent": "\\ud800", "at": "2026-03-02T11:00:00Z"}\n',
    "deep": b"[" * 100_000 + b"\n",
    "null": b"null\n",
    "a number": b"5\n",
    "no field": b"{}\n",
}


@pytest.mark.parametrize("name", RAW)
def test_bytes_that_are_no_lines_are_malformed(name: str, feed: Feed, server: Hostile) -> None:
    server.pages["/heartbeats"] = answers(RAW[name])

    assert malformed(lambda: feed.beats(SINCE, UNTIL)).isprintable()


@pytest.mark.parametrize(
    "value", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"1" * 5000, b"true", b'"3"', b"[" * 5000]
)
def test_a_number_that_is_none_is_malformed(value: bytes, feed: Feed, server: Hostile) -> None:
    line = json.dumps({**DECISION, "risk_value": 7.77}).encode().replace(b"7.77", value) + b"\n"
    server.pages["/decisions"] = answers(line)
    malformed(lambda: feed.decisions(SINCE, UNTIL))

    head = b'{"hour": "2026-03-02T11:00:00Z", "feed": "f", "items": '
    server.pages["/ingested/counts"] = answers(head + value + b"}\n")
    malformed(lambda: feed.hourly_items(SINCE, UNTIL))


def test_a_key_given_twice_and_fields_nobody_knows_are_read_without_complaint(feed: Feed, server: Hostile) -> None:
    server.pages["/heartbeats"] = answers(b'{"agent": "x", "agent": "a", "more": [1], "at": "2026-03-02T11:00:00Z"}\n')

    assert feed.beats(SINCE, UNTIL)[0].agent == "a"


def test_what_a_node_says_is_not_echoed_by_the_error(feed: Feed, server: Hostile) -> None:
    server.pages["/heartbeats"] = answers(b'{"agent": "a", "at": "PRIVATE anna@example.org"}\n')

    assert "PRIVATE" not in malformed(lambda: feed.beats(SINCE, UNTIL))


def of(body: bytes) -> Answer:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    seen = Observation(
        id="1", probe="p", query="GET x", at=at, seconds=0, status=200, sha256="", size=len(body), path=""
    )
    return Answer(observation=seen, body=body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*DECISION, *SOURCE, *BEAT]), inner),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_parsing_gives_records_or_unobservable_and_nothing_else(body: bytes) -> None:
    for shape in (ScoredDecision, Source, Beat, IngestedItem, RiskRow):
        for read in (
            lambda shape=shape: parse(shape, of(body)),
            lambda shape=shape: parse_lines(shape, of(body + b"\n")),
        ):
            with contextlib.suppress(Unobservable):
                found = read()
                assert isinstance(found, shape) or all(isinstance(each, shape) for each in found)
    assert is_json(body) in {True, False}


@pytest.mark.parametrize("body", [b"[" * 100_000, b"1" * 5000, b"", b"\xff", b"{", b"nul"])
def test_what_json_cannot_read_is_no_json(body: bytes) -> None:
    assert not is_json(body)


def test_a_page_is_checked_to_its_depth() -> None:
    alert = {"alert_id": "a", "entity_id": "e", "alert_type": "t", "timestamp": "2026-03-02T11:00:00"}
    assert "timestamp is an instant without a zone" in malformed(
        lambda: parse(AlertPage, of(json.dumps({"items": [alert], "total": 1}).encode()))
    )


def numbered(number: int, minutes_ago: float) -> Row:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {**SOURCE, "source_id": f"s{number}", "capture_timestamp": iso(at)}


def test_the_newest_sources_are_read(feed: Feed, server: Hostile) -> None:
    server.pages["/sources"] = answers(ndjson(numbered(1, 1), numbered(2, 2)))

    assert [source.source_id for source in feed.newest_sources(3)] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([numbered(1, 2), numbered(2, 1)], Cause.MALFORMED),
        ([numbered(n, n) for n in range(4)], Cause.MALFORMED),
        ([numbered(1, 1), numbered(1, 2)], Cause.MALFORMED),
        ([numbered(1, -10), numbered(2, 2)], Cause.STALE),
    ],
)
def test_sources_that_are_not_the_newest_are_not_believed(
    rows: list[Row], cause: Cause, feed: Feed, server: Hostile
) -> None:
    server.pages["/sources"] = answers(ndjson(*rows))

    malformed(lambda: feed.newest_sources(3), cause)


def test_only_what_was_asked_for_counts_as_found(feed: Feed, server: Hostile) -> None:
    server.pages["/sources"] = answers(ndjson(SOURCE, {**SOURCE, "source_id": "never-asked"}))
    server.pages["/bias-audits"] = answers(ndjson(AUDIT, {**AUDIT, "bias_audit_id": "never-asked"}))

    assert set(feed.sources_by_id(["s1", "s2"])) == {"s1"}
    assert set(feed.bias_audits_by_id(["b1", "b2"])) == {"b1"}
    assert feed.sources_by_id([]) == {}


def test_many_ids_are_asked_in_parts(feed: Feed, server: Hostile) -> None:
    server.pages["/sources"] = answers(b"")

    assert feed.sources_by_id([f"s{number}" for number in range(250)]) == {}
    assert len(server.heard) == 3


def test_a_digest_is_of_the_bytes_as_we_read_them(feed: Feed, server: Hostile) -> None:
    ids = ["full", "empty", "gone", "a/../b"]
    server.pages["/sources/full/content"] = answers(b"\0\xffbytes")
    server.pages["/sources/empty/content"] = answers(b"")
    server.pages["/sources/gone/content"] = answers(b"{}", "404 Not Found")
    server.pages["/sources/a%2F..%2Fb/content"] = answers(b"x")
    rows = parse_lines(Source, of(ndjson(*({**SOURCE, "source_id": each} for each in ids))))

    assert feed.digests(rows) == {
        "full": hashlib.sha256(b"\0\xffbytes").hexdigest(),
        "a/../b": hashlib.sha256(b"x").hexdigest(),
    }


def test_a_content_that_cannot_be_read_leaves_all_unseen(feed: Feed, server: Hostile) -> None:
    server.pages["/sources/s1/content"] = answers(b"", "500 Oops")

    malformed(lambda: feed.digests(parse_lines(Source, of(ndjson(SOURCE)))), Cause.SERVER_ERROR)
