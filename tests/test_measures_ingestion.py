"""Ingestion: whole, once, known, proven, and as much as usual; and the list is all that the node counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import ingestion
from junzi_audit.model import Verdict, iso
from junzi_audit.records import HourCount, IngestedItem, Source
from tests.judging import verdict

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
FEEDS = {"f": ["h.example"], "g": ["i.example"]}
MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE


def item(number: int, **change: Any) -> IngestedItem:
    fields = {
        "item_id": f"i{number}", "feed": "f", "kind": "action", "entity_id": f"e{number}", "source_id": f"s{number}",
        "ingested_at": iso(SINCE + timedelta(minutes=number)), "event_date": "2026-03-01", "text": f"text {number}",
    }  # fmt: skip
    return IngestedItem(**{**fields, **change})


ITEMS = [item(n) for n in range(1440)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "rumour"}, "an unknown kind"),
        ({"feed": "x"}, "an unknown feed"),
        ({"event_date": "32 March"}, "an unreadable event date"),
        ({"event_date": "2026-02-30"}, "an unreadable event date"),
        ({"ingested_at": "2026-03-01T12:00:00"}, "an unreadable instant"),
        ({"ingested_at": "0001-01-01T00:00:00+14:00"}, "an unreadable instant"),
    ],
)
def test_an_item_that_breaks_the_schema_is_counted_and_named(change: dict[str, Any], words: str) -> None:
    found = ingestion.schema_errors([*ITEMS[:9], item(9, **change)], FEEDS)
    assert (found.value, found.n, found.detail) == (1, 10, f"1 with {words}")
    assert verdict(found) is BREACHED
    assert verdict(ingestion.schema_errors(ITEMS, FEEDS)) is MET
    assert verdict(ingestion.schema_errors([item(1, event_date="2026-03-01T09:00:00Z", text=None)], FEEDS)) is MET


def test_items_that_came_again_are_a_share_of_all() -> None:
    again = [*ITEMS[:98], item(0), item(500, source_id="s1", text="text 1")]
    found = ingestion.duplicate_share(again)
    assert (found.value, found.n) == (0.02, 100)
    assert verdict(ingestion.duplicate_share(ITEMS), "<= 0.01") is MET


def test_what_is_missing_is_no_duplicate() -> None:
    bare = [item(n, item_id=None, source_id=None, text=None) for n in range(5)]
    blank = [item(n, item_id="", source_id="", text="") for n in range(5)]
    assert ingestion.duplicate_share([*bare, *blank]).value == 0


def test_the_field_that_lacks_most_is_named() -> None:
    lacking = [*ITEMS[:97], item(97, text=None), item(98, text="  "), item(99, entity_id="")]
    found = ingestion.missing_share(lacking)
    assert (found.value, found.detail) == (0.02, "text is missing in 2")
    assert verdict(found, "<= 0.01") is BREACHED
    assert verdict(ingestion.missing_share(ITEMS), "<= 0.01") is MET


def source(number: int, **change: Any) -> Source:
    fields = {
        "source_id": f"s{number}", "feed": "f", "origin": "o", "url": "https://h.example/", "capture_timestamp": NOW,
        "content_hash": f"{number}", "document_type": "t",
    }  # fmt: skip
    return Source(**{**fields, **change})


def test_items_of_unknown_sources_or_entities_are_orphans() -> None:
    known = {f"s{n}": source(n) for n in range(3)}
    found = ingestion.orphans([item(n) for n in range(4)], known, {"e0": True, "e1": False})
    assert (found.value, found.n, found.detail) == (2, 4, "i1, i3")
    assert verdict(ingestion.orphans([item(n) for n in range(3)], known, {})) is MET
    assert verdict(ingestion.orphans([item(1, item_id=None)], {}, {})) is BREACHED


def test_items_whose_sources_changed_or_are_foreign_are_unproven() -> None:
    sources = [source(0), source(1), source(2, url="https://evil.example/"), source(3, feed="x")]
    found = ingestion.unproven(sources, {"s0": "0", "s2": "2", "s3": "3"}, FEEDS)
    assert (found.value, found.detail) == (3, "s1, s2, s3")


def test_no_item_is_nothing_seen() -> None:
    for reading in (
        ingestion.schema_errors([], FEEDS), ingestion.duplicate_share([]), ingestion.missing_share([]),
        ingestion.orphans([], {}, {}), ingestion.unproven([], {}, FEEDS), ingestion.volume_ratios([], FEEDS, NOW),
    ):  # fmt: skip
        assert verdict(reading) is INCONCLUSIVE


def hours(until: datetime = NOW, weeks: int = 9, items: int = 60, feed: str = "f") -> list[HourCount]:
    end = until.replace(minute=0)
    first = end - timedelta(weeks=weeks)
    return [
        HourCount(hour=first + timedelta(hours=n), feed=feed, items=items)
        for n in range(weeks * 7 * 24 + (until > end))
    ]


def test_a_list_that_is_all_the_node_counts_is_whole() -> None:
    assert ingestion.not_listed(ITEMS, hours(), SINCE, NOW) is None
    assert ingestion.not_listed([*ITEMS, item(5, ingested_at=None)], hours(), SINCE, NOW) is None
    unplaced = [item(n, ingested_at=None) if n % 7 == 0 else item(n) for n in range(1440)]
    assert ingestion.not_listed(unplaced, hours(), SINCE, NOW) is None


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (ITEMS[-60:], "nothing from 2026-03-01 12:30 to"),
        (ITEMS[:700], "nothing from 2026-03-02 00:09 to"),
        (ITEMS[::2], "counts 1380 items in whole hours and lists 690"),
        ([item(n) for n in range(0, 1440, 25)], "counts 1380"),
        ([item(1, ingested_at=None)], "counts 1380 items in whole hours and lists 1"),
    ],
)
def test_a_list_that_is_less_than_the_node_counts_is_missed(listed: list[IngestedItem], words: str) -> None:
    missing = ingestion.not_listed(listed, hours(), SINCE, NOW)
    assert isinstance(missing, Unseen)
    assert words in missing.detail


def test_a_day_is_held_against_the_same_day_of_earlier_weeks() -> None:
    usual = ingestion.volume_ratios(hours(), ["f"], NOW)["f"]
    assert isinstance(usual, Measurement)
    assert usual.value == 1
    end = NOW.replace(minute=0)
    halved = [
        HourCount(hour=each.hour, feed="f", items=20 if each.hour >= end - timedelta(days=1) else 60)
        for each in hours()
    ]
    assert verdict(ingestion.volume_ratios(halved, ["f"], NOW), ">= 0.5") is BREACHED


def test_a_feed_that_stopped_has_no_volume_and_one_without_a_past_no_usual() -> None:
    stopped = [each for each in hours() if each.hour < NOW - timedelta(days=2)]
    assert verdict(ingestion.volume_ratios(stopped, ["f"], NOW), ">= 0.5") is BREACHED
    assert verdict(ingestion.volume_ratios(hours(weeks=2), ["f"], NOW), ">= 0.5") is INCONCLUSIVE
    assert verdict(ingestion.volume_ratios(hours(feed="other"), ["f"], NOW), ">= 0.5") is INCONCLUSIVE
    assert verdict(ingestion.volume_ratios(stopped, ["f", "g"], NOW), ">= 0.5") is BREACHED


def test_hours_of_the_future_count_for_nothing() -> None:
    future = [HourCount(hour=NOW + timedelta(hours=n), feed="f", items=10**9) for n in range(1, 99)]
    found = ingestion.volume_ratios([*hours(), *future], ["f"], NOW)["f"]
    assert isinstance(found, Measurement)
    assert found.value == 1
