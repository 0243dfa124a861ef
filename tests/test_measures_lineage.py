"""Lineage: each link from a published alert to the bytes it rests on, and its name when it is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import lineage
from junzi_audit.measures.rehashed import Rehashed, rehashed
from junzi_audit.model import Cause
from junzi_audit.records import Alert
from tests.test_measures_sampling import AT, World, source

HOUR = timedelta(hours=1)
SOURCES = {f"s{number}": source(number) for number in range(6)}
LISTED = lineage.Listed(ids=SOURCES, since=AT - HOUR, until=AT + HOUR)


def alert(key: str, *ids: str, after: timedelta = HOUR) -> Alert:
    return Alert(
        alert_id=key, entity_id="e", risk_id="r", published_at=AT + after, status="published",
        source_ids=ids, bias_audit_id="b",
    )  # fmt: skip


def ends(*alerts: Alert, world: World | None = None, listed: lineage.Listed = LISTED) -> list[str]:
    looked = rehashed(list(SOURCES.values()), (world or World(6)).look)
    return [way.end for way in lineage.links(alerts, SOURCES, looked, listed)]


def test_a_whole_way_leads_to_the_bytes_as_they_were_captured() -> None:
    assert ends(alert("a", "s0", "s1")) == ["whole", "whole"]


def test_every_broken_link_has_its_name() -> None:
    assert ends(alert("a")) == ["names no source"]
    assert ends(alert("a", "s0", "s9")) == ["whole", "no such source"]
    assert ends(alert("a", "s0", after=-HOUR)) == ["captured after the alert was published"]
    assert ends(alert("a", "s1"), world=World(6, altered=[1])) == ["bytes altered"]
    assert ends(alert("a", "s1"), world=World(6, gone=[1])) == ["bytes gone"]
    hidden = replace(LISTED, ids={"s0"})
    assert ends(alert("a", "s0", "s1"), listed=hidden) == ["whole", "left out of the list the sample was drawn from"]
    assert ends(alert("a", "s1"), listed=replace(hidden, since=AT + HOUR)) == ["whole"]


def test_alerts_are_counted_once_however_many_links_are_broken() -> None:
    reading = lineage.broken_lineage(
        [alert("a", "s8", "s9"), alert("b", "s0"), alert("c")], SOURCES, Rehashed(), LISTED
    )
    assert isinstance(reading, Measurement)
    assert (reading.value, reading.n) == (2, 3)
    assert "c (-: names no source)" in reading.detail
    (table,) = reading.exhibits
    assert [row[4].startswith("BROKEN") for row in table.rows if isinstance(row[4], str)] == [True, True, True, False]
    assert table.rows[-1][4] == lineage.UNREAD


def test_bytes_are_followed_for_the_alerts_drawn_first_each_source_once() -> None:
    alerts = [alert("a", "s0"), alert("b", "s1", "s0", "s9"), alert("c", "s2")]
    found = lineage.cited(alerts, SOURCES, ["b", "a", "c"], 2)
    assert [each.source_id for each in found] == ["s1", "s0"]


def test_bytes_that_cannot_be_read_leave_the_broken_records_standing() -> None:
    looked = rehashed(list(SOURCES.values()), World(6, dead=0).look)
    reading = lineage.broken_lineage([alert("a", "s9")], SOURCES, looked, LISTED)
    assert not isinstance(reading, Measurement | Unseen)
    assert isinstance(reading[""], Measurement)
    assert reading[""].value == 1
    assert isinstance(reading["bytes"], Unseen)
    assert reading["bytes"].cause is Cause.UNREACHABLE
