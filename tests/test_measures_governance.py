"""The Board's agenda, and which meeting counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from junzi_audit.findings import Awaited, Measurement, Unseen
from junzi_audit.measures import attestations, governance
from junzi_audit.model import DAY, Cause
from junzi_audit.plan import load
from junzi_audit.seen.attested import Attestation, Open
from junzi_audit.seen.packs import Pack
from tests.signing import ALL, NOW, OTHER, QUORUM, attestation, attested
from tests.synthetic import ROOT

DUTIES = {duty.id: duty for duty in load(ROOT / "obligations").obligations}
BREACH = Open(kind="breach", duty="daily.bias-drift", since=NOW - 20 * DAY, told="<script>alert(1)</script>")
WAIVER = Open(kind="waiver", duty="daily.error-logs", since=NOW - 5 * DAY, told="Because.")


def agenda(*matters: Open, days_ago: float = 10) -> Pack:
    return governance.agenda("live", NOW - days_ago * DAY, matters, DUTIES)


def meetings(pack: Pack, *records: Attestation) -> governance.Meetings:
    heard = attestations.words(attested(*records), QUORUM, NOW)
    return governance.meetings(heard, {pack.digest: pack.body}, ("x.yaml: no record",), target="live", reach=31)


def test_the_agenda_holds_each_matter_and_the_day_but_no_time_and_no_run() -> None:
    pack = agenda(WAIVER, BREACH)
    content = json.loads(pack.body)
    assert [(item["kind"], item["duty"]) for item in content["items"]] == [
        ("breach", "daily.bias-drift"), ("waiver", "daily.error-logs"),
    ]  # fmt: skip
    assert content["items"][0]["owner"] == "Bias Monitoring Council"
    assert content["as_of"] == "2026-02-22"
    assert pack.digest == governance.agenda("live", NOW - 9.9 * DAY, (BREACH, WAIVER), DUTIES).digest
    assert pack.digest != agenda(BREACH).digest
    assert agenda().tables == ()


def test_a_quorate_meeting_on_a_known_agenda_is_the_days_since() -> None:
    pack = agenda(BREACH)
    seen = meetings(pack, attestation(subject=pack.digest, days_ago=8))
    days = governance.days_without(seen, NOW, limit=31, first=None)
    assert isinstance(days, Measurement)
    assert days.value == 8
    assert "minutes minutes.md; x.yaml: no record" in days.detail
    assert [row[1:] for row in governance.calendar(seen, NOW, 31).rows] == [(8, "counts")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": OTHER}, "is the digest of no agenda known here"),
        ({"minutes_sha256": ""}, "no SHA-256 of its minutes"),
        ({"days_ago": 12}, "not held within 31 days of its agenda of 2026-02-22"),
        ({"signed": ALL[:2]}, "not quorate: nobody signed as community member"),
        ({"expires": NOW - DAY}, "expired on"),
    ],
)
def test_a_meeting_that_does_not_count_is_told(changes: dict[str, Any], words: str) -> None:
    pack = agenda()
    given = {"subject": pack.digest, "days_ago": 5, **changes}
    seen = meetings(pack, attestation(*given.pop("signed", ()), **given))
    days = governance.days_without(seen, NOW, limit=31, first=NOW - 40 * DAY)
    assert seen.held is None
    assert isinstance(days, Awaited)
    assert words in days.detail
    gaps = governance.gaps(seen, (BREACH,), NOW, known=True)
    assert isinstance(gaps, Awaited)
    assert gaps.value == 0


@pytest.mark.parametrize("change", [{"target": "staging"}, {"what": "bias audit summary"}])
def test_a_meeting_on_what_was_not_prepared_for_this_target_does_not_count(change: dict[str, str]) -> None:
    pack = agenda()
    other = replace(pack, content={**pack.content, **change})
    assert meetings(pack, attestation(subject=pack.digest, days_ago=5)).held is not None
    seen = meetings(other, attestation(subject=other.digest, days_ago=5))
    assert seen.held is None
    assert "is the digest of no agenda known here" in seen.remarks[0]


def test_without_an_earlier_run_nobody_knows_what_was_open() -> None:
    pack = agenda()
    seen = meetings(pack, attestation(subject=pack.digest, days_ago=5))
    found = governance.gaps(seen, (), NOW, known=False)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.TOO_FEW


def test_where_nobody_ever_met_it_is_waited_for_since_the_first_audit() -> None:
    seen = meetings(agenda())
    for first, value in ((NOW - 40 * DAY, 40), (None, 0)):
        days = governance.days_without(seen, NOW, limit=31, first=first)
        assert isinstance(days, Awaited)
        assert days.value == value


def test_an_agenda_of_long_ago_is_none() -> None:
    pack = agenda(days_ago=40)
    seen = meetings(pack, attestation(subject=pack.digest, days_ago=5))
    assert seen.held is None
    assert "not held within 31 days of its agenda of 2026-01-23" in seen.remarks[0]


def test_an_old_meeting_is_waited_for_since_then() -> None:
    pack = agenda(days_ago=40)
    days = governance.days_without(
        meetings(pack, attestation(subject=pack.digest, days_ago=35)), NOW, limit=31, first=NOW - 90 * DAY
    )
    assert isinstance(days, Awaited)
    assert days.value == 35


@pytest.mark.parametrize(
    ("on_agenda", "decisions", "gaps"),
    [
        ((BREACH, WAIVER), {}, 0),
        ((), {}, 1),  # the waiver was granted after the meeting
        ((), {"daily.bias-drift": "rolled back"}, 0),
        ((WAIVER,), {"daily.error-logs": "noted"}, 1),
        ((), {"daily.bias-drift": " "}, 1),  # named, and nothing decided
    ],
)
def test_what_was_open_at_the_meeting_was_on_its_agenda_or_decided_by_name(
    on_agenda: tuple[Open, ...], decisions: dict[str, str], gaps: int
) -> None:
    pack = agenda(*on_agenda)
    seen = meetings(pack, attestation(subject=pack.digest, days_ago=8, decisions=decisions))
    found = governance.gaps(seen, (BREACH, WAIVER), NOW, known=True)
    assert isinstance(found, Measurement)
    assert found.value == gaps
    assert ("not decided: the breach of daily.bias-drift" in found.detail) == bool(gaps)


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"as_of": 5}', b'{"as_of": "soon"}', b'{"as_of": "2026-03-01", "items": [5]}', b"[" * 9999]
)
def test_bytes_that_are_no_agenda_are_none(body: bytes) -> None:
    record = attestation(subject=OTHER)
    heard = attestations.words(attested(record), QUORUM, NOW)
    assert governance.meetings(heard, {OTHER: body}, (), target="live", reach=31).held is None
