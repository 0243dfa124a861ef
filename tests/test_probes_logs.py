"""A log with personal data masked before it is stored: little missed, little mistaken, and soon done."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from junzi_audit.launch import LaunchedNode
from junzi_audit.measures import logs as measures
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Bounds
from junzi_audit.probes.logs import MASKED, Logs, mask
from tests.audited import ROOT
from tests.hostile import Hostile, Looking, answers, looking, server

__all__ = ["looking", "server"]

UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=1)

#: Reserved for documentation and tests: example.org, 555-01xx, published test cards and accounts.
PERSONAL = {
    "e-mail": [
        "anna@example.org", "anna.smith+junzi@mail.example.co.uk", "josé@example.org", "a_b-c@sub.example.museum",
        "mailto:anna@example.org", "<anna@example.org>", "'anna@example.org'", "anna@example.org.", "ANNA@EXAMPLE.ORG",
        "anna\\u0040example.org", "anna@münchen.example", "to=anna@example.org;", "anna@xn--mnchen-3ya.example",
    ],
    "telephone": [
        "415-555-0132", "(415) 555-0132", "415.555.0132", "415 555-0132", "1-800-555-0199", "+1 415 555 0132",
        "+14155550132", "+1 (415) 555-0132", "+44 20 7946 0958", "+442079460958", "+49 30 1234567", "+49 (30) 1234567",
        "+33 1 23 45 67 89", "+86 10 1234 5678", "+61 2 5550 1234", "0049 30 1234567", "0044 20 79460958",
        "(030) 1234567", "089/1234567", "01632 960983", "01 23 45 67 89", "tel:+14155550132", "tel:415-555-0132",
        "tel.: 612345678",
        '"phone": 4155550132', '"phone": "415 555 0132"', "phone_number=4155550132", "mobile 4155550132",
        "Fax: 030 1234567",
        '\\"phone\\": \\"4155550132\\"', "call +1-415-555-0132 now",
    ],
    "national id": [
        "123-45-6789", "SSN 123-45-6789.", "ssn=219-09-9999", '{"ssn":"123456789"}', "ssn_123-45-6789",
        "Social Security Number: 123 45 6789",
    ],
    "payment card": [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "378282246310005",
        "3782 822463 10005", "6011111111111117", "3530111333300000", "30569309025904", "4222222222222",
        "2223003122003222",
        "pan=4111111111111111,",
    ],
    "bank account": [
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432",
        "FR1420041010050500013M02606",
        "NL91ABNA0417164300", "iban=DE89370400440532013000;", "DE89 3704 0044 0532 0130 00 WAS REFUSED",
    ],
}  # fmt: skip

HARMLESS = [
    "2026-11-23T13:13:57.123Z", "2026-11-23T13:13:57.123456+01:00", "2026-11-23 13:13:57", "20261123T131357Z", "1.2.3",
    "v2026.11.23", "3.11.7rc1", "10.20.30.40", "192.168.100.100:8080", "2001:db8::4155:5501:3200", "ent-00017",
    "SRC-0000123",
    "RSK-0012345", "trace 4f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e", "550e8400-e29b-41d4-a716-446655440000",
    "0.4111111111111111",
    "1763903637123", "1763903637123456", "1763903637123456789", "-122.4194155 37.7749295",
    "https://user@host.example/path",
    "postgres://app:secret@db.example.org/junzi", "ssh user@10.0.0.1", "react@18.2.0", "lib@1.10.12",
    "status 200 512 2048",
    "took 120 300 400 ms", "sizes 100 200 300", "GET /a?page=2 HTTP/1.1 200 1234 5678", "range 1000-2000-3000",
    "AB12CDEF34AB12CDEF34AB12CDEF34AB", "sha256:4111111111111111aaaa", "4111111111111112", "0000111122223333",
    "000-12-3456",
    "666-12-3456", "900-12-3456", "123-45-67890", "ORD-415-555-0132", "99.4155550132", "1e+1234567890", "+00:00",
    "+0100",
    "retry +5 of 10", "127.0.0.1 - - [23/Nov/2026:13:13:57 +0000]",
    '{"channel": "mobile", "at": "2026-11-23T13:13:57Z"}',
    "session 123456789", "classn 123456789", "ssn 12345678901",
    "telemetry 12345678901", "cell 3 of 5", "12345678901234567890123", "pid 4155550132", "DE12 is a model", "GB2312",
    "@example", "a@b", "@app.route", "00017 1234567", "block 0x4111111111111111", "offset 3782822463",
    "p95=499.999 n=1234567",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in PERSONAL.items() for text in texts])
def test_personal_data_is_masked_wherever_it_stands(kind: str, text: str) -> None:
    for line in (text, f"before {text} after", json.dumps({"event": "x", "by": "@"})[:-1] + f', "text": "{text}"}}'):
        masked = mask(line.encode()).decode()
        assert f"{MASKED}{kind}⟧" in masked, masked
        assert not re.search(r"\d{5}|example", masked), masked


@pytest.mark.parametrize("text", HARMLESS)
def test_what_a_log_is_full_of_is_left_alone(text: str) -> None:
    for line in (text, f"before {text} after", f'{{"event": "{text}"}}' if '"' not in text else text):
        assert mask(line.encode()).decode() == line


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone
IDS = st.tuples(st.sampled_from(["ent", "SRC", "rsk", "itm", "d"]), st.integers(0, 10**9)).map(
    lambda p: f"{p[0]}-{p[1]:07}"
)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        INSTANTS.map(stamp), INSTANTS.map(lambda at: f"{at.timestamp():.6f}"),
        INSTANTS.map(lambda at: str(int(at.timestamp() * 1000))),
        IDS, st.uuids().map(str), st.ip_addresses().map(str), st.binary(min_size=16, max_size=32).map(bytes.hex),
        st.integers(-(10**6), 10**6).map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.tuples(*[st.integers(0, 99)] * 3).map(lambda parts: ".".join(map(str, parts))),
    )
)  # fmt: skip
def test_instants_ids_addresses_hashes_and_numbers_are_no_personal_data(text: str) -> None:
    line = json.dumps({"event": f"seen {text} again", "value": text}).encode()
    assert mask(line) == line


LOCAL = st.from_regex(r"[a-z][a-z0-9._+-]{0,20}[a-z0-9]", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9](\.[a-z]{2,8}){1,3}", fullmatch=True)


@settings(max_examples=200, deadline=None)
@given(LOCAL, DOMAIN)
def test_every_plain_address_is_masked(local: str, domain: str) -> None:
    assert mask(f'{{"by": "{local}@{domain}"}}'.encode()).decode() == f'{{"by": "{MASKED}e-mail⟧"}}'


def luhn(digits: str) -> str:
    doubled = [int(d) * 2 - 9 * (int(d) > 4) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits))]
    return f"{digits}{-sum(doubled) % 10}"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["4", "51", "55", "2221", "6011", "65", "3528"]),
    st.integers(0, 10**15),
    st.sampled_from(["", " ", "-"]),
)
def test_every_card_of_a_known_issuer_is_masked_and_none_with_a_wrong_digit(start: str, number: int, gap: str) -> None:
    digits = luhn((start + f"{number:015}")[:15])
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    shown = [gap.join(each[n : n + 4] for n in range(0, 16, 4)) for each in (digits, wrong)]

    assert mask(shown[0].encode()).decode() == f"{MASKED}payment card⟧"
    assert mask(shown[1].encode()).decode() == shown[1]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff@\xff.\xff\xff")
def test_masking_never_fails_and_again_changes_nothing(body: bytes) -> None:
    once = mask(body)
    assert mask(once) == once


NASTY = [b"a", b"4", b"4 ", b"a.", b"a@a.", b"+1", b"(415) ", b"DE89 ", b"ab://", b"phone ", b"@", b"a-a.", b"0049 30 ",
         b"\xc3\xa9", b"AB12 ", b"1234-", b"01 23 ", b"phone:1", b'"phone": "4'.ljust(12, b"1")]  # fmt: skip


@pytest.mark.parametrize("part", NASTY)
def test_a_hostile_log_is_masked_in_time(part: bytes) -> None:
    body = part * (2_000_000 // len(part))
    begun = time.perf_counter()
    mask(body)
    assert time.perf_counter() - begun < 4


def line(at: datetime = SINCE, **change: object) -> bytes:
    fields = {"timestamp": stamp(at), "level": "INFO", "trace_id": "t", "prefix": "[JUNZI-X]", "event": "e", **change}
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


@pytest.fixture
def logs(server: Hostile, looking: Looking) -> Logs:
    return Logs(looking.surface(server.url), looking.store)


def test_lines_are_read_masked_and_stored_masked(logs: Logs, server: Hostile, looking: Looking) -> None:
    server.pages["/logs"] = answers(line(event="from anna@example.org") + line())

    first, second = logs.lines(SINCE, UNTIL)

    assert first.event == "from ⟦personal data: e-mail⟧"
    assert (second.timestamp, second.level, second.is_json) == (SINCE, "INFO", True)
    assert b"anna" not in looking.written()


def test_an_error_page_is_masked_too(logs: Logs, server: Hostile, looking: Looking) -> None:
    server.pages["/logs"] = answers(b"ask anna@example.org", "500 Oops")

    with pytest.raises(Unobservable):
        logs.lines(SINCE, UNTIL)
    assert b"anna" not in looking.written()


@pytest.mark.parametrize(
    "body",
    [b"plain words", b"[1]", b"5", b"null", b'"x"', b"{", b"[" * 100_000,
     b'{"a":' * 20_000, b"1" * 5000, b'{"event": "\xff"}',
     b"\0", b"<html>"],
)  # fmt: skip
def test_a_line_that_is_no_object_is_kept_as_that(body: bytes, logs: Logs, server: Hostile) -> None:
    server.pages["/logs"] = answers(body + b"\n" + line())

    assert [each.is_json for each in logs.lines(SINCE, UNTIL)] == [False, True]


@pytest.mark.parametrize("letter", ["\u2028", "\u2029", "\x85", "\ufeff", "\u00a0"])
def test_a_line_ends_at_a_line_feed_and_nowhere_else(letter: str, logs: Logs, server: Hostile) -> None:
    server.pages["/logs"] = answers(line(event=f"a{letter}b"))

    (only,) = logs.lines(SINCE, UNTIL)
    assert only.event == f"a{letter}b"


def test_half_a_surrogate_pair_can_be_written_on(logs: Logs, server: Hostile) -> None:
    server.pages["/logs"] = answers(b'{"event": "\\ud800", "level": "\\udfff"}\n')

    (only,) = logs.lines(SINCE, UNTIL)
    assert only.event.encode() == b"?"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "now", "2026-03-02T11:00:00", 5, None, [], ""])
def test_a_line_without_an_instant_is_kept(at: object, logs: Logs, server: Hostile) -> None:
    server.pages["/logs"] = answers(line(timestamp=at, level=5, trace_id=None))

    (only,) = logs.lines(SINCE, UNTIL)
    assert (only.timestamp, only.level, only.trace_id, only.is_json) == (None, "", "", True)


def test_a_log_that_was_cut_off_is_malformed(logs: Logs, server: Hostile) -> None:
    server.pages["/logs"] = answers(line() + line()[:20])

    with pytest.raises(Unobservable) as caught:
        logs.lines(SINCE, UNTIL)
    assert caught.value.cause is Cause.MALFORMED


def test_an_empty_log_has_no_lines(logs: Logs, server: Hostile) -> None:
    server.pages["/logs"] = answers(b"")

    assert logs.lines(SINCE, UNTIL) == ()


def test_a_file_is_read_for_the_interval_and_masked(looking: Looking, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    early, late, text = line(SINCE - timedelta(seconds=1)), line(UNTIL), line(event="to 415-555-0132")
    path.write_bytes(early + text + late + b"\r\nno instant\r\n\n" + line(UNTIL - timedelta(seconds=1))[:-1])

    found = Logs(looking.surface("http://127.0.0.1:1"), looking.store, path=path).lines(SINCE, UNTIL)

    assert [each.event for each in found] == ["to ⟦personal data: telephone⟧", "", "e"]
    assert b"555-0132" not in looking.written()


def test_a_file_that_is_not_there_is_unreachable(looking: Looking, tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(Unobservable) as caught:
            Logs(looking.surface("http://127.0.0.1:1"), looking.store, path=path).lines(SINCE, UNTIL)
        assert caught.value.cause is Cause.UNREACHABLE


@pytest.fixture(scope="module")
def honest() -> Iterator[LaunchedNode]:
    command = ["{python}", "-m", "refnode", "--stop-with-stdin"]
    with LaunchedNode(command, keys=["JUNZI_API_KEY", "JUNZI_AUDIT_KEY"], ready_seconds=60, folder=ROOT) as node:
        node.wait_until_ready()
        yield node


def test_the_honest_log_has_no_personal_data_and_every_line_of_it_is_well_formed(
    honest: LaunchedNode, looking: Looking
) -> None:
    surface = looking.surface(honest.url + "/junzi/audit/v1", Bounds())
    surface._keys = {"TEST_KEY": honest.keys["JUNZI_AUDIT_KEY"]}
    now = datetime.now(UTC)

    lines = Logs(surface, looking.store).lines(now - timedelta(days=1), now)

    assert len(lines) > 1000
    assert measures.personal_data(lines, MASKED).value == 0
    assert measures.malformed(lines).value == 0
    assert measures.unanswered(lines, now).value == 0
    assert measures.gap(lines, now - timedelta(days=1), now) is None
    random.Random(1).shuffle(shuffled := list(lines))
    assert measures.signatures(shuffled) == measures.signatures(lines)
    assert 5 < len(measures.signatures(lines)) < 200
