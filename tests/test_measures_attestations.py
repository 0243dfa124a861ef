"""Which signed records count as a body's word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from junzi_audit.findings import Awaited, Measurement
from junzi_audit.measures import attestations as measures
from junzi_audit.model import DAY
from junzi_audit.seen.attested import Attestation, Decision
from junzi_audit.seen.people import misnamed, person
from tests.signing import ALL, NOW, OTHER, QUORUM, SUBJECT, attestation, attested

ENDED = NOW - 2.5 * DAY


def owed(*records: Attestation, problems: tuple[str, ...] = ()) -> measures.Owed:
    heard = measures.words(attested(*records), QUORUM, NOW)
    return measures.owed(SUBJECT, ENDED, heard, problems)


def test_a_quorate_review_in_time_is_the_days_it_took() -> None:
    taken = measures.days_taken(owed(attestation()), NOW)
    assert isinstance(taken, Measurement)
    assert taken.value == 1.5
    assert "Ada (chair), Ben (statistician), Cy (community member) on 2026-03-03" in taken.detail


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days_ago": -0.1}, "dated 2026-03-04, in the future"),
        ({"expires": NOW}, "expired on 2026-03-04"),
        ({"days_ago": 3}, "signed before there was anything to review"),
        ({"subject": OTHER}, "1 of another digest"),
        ({"decision": Decision.NOTED}, "noted, which decides nothing"),
    ],
)
def test_what_does_not_count_is_awaited_and_told(changes: dict[str, Any], words: str) -> None:
    taken = measures.days_taken(owed(attestation(**changes)), NOW)
    assert isinstance(taken, Awaited)
    assert (taken.since, taken.value) == (ENDED, 2.5)
    assert words in taken.detail


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        (ALL[:2], "nobody signed as community member, 2 of 3 people signed"),
        (
            (*ALL[:2], ("Dee", "comunity member")),
            "the plan knows no role 'comunity member', did you mean 'community member'?",
        ),
        ((*ALL[:2], (" ada ", "community member")), "nobody signed as community member, 2 of 3 people signed"),
        ((ALL[0], ("ADA", "chair"), ("Ada", "chair")), "1 of 3 people signed"),
    ],
)
def test_a_record_without_a_quorum_is_no_word(signed: tuple[tuple[str, str], ...], words: str) -> None:
    taken = measures.days_taken(owed(attestation(*signed)), NOW)
    assert isinstance(taken, Awaited)
    assert words in taken.detail


def test_nobody_at_all_is_awaited_and_a_malformed_record_is_told() -> None:
    taken = measures.days_taken(owed(problems=("x.yaml: not valid YAML",)), NOW)
    assert isinstance(taken, Awaited)
    assert taken.detail.endswith("is attested; x.yaml: not valid YAML")


def test_a_malformed_record_beside_a_sound_one_is_told_and_changes_nothing() -> None:
    taken = measures.days_taken(owed(attestation(), problems=("x.yaml: not valid YAML",)), NOW)
    assert isinstance(taken, Measurement)
    assert taken.detail.endswith("x.yaml: not valid YAML")


def test_a_copy_is_one_record() -> None:
    heard = measures.words(attested(attestation(), attestation(source="copy.yaml")), QUORUM, NOW)
    assert [word.record.source for word in heard] == ["a.yaml"]


def test_the_newest_decision_is_the_one_that_holds_and_the_first_is_the_one_in_time() -> None:
    rejected = attestation(decision=Decision.REJECTED, days_ago=2, remarks="The gap is not explained.")
    both = owed(rejected, attestation(days_ago=1))
    assert both.days(NOW) == 0.5
    found = measures.rejections(both)
    assert isinstance(found, Measurement)
    assert found.value == 0

    alone = measures.rejections(owed(rejected))
    assert isinstance(alone, Measurement)
    assert alone.value == 1
    assert alone.detail.endswith("on 2026-03-02: The gap is not explained")


def test_nothing_decided_is_no_rejection_but_awaited() -> None:
    found = measures.rejections(owed())
    assert isinstance(found, Awaited)
    assert found.value == 0


def test_the_tables_show_every_record_and_every_week() -> None:
    heard = measures.words(attested(attestation(), attestation(*ALL[:1], source="b.yaml")), QUORUM, NOW)
    rows = measures.table(heard, QUORUM, "attestations").rows
    assert [(row[0], str(row[5])[:11]) for row in rows] == [("b.yaml", "not quorate"), ("a.yaml", "counts")]
    assert rows[1][4] == "Ada (chair); Ben (statistician); Cy (community member)"  # a name may hold commas
    shown = measures.waiting({"W9": owed(attestation()), "W8": owed()}, NOW, 7)
    assert [row[:3] for row in shown.rows] == [("W9", 1.5, "approved"), ("W8", 2.5, "waits")]
    assert shown.chart is not None
    assert shown.chart.limit == 7


def test_a_late_review_is_as_late_as_it_was() -> None:
    heard = measures.words(attested(attestation(days_ago=1)), QUORUM, NOW)
    late = measures.owed(SUBJECT, NOW - timedelta(days=10), heard, ())
    assert late.days(NOW) == 9


@pytest.mark.parametrize("source", ["0.yaml", "z.yaml"])
def test_of_one_day_a_rejection_is_what_holds(source: str) -> None:
    found = measures.rejections(owed(attestation(decision=Decision.REJECTED, source=source), attestation(days_ago=0.9)))
    assert isinstance(found, Measurement)
    assert found.value == 1


def test_an_older_approval_does_not_hold_again_when_a_rejection_expires() -> None:
    lapsed = attestation(decision=Decision.REJECTED, expires=NOW - timedelta(hours=1))
    found = measures.rejections(owed(lapsed, attestation(days_ago=2)))
    assert isinstance(found, Measurement)
    assert found.value == 1
    inquorate = attestation(*ALL[:2], decision=Decision.REJECTED, expires=NOW - timedelta(hours=1))
    again = measures.rejections(owed(inquorate, attestation(days_ago=2)))
    assert isinstance(again, Measurement)
    assert again.value == 0


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Ren\u00e9", "Rene\u0301", "Ren\u200b\u00e9"), "1 of 3 people signed"),
        (("Ada Ng", "\uff21da  Ng", "Ada\u00adNg"), "1 of 3 people signed"),
        (("Ada Ng", "\u0410da Ng", "Ben"), "mixes Cyrillic with Latin letters"),
        (("Ada Ng", "Ada \u041e\u0441", "Ben"), "mixes Cyrillic with Latin letters"),
        (("Ada Ng", "Ada\u674e Ng", "Ben"), "mixes East Asian with Latin letters"),
        (("\u200b", "Ben", "Cy"), "holds nothing to be seen"),
    ],
)
def test_one_person_is_no_quorum_however_the_name_is_written(names: tuple[str, ...], words: str) -> None:
    signed = tuple(zip(names, QUORUM.roles, strict=True))
    taken = measures.days_taken(owed(attestation(*signed)), NOW)
    assert isinstance(taken, Awaited)
    assert words in taken.detail


@pytest.mark.parametrize(
    "name",
    [
        "Ada Ng",
        "\u5c71\u7530 \u306f\u306a\u30b3",
        "\u0418\u0432\u0430\u043d",
        "O\u2019Neill-Stra\u00dfe",
        "Ng\u0129 Th\u1ecb",
        "Li Wei \u674e\u4f1f",
        "Y\u016bko Yamada (\u5c71\u7530 \u512a\u5b50)",
    ],
)
def test_names_of_one_script_are_names(name: str) -> None:
    assert misnamed(name) == ""
    assert person(name) == person(name.upper())
