"""Provenance: fresh feeds, unaltered bytes, known hosts, and alerts that rest on something and still stand."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.findings import Measurement, Reading
from junzi_audit.measures import coverage, provenance
from junzi_audit.model import Verdict
from junzi_audit.records import Alert, BiasAudit, Dispute, PublicAlert, Source
from tests.judging import gauges, verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEEDS = {"court-filings": ["filings.court.example"], "news-wire": ["wire.news.example"]}
METRIC = "junzi_feed_last_processed_timestamp_seconds"
MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE


def source(number: int, minutes_ago: float = 5, **change: Any) -> Source:
    fields = {
        "source_id": f"s{number}", "feed": "court-filings", "origin": "o", "url": "https://filings.court.example/1",
        "capture_timestamp": NOW - timedelta(minutes=minutes_ago), "content_hash": digest(number), "document_type": "t",
    }  # fmt: skip
    return Source(**{**fields, **change})


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def ages(court: float, news: float = 0, newest: tuple[Source, ...] = ()) -> Reading:
    at = NOW.timestamp()
    scrape = gauges(NOW, METRIC, "feed", court_filings=at - court * 60, news_wire=at - news * 60)
    return provenance.feed_ages(scrape, FEEDS, newest)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, MET), (30, MET), (30.04, BREACHED), (31, BREACHED), (-0.05, MET), (-1, INCONCLUSIVE), (math.nan, INCONCLUSIVE),
     (math.inf, INCONCLUSIVE), (-math.inf, INCONCLUSIVE), (NOW.timestamp() / 60, BREACHED)],
)  # fmt: skip
def test_a_feed_is_as_old_as_its_gauge_if_that_is_an_instant(minutes: float, expected: Verdict) -> None:
    assert verdict(ages(minutes), "<= 30") is expected


def test_a_feed_that_is_not_named_is_unseen_and_hides_no_other() -> None:
    at = NOW.timestamp()
    assert verdict(provenance.feed_ages(gauges(NOW, METRIC, "feed", news_wire=at), FEEDS), "<= 30") is INCONCLUSIVE
    assert verdict(provenance.feed_ages(gauges(NOW, METRIC, "feed", news_wire=at - 9999), FEEDS), "<= 30") is BREACHED
    assert verdict(provenance.feed_ages(gauges(NOW, METRIC, "feed", news_wire=at), {}), "<= 30") is INCONCLUSIVE


def test_a_gauge_that_the_newest_captures_belie_is_not_believed() -> None:
    fresh = (source(1, 4), source(2, 6, feed="news-wire"))
    old = (source(1, 600), source(2, 601, feed="news-wire"))
    one_old = (source(1, 2), source(2, 300, feed="news-wire"))

    assert verdict(ages(3, 5, fresh), "<= 30") is MET
    assert verdict(ages(3, 5, old), "<= 30") is INCONCLUSIVE
    found = ages(3, 5, one_old)
    assert isinstance(found, dict)
    assert found["court-filings"].is_census
    assert (found["news-wire"].low, found["news-wire"].high) == (5, 300)
    assert "its gauge says 2026-03-02 11:55 UTC" in found["news-wire"].detail
    assert verdict(ages(300, 5, old), "<= 30") is BREACHED


def test_bytes_that_changed_or_are_gone_are_altered() -> None:
    sources = [source(n) for n in range(4)]
    stored = {"s0": digest(0), "s1": digest(99), "s3": digest(3).upper()}
    found = provenance.altered(sources, stored)

    assert isinstance(found, Measurement)
    assert (found.value, found.n, found.detail) == (3, 4, "s1, s2, s3")
    assert verdict(provenance.altered(sources, {f"s{n}": digest(n) for n in range(4)})) is MET
    assert verdict(provenance.altered([], {})) is INCONCLUSIVE
    assert verdict(provenance.altered([source(1, content_hash="")], {})) is BREACHED


def test_fewer_sources_than_were_asked_are_not_all() -> None:
    one, stored = [source(1)], {"s1": digest(1)}

    assert verdict(provenance.altered(one, stored, asked=20)) is INCONCLUSIVE
    assert verdict(provenance.altered(one, {}, asked=20)) is BREACHED
    assert verdict(provenance.foreign(one, FEEDS, asked=20)) is INCONCLUSIVE
    assert verdict(provenance.foreign(one, FEEDS, asked=1)) is MET
    assert verdict(provenance.foreign([], FEEDS, asked=20)) is INCONCLUSIVE


@pytest.mark.parametrize(
    "url",
    [
        "http://filings.court.example/x", "https://filings.court.example:8443/x?y#z", "HTTPS://FILINGS.COURT.EXAMPLE/",
    ],
)  # fmt: skip
def test_a_host_of_the_feed_is_known(url: str) -> None:
    assert not provenance.is_foreign(source(1, url=url), {"court-filings": ["Filings.Court.example"]})


@pytest.mark.parametrize(
    "url",
    [
        "https://wire.news.example/1", "https://evil.example/", "https://filings.court.example.evil.example/",
        "https://evil.example/filings.court.example", "https://filings.court.example@evil.example/",
        "https://evil.example\\@filings.court.example/", "https://user@filings.court.example/", "https://[::1/",
        "https://filings.court.example\n/", "https://filings.court.example\t.evil.example/", "javascript:alert(1)",
        "file://filings.court.example/etc/passwd", "ftp://filings.court.example/", "filings.court.example", "", "//",
        "https:// filings.court.example/", "https://filings.court.example./", "https://filings\u3002court.example/",
        "data:text/html,filings.court.example",
    ],
)  # fmt: skip
def test_any_other_host_or_a_doubtful_one_is_foreign(url: str) -> None:
    found = provenance.foreign([source(1, url=url)], FEEDS)

    assert verdict(found) is BREACHED
    assert isinstance(found, Measurement)
    assert found.detail.startswith("s1 (")
    assert found.detail.isprintable()


@given(st.text(max_size=60))
def test_no_url_is_too_strange(url: str) -> None:
    found = provenance.foreign([source(1, url=url), source(2, url=f"https://{url}"), source(3, feed=url)], FEEDS)
    assert isinstance(found, Measurement)
    assert found.n == 3


def test_a_source_of_an_undeclared_feed_is_foreign() -> None:
    assert provenance.is_foreign(source(1, feed="unknown"), FEEDS)


def public(number: int, **change: Any) -> PublicAlert:
    return PublicAlert(**{"alert_id": f"a{number}", "entity_id": "e1", "alert_type": "t", "timestamp": NOW, **change})


def alert(number: int, **change: Any) -> Alert:
    fields = {
        "alert_id": f"a{number}", "entity_id": "e1", "risk_id": f"r{number}", "published_at": NOW,
        "status": "published", "source_ids": (f"s{number}",), "bias_audit_id": f"b{number}",
    }  # fmt: skip
    return Alert(**{**fields, **change})


def audit(number: int, **change: Any) -> BiasAudit:
    fields = {"bias_audit_id": f"b{number}", "risk_id": f"r{number}", "result": "passed", "audit_timestamp": NOW}
    return BiasAudit(**{**fields, **change})


SOURCES = {f"s{n}": source(n) for n in range(5)}
AUDITS = {f"b{n}": audit(n) for n in range(5)}


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ([alert(1)], MET),
        ([], BREACHED),
        ([alert(2)], BREACHED),
        ([alert(1, source_ids=())], BREACHED),
        ([alert(1, source_ids=("s1", "s99"))], BREACHED),
        ([alert(1, entity_id="somebody else")], BREACHED),
    ],
)
def test_an_alert_rests_on_sources_that_exist(alerts: list[Alert], expected: Verdict) -> None:
    assert verdict(provenance.without_provenance([public(1)], alerts, SOURCES)) is expected


@pytest.mark.parametrize(
    ("audits", "expected"),
    [
        (AUDITS, MET),
        ({}, BREACHED),
        ({"b1": audit(1, result="failed")}, BREACHED),
        ({"b1": audit(1, risk_id="r2")}, BREACHED),
        ({"b1": audit(1, audit_timestamp=NOW + timedelta(minutes=1))}, MET),
        ({"b1": audit(1, audit_timestamp=NOW + timedelta(seconds=61))}, BREACHED),
    ],
)
def test_an_alert_rests_on_a_passed_audit_of_its_own_score(audits: dict[str, BiasAudit], expected: Verdict) -> None:
    found = provenance.without_bias_pass([public(1)], [alert(1)], audits)
    assert verdict(found) is expected
    assert found.detail == ("" if expected is MET else "a1")
    assert verdict(provenance.without_bias_pass([public(1)], [alert(1, bias_audit_id=None)], AUDITS)) is BREACHED
    assert verdict(provenance.without_bias_pass([public(1)], [], AUDITS)) is BREACHED


def test_no_public_alert_is_nothing_seen() -> None:
    assert verdict(provenance.without_provenance([], [alert(1)], SOURCES)) is INCONCLUSIVE
    assert verdict(provenance.without_bias_pass([], [alert(1)], AUDITS)) is INCONCLUSIVE
    assert verdict(provenance.overturned([], [], [alert(1)])) is INCONCLUSIVE


def dispute(**change: Any) -> Dispute:
    fields = {
        "dispute_id": "d1", "entity_id": "e1", "subject_type": "alert", "subject_id": "a1", "dispute_type": "x",
        "severity": "high", "public_figure": False, "state": "upheld", "submitted_at": NOW, "acknowledged_at": NOW,
        "escalated_at": None, "escalated_to": None, "resolved_at": NOW, "ruling": "upheld",
    }  # fmt: skip
    return Dispute(**{**fields, **change})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, BREACHED),
        ({"subject_id": "a2"}, MET),
        ({"ruling": "dismissed"}, MET),
        ({"ruling": None}, MET),
        ({"subject_type": "contradiction"}, MET),
        ({"subject_id": None}, INCONCLUSIVE),
        ({"subject_id": ""}, INCONCLUSIVE),
        ({"subject_id": None, "entity_id": "e2"}, MET),
        ({"subject_id": None, "ruling": "dismissed"}, MET),
    ],
)
def test_an_alert_against_which_a_dispute_was_upheld_must_be_gone(change: dict[str, Any], expected: Verdict) -> None:
    assert verdict(provenance.overturned([public(1)], [dispute(**change)])) is expected


def test_an_upheld_dispute_without_its_alert_hides_no_other() -> None:
    both = [dispute(), dispute(dispute_id="d2", subject_id=None)]
    assert verdict(provenance.overturned([public(1)], both)) is BREACHED


def test_an_alert_that_was_withdrawn_must_be_gone() -> None:
    found = provenance.overturned([public(1), public(2)], [], [alert(1, status="withdrawn"), alert(2)])
    assert isinstance(found, Measurement)
    assert (found.value, found.detail) == (1, "a1")


def test_an_alert_that_is_withheld_or_rests_on_a_score_that_did_not_stand_must_be_gone() -> None:
    withheld = provenance.overturned([public(1), public(2)], [], [alert(1, status="withheld"), alert(2)])
    assert isinstance(withheld, Measurement)
    assert (withheld.value, withheld.detail) == (1, "a1")
    on_score = dispute(subject_type="risk_score", subject_id="r2")
    assert verdict(provenance.overturned([public(1)], [on_score], [alert(1)])) is MET
    assert verdict(provenance.overturned([public(1)], [replace(on_score, subject_id="r1")], [alert(1)])) is BREACHED
    dismissed = replace(on_score, subject_id="r1", ruling="dismissed")
    assert verdict(provenance.overturned([public(1)], [dismissed], [alert(1)])) is MET


def test_a_published_alert_that_the_public_list_leaves_out_is_missed() -> None:
    assert provenance.hidden([public(1)], [alert(1), alert(2, status="withdrawn")], NOW + timedelta(hours=1)) is None
    assert provenance.hidden([public(1)], [alert(1), alert(2)], NOW) is None
    missing = provenance.hidden([public(1)], [alert(1), alert(2)], NOW + timedelta(hours=1))

    assert missing is not None
    assert "a2" in missing.detail
    clean = provenance.without_provenance([public(1)], [alert(1)], SOURCES)
    assert verdict(coverage.whole(clean, missing)) is INCONCLUSIVE
    assert verdict(coverage.whole(provenance.without_provenance([public(1)], [], {}), missing)) is BREACHED


def test_names_of_a_hostile_node_are_cut_short() -> None:
    found = provenance.without_provenance([public(n, alert_id=f"{n}\n\x1b" + "x" * 9999) for n in range(50)], [], {})
    assert found.detail.isprintable()
    assert found.detail.endswith("and 40 more")
    assert len(found.detail) < 1400
