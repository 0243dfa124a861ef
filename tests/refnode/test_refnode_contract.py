"""The contract, call by call: shapes, keys, errors, pages, intervals."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from refnode.api.application import application
from refnode.running import prepared
from refnode.settings import Settings
from tests.refnode.asking import AUDIT, KEYS, PUBLIC, Answer, ask

ENTITY = "ENT-00001"
SHAPES = {
    f"/entities/{ENTITY}/profile": "entity_id name jurisdiction role party region affiliations risk_score created_at "
    "updated_at",
    f"/entities/{ENTITY}/contradictions": "contradiction_id date confidence description sources",
    "/risk_scores/": "entity_id risk_score risk_level jurisdiction calculated_at",
    f"/promises/{ENTITY}": "promise_id promise status date_made source_id",
    "/alerts/": "alert_id entity_id alert_type timestamp confidence",
    "/sources/SRC-0000001": "source_id origin url capture_timestamp content_hash document_type",
    "/disputes/": "dispute_id entity_id dispute_type severity state submitted_at",
    "/reports/": "report_id title period_start period_end published_at approved_by figures_url csv_url sha256",
}
FEED_SHAPES = {
    "/decisions": (
        "risk_id entity_id calculated_at risk_value flagged outcome adjudicated_at party jurisdiction role region "
        "bias_audit_id bias_audit model_version",
        "calculated_at",
    ),
    "/bias-audits": ("bias_audit_id risk_id result audit_timestamp", "audit_timestamp"),
    "/alerts": ("alert_id entity_id alert_type risk_id published_at status source_ids bias_audit_id", "published_at"),
    "/disputes": (
        "dispute_id entity_id subject_type subject_id dispute_type severity public_figure state submitted_at "
        "acknowledged_at escalated_at escalated_to resolved_at ruling",
        "submitted_at",
    ),
    "/sources": ("source_id feed origin url capture_timestamp content_hash document_type", "capture_timestamp"),
    "/heartbeats": ("agent at", "at"),
    "/ingested": ("item_id feed kind entity_id source_id ingested_at event_date text", "ingested_at"),
    "/ingested/counts": ("hour feed items", "hour"),
    "/request-counts": ("minute endpoint status count slow", "minute"),
    "/logs": ("timestamp level trace_id prefix event", "timestamp"),
}


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Any]:
    with ExitStack() as stack:
        node, applied = stack.enter_context(prepared(settings))
        yield application(node, applied.wraps)


def public(app: Any, path: str, **more: Any) -> Answer:
    return ask(app, f"{PUBLIC}{path}", **more)


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("path", SHAPES)
def test_a_public_read_has_the_published_shape(app: Any, path: str) -> None:
    answer = public(app, path)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    row = answer.json
    while not isinstance(row, dict) or "items" in row:
        row = row[0] if isinstance(row, list) else row["items"]
    assert list(row) == SHAPES[path].split()


@pytest.mark.parametrize("path", FEED_SHAPES)
def test_a_feed_is_ndjson_of_the_published_shape_in_order(app: Any, path: str) -> None:
    answer = ask(app, f"{AUDIT}{path}?since={ago(days=400)}&until={ago(minutes=1)}")

    names, time = FEED_SHAPES[path]
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert len(answer.lines) > 10
    assert list(answer.lines[0])[: len(names.split())] == names.split()
    times = [line[time] for line in answer.lines]
    assert times == sorted(times)
    assert all(text.endswith("Z") and len(text) == 24 for text in times)


def test_an_interval_includes_since_and_excludes_until(app: Any) -> None:
    rows = ask(app, f"{AUDIT}/decisions?since={ago(days=20)}").lines
    first, last = rows[5]["calculated_at"], rows[50]["calculated_at"]

    asked = ask(app, f"{AUDIT}/decisions?since={first}&until={last}").lines

    assert asked == rows[5:50]


def test_adjoining_intervals_hold_every_line_once(app: Any) -> None:
    ends = [ago(days=40), ago(days=20), ago(days=10), ago(days=1)]

    parts = [
        line["item_id"]
        for since, until in pairwise(ends)
        for line in ask(app, f"{AUDIT}/ingested?since={since}&until={until}").lines
    ]

    assert parts == [line["item_id"] for line in ask(app, f"{AUDIT}/ingested?since={ends[0]}&until={ends[-1]}").lines]


def test_sources_come_newest_first_by_id_and_by_their_bytes(app: Any) -> None:
    newest = ask(app, f"{AUDIT}/sources?newest=5").lines
    times = [row["capture_timestamp"] for row in newest]
    ids = "&".join(f"id={row['source_id']}" for row in newest[:2])

    content = ask(app, f"{AUDIT}/sources/{newest[0]['source_id']}/content")

    assert times == sorted(times, reverse=True)
    assert len(ask(app, f"{AUDIT}/sources?{ids}&id=nothing").lines) == 2
    assert content.headers["content-type"] == "application/octet-stream"
    assert hashlib.sha256(content.body).hexdigest() == newest[0]["content_hash"]
    assert ask(app, f"{AUDIT}/sources/nothing/content").status == 404
    assert ask(app, f"{AUDIT}/sources?newest=0").status == 400


def test_bias_audits_can_be_asked_for_by_id(app: Any) -> None:
    found = ask(app, f"{AUDIT}/bias-audits?id=BA-0000002&id=BA-0000001&id=none").lines

    assert {row["bias_audit_id"] for row in found} == {"BA-0000001", "BA-0000002"}


def test_open_disputes_are_always_in_the_feed_and_contacts_never(app: Any) -> None:
    body = {"entity_id": ENTITY, "dispute_type": "bias", "description": "no\x00 way", "contact": "me@home.example"}
    taken = public(app, "/disputes/", method="POST", body=json.dumps(body).encode())

    text = ask(app, f"{AUDIT}/disputes?since={ago(minutes=0)}&until={ago(minutes=0)}").body
    listed = public(app, "/disputes/?page_size=200").json["items"]

    assert taken.status == 201
    assert taken.json["state"] == "submitted"
    assert taken.json["dispute_id"].encode() in text
    assert listed[-1]["dispute_id"] == taken.json["dispute_id"]
    assert b"home.example" not in text + json.dumps(listed).encode()


def test_a_user_report_is_taken(app: Any) -> None:
    body = {"entity_id": ENTITY, "report_type": "risk_flag", "content": "see page 4"}
    taken = public(app, "/user_reports/", method="POST", body=json.dumps(body).encode())

    assert taken.status == 201
    assert set(taken.json) == {"report_id"}


def test_health_and_metrics_need_no_key_and_are_not_counted(app: Any) -> None:
    before = ask(app, "/metrics", headers={}).body

    health = ask(app, "/health", headers={})
    after = ask(app, "/metrics", headers={}).body

    assert health.json["status"] == "ok"
    assert [line for line in before.splitlines() if b"http" in line] == [
        line for line in after.splitlines() if b"http" in line
    ]
    assert b'_bucket{endpoint="/junzi/api/v1/alerts/",le="0.5"}' in after
    for name in ("junzi_queue_depth", "junzi_feed_last_processed_timestamp_seconds", "junzi_bias_audits_total"):
        assert f"{name}{{".encode() in after
    assert b'junzi_build_info{model_version="' in after


@pytest.mark.parametrize("path", ["/alerts/", "/risk_scores/", "/disputes/", "/risk_scores/?jurisdiction=Local"])
def test_a_walk_through_the_pages_loses_and_repeats_nothing(app: Any, path: str) -> None:
    joint = "&" if "?" in path else "?"
    first = public(app, f"{path}{joint}page_size=7").json
    rows, page = list(first["items"]), 1
    while len(rows) < first["total"]:
        page += 1
        rows += public(app, f"{path}{joint}page={page}&page_size=7").json["items"]

    keys = [row.get("alert_id") or row.get("dispute_id") or row["entity_id"] for row in rows]
    assert len(set(keys)) == len(keys) == first["total"]
    assert public(app, f"{path}{joint}page={page + 1}&page_size=7").json["items"] == []


def test_risk_levels_filter_and_agree_with_their_scores(app: Any) -> None:
    bounds = {"low": (0, 4), "medium": (4, 7), "high": (7, 10.01)}
    total = 0
    for level, (low, high) in bounds.items():
        page = public(app, f"/risk_scores/?risk_level={level}&jurisdiction=&page_size=200").json
        total += page["total"]
        assert all(row["risk_level"] == level and low <= row["risk_score"] < high for row in page["items"])
    assert total == public(app, "/risk_scores/").json["total"]


def test_a_trace_id_is_accepted_or_given_and_logged(app: Any) -> None:
    given = public(app, "/alerts/", headers=KEYS | {"x-trace-id": "abc-123-DEF"})
    odd = public(app, "/alerts/", headers=KEYS | {"x-trace-id": "a b"})

    lines = ask(app, f"{AUDIT}/logs?since={ago(minutes=1)}").lines

    assert given.headers["x-trace-id"] == "abc-123-DEF"
    assert len(odd.headers["x-trace-id"]) == 32
    mine = next(line for line in lines if line["trace_id"] == "abc-123-DEF")
    assert mine["event"] == "request answered"
    assert mine["prefix"] == "[JUNZI-Api]"
    assert list(mine)[:5] == ["timestamp", "level", "trace_id", "prefix", "event"]
