"""Logs: form, criticals, storms, and signatures that are the same whatever the order, the ids or the attack."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from junzi_audit.measures import coverage
from junzi_audit.measures import logs as measures
from junzi_audit.model import Cause, Verdict
from junzi_audit.probes.logs import MASKED
from junzi_audit.records import LogLine
from tests.judging import verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
BREACHED, INCONCLUSIVE, MET = Verdict.BREACHED, Verdict.INCONCLUSIVE, Verdict.MET


def line(minutes_ago: float = 60, **change: Any) -> LogLine:
    fields = {
        "text": "{}", "is_json": True, "timestamp": NOW - timedelta(minutes=minutes_ago), "level": "INFO",
        "trace_id": "t0", "prefix": "[JUNZI-RiskProfilerAgent]", "event": "score calculated",
    }  # fmt: skip
    return LogLine(**{**fields, **change})


def critical(minutes_ago: float = 60, **change: Any) -> LogLine:
    return line(minutes_ago, **{"level": "CRITICAL", "trace_id": "c1", "event": "storage full", **change})


def answer(minutes_ago: float = 58, **change: Any) -> LogLine:
    return line(minutes_ago, **{"event": "critical acknowledged", "acknowledges": "c1", **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_json": False}, "1 not a JSON object"),
        ({"timestamp": None}, "1 without an instant"),
        ({"level": "info"}, "1 without a published level"),
        ({"level": ""}, "1 without a published level"),
        ({"trace_id": ""}, "1 without a trace id"),
        ({"prefix": "[JUNZI-]"}, "1 without an agent prefix"),
        ({"prefix": "[JUNZI-X] "}, "1 without an agent prefix"),
        ({"prefix": ""}, "1 without an agent prefix"),
        ({"prefix": "[JUNZI-X]\n"}, "1 without an agent prefix"),
    ],
)
def test_a_line_of_another_form_is_counted_and_named(change: dict[str, Any], words: str) -> None:
    found = measures.malformed([line(), line(**change)])
    assert (found.value, found.n, found.detail) == (1, 2, words)
    assert verdict(measures.malformed([line()])) is MET


def test_masked_lines_are_counted_by_kind_and_a_node_cannot_fill_the_report_with_them() -> None:
    masked = [line(text=f"a {MASKED}e-mail⟧ b {MASKED}e-mail⟧"), line(text=f"{MASKED}telephone⟧"), line()]
    found = measures.personal_data(masked, MASKED)
    assert (found.value, found.n, found.detail) == (2, 3, "e-mail 2×, telephone 1×")
    hostile = measures.personal_data([line(text=f"{MASKED}{n}\x1b[31m" + "x" * 99_999) for n in range(99)], MASKED)
    assert hostile.detail.isprintable()
    assert len(hostile.detail) < 500


@pytest.mark.parametrize(
    ("lines", "unanswered"),
    [
        ([line()], 0),
        ([critical(), answer()], 0),
        ([answer(), critical()], 0),
        ([critical(), answer(55)], 0),
        ([critical(), answer(54.9)], 1),
        ([critical(), answer(61)], 1),
        ([critical()], 1),
        ([critical(), answer(acknowledges="c2")], 1),
        ([critical(), answer(event="noticed")], 1),
        ([critical(acknowledges="c1")], 1),
        ([critical(acknowledges="c1", event="critical acknowledged")], 1),
        ([critical(), answer(timestamp=None)], 1),
        ([critical(4.9)], 0),
        ([critical(5.1)], 1),
        ([critical(-60)], 1),
        ([critical(-600_000)], 1),
        ([critical(timestamp=None)], 1),
        ([critical(timestamp=None), answer()], 0),
        ([critical(trace_id=""), answer(acknowledges="")], 1),
        ([critical(), critical(59, trace_id="c2"), answer()], 1),
    ],
)
def test_a_critical_is_acknowledged_by_another_line_within_five_minutes(lines: list[LogLine], unanswered: int) -> None:
    found = measures.unanswered(lines, NOW)
    assert (found.value, found.n) == (unanswered, len(lines))
    assert ("trace" in found.detail) == bool(unanswered)


def test_no_line_is_nothing_seen() -> None:
    for reading in (
        measures.malformed([]), measures.personal_data([], MASKED), measures.unanswered([], NOW),
        measures.new_signatures([], {}), measures.most_in_five_minutes([]),
    ):  # fmt: skip
        assert verdict(reading, "<= 100") is INCONCLUSIVE


def test_a_log_of_a_part_of_the_day_is_not_the_day() -> None:
    whole = [line(minutes) for minutes in range(1, 1440, 10)]
    assert measures.gap(whole, SINCE, NOW) is None
    for part in (whole[:6], whole[-6:], whole[:60] + whole[80:]):
        missing = measures.gap(part, SINCE, NOW)
        assert missing is not None
        assert missing.cause is Cause.STALE
        assert verdict(coverage.whole(measures.malformed(part), missing)) is INCONCLUSIVE
        broken = measures.malformed([*part, line(is_json=False)])
        assert verdict(coverage.whole(broken, missing)) is BREACHED


def test_most_errors_in_five_minutes() -> None:
    storm = [line(100 + n / 100, level="ERROR") for n in range(150)]
    found = measures.most_in_five_minutes([*storm, line(300, level="ERROR"), line()])
    assert (found.value, found.detail) == (150, "from 2026-03-02 10:18 UTC")
    spread = [line(n, level="CRITICAL") for n in range(0, 600)]
    assert measures.most_in_five_minutes(spread).value == 5
    assert measures.most_in_five_minutes([line(timestamp=None, level="ERROR")]).value == 0


NUMBER = st.integers(0, 10**9).map(str)
ID = st.tuples(st.sampled_from(["src", "ent", "SRC", "RSK"]), st.integers(0, 10**7)).map(lambda p: f"{p[0]}-{p[1]:07}")
HEX = st.binary(min_size=4, max_size=16).map(bytes.hex).filter(lambda text: any(letter.isdigit() for letter in text))
VARIABLE = st.one_of(NUMBER, ID, HEX, st.uuids().map(str), NUMBER.map("'{}'".format), st.ip_addresses(v=4).map(str))
KINDS = [
    "capture {} timed out after {} ms",
    "document {}: bad byte at {}",
    "score for {} took {} attempts",
    "replica {} fell behind by {} B",
]


@settings(max_examples=200)
@given(st.sampled_from(KINDS), st.tuples(VARIABLE, NUMBER), st.tuples(VARIABLE, NUMBER))
def test_lines_that_differ_in_ids_and_numbers_have_the_same_signature(
    kind: str, mine: tuple[str, str], theirs: tuple[str, str]
) -> None:
    one, other = (measures.signature(line(level="ERROR", event=kind.format(*values))) for values in (mine, theirs))
    known = {one: 1}
    assert verdict(measures.new_signatures([line(level="ERROR", event=kind.format(*theirs))], known)) is MET
    assert not any(letter.isdigit() for letter in one)
    if mine[0][0].isdigit() == theirs[0][0].isdigit() and "-" not in mine[0] + theirs[0]:
        assert one == other


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), NUMBER, st.sampled_from(["ERROR", "CRITICAL", "INFO"])), max_size=30),
    st.randoms(),
)
def test_signatures_do_not_depend_on_order(kinds: list[tuple[str, str, str]], shuffle: random.Random) -> None:
    lines = [line(event=kind.format(number, number), level=level) for kind, number, level in kinds]
    shuffled = list(lines)
    shuffle.shuffle(shuffled)

    assert list(measures.signatures(shuffled).items()) == list(measures.signatures(lines).items())
    assert sum(measures.signatures(lines).values()) == sum(level != "INFO" for _, _, level in kinds)
    known = measures.signatures(lines)
    assert measures.new_signatures(shuffled, known).value == 0


@given(st.text(max_size=200), st.text(max_size=50), st.text(max_size=50))
def test_any_text_has_a_signature_and_is_known_once_it_was_seen(event: str, prefix: str, exception: str) -> None:
    strange = line(event=event, prefix=prefix, exception=exception, level="ERROR")
    assert measures.signature(strange) == measures.signature(strange)
    assert measures.new_signatures([strange], measures.signatures([strange])).value == 0


def new(event: str, *known: str, **change: Any) -> bool:
    stored: Mapping[str, int] = measures.signatures([line(event=each, level="ERROR") for each in known])
    return measures.new_signatures([line(event=event, **{"level": "ERROR", **change})], stored).value == 1


def test_a_kind_is_known_by_most_of_its_words() -> None:
    known = "capture from wire.news.example timed out after 500 ms"
    assert not new("capture from filings.court.example timed out after 7 ms", known)
    assert new("capture from wire.news.example was refused by the host", known)
    assert new("database lost", known)
    assert not new(known, known, prefix="[JUNZI-BiasAuditAgent]")
    assert new(known, known, level="CRITICAL")
    assert new(known, known, exception="ValueError")
    assert new(f"{known} again", known)


def test_numbers_do_not_make_two_kinds_alike() -> None:
    assert new("17 42 9 8 lost", "1 2 3 4 found")
    assert new("audit of r-1 deleted 5 rows", "audit of r-1 exceeded 5 ms")
    assert not new("1 2 3 4 found", "5 6 7 8 found")


def test_nothing_known_makes_every_kind_new_and_names_it() -> None:
    found = measures.new_signatures(
        [line(level="ERROR", event="x" * 9999), line(level="ERROR", event="disk 7 lost")] * 3, {}
    )
    assert (found.value, found.n) == (2, 6)
    assert "disk * lost (3×)" in found.detail
    assert len(found.detail) < 400


NASTY = [
    "a-" + "1" * 400 + "g", "1" * 499, "'" * 499, '"a' * 249, "a" * 499, "a-" * 249, "0x" * 249, "1." * 249,
    "f" * 499 + "g", "a:" + "f" * 490 + "1g", "12345678-" * 55,
]  # fmt: skip


@pytest.mark.parametrize("event", NASTY)
def test_a_hostile_event_has_a_signature_soon(event: str) -> None:
    event = event * 2000
    hostile = [line(level="ERROR", event=event, exception=event) for _ in range(200)]
    begun = time.perf_counter()
    measures.signatures(hostile)
    assert time.perf_counter() - begun < 2
