"""The councils' registers from a node that lies: malformed and said; and nothing kept that nobody reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from junzi_audit.declared.answering import Concerns, mistakes
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.registers import Registers
from junzi_audit.seen.pages import Page
from tests.hostile import Hostile, Looking, Play, answers, looking, server
from tests.registered import NOW, ago, concern

__all__ = ["looking", "server"]

SINCE = ago(days=30)
Row = dict[str, Any]
FINDING: Row = {
    "finding_id": "f1", "attribute": "party", "group": None, "measure": "selection_rate_gap", "gap": 0.2,
    "found_at": iso(ago(days=3)), "about": None, "owner": "A. Ng, a.ng@example.org", "mitigation": None, "due": None,
    "mitigated_at": None, "gap_after": None, "state": "open",
}  # fmt: skip
CONCERN: Row = {
    "concern_id": "c1", "kind": "concern", "channel": "letter", "received_at": iso(ago(days=3)),
    "acknowledged_at": None, "answered_at": None, "answer_published_at": None, "published_url": None,
    "severity": "low", "subject_type": None, "report_id": None, "state": "received",
}  # fmt: skip
CLOSED = {"state": "closed", "mitigated_at": iso(ago(days=1))}
READ: dict[str, tuple[str, Row, str, Row, Callable[[Registers], Any]]] = {
    "findings": ("/bias-findings", FINDING, "found_at", CLOSED, lambda all_: all_.bias_findings(SINCE, NOW)),
    "concerns": (
        "/concerns", CONCERN, "received_at", {"answered_at": iso(ago(days=1))}, lambda all_: all_.concerns(SINCE, NOW),
    ),
}  # fmt: skip


def ndjson(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def registers(server: Hostile, looking: Looking) -> Registers:
    return Registers(looking.surface(server.url), looking.surface(f"{server.url}/answers"))


@pytest.mark.parametrize("name", READ)
def test_what_is_open_may_be_old_and_what_is_settled_may_not(name: str, registers: Registers, server: Hostile) -> None:
    page, row, when, _, ask = READ[name]
    old = {**row, when: iso(ago(days=300))}
    server.pages[page] = answers(ndjson(old))
    assert len(ask(registers)) == 1
    assert b"since=2026-02-02" in server.heard[0]


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("wrong", ["old and settled", "future", "twice", "no object", "no zone", "cut"])
def test_a_register_that_cannot_be_is_malformed(name: str, wrong: str, registers: Registers, server: Hostile) -> None:
    page, row, when, settled, ask = READ[name]
    bodies = {
        "old and settled": ndjson({**row, **settled, when: iso(ago(days=300))}),
        "future": ndjson({**row, when: "2026-03-05T00:00:00Z"}),
        "twice": ndjson(row, row),
        "no object": ndjson([row]),
        "no zone": ndjson({**row, when: "2026-03-03T00:00:00"}),
        "cut": ndjson(row)[:-1],
    }
    server.pages[page] = answers(bodies[wrong])
    with pytest.raises(Unobservable) as caught:
        ask(registers)
    assert caught.value.cause is Cause.MALFORMED


@pytest.mark.parametrize("at", [None, "2026-03-04T12:00:01Z"])
def test_a_closed_finding_was_mitigated_before_now(at: str | None, registers: Registers, server: Hostile) -> None:
    server.pages["/bias-findings"] = answers(ndjson({**FINDING, "state": "closed", "mitigated_at": at}))
    with pytest.raises(Unobservable, match="not so: what is closed was mitigated before now"):
        registers.bias_findings(SINCE, NOW)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("findings", {"state": "closed", "mitigated_at": iso(ago(days=400))}),
        ("findings", {"state": "reopened", "mitigated_at": iso(ago(days=4))}),
        ("findings", {"state": "reopened", "mitigated_at": "2999-01-01T00:00:00Z"}),
        ("findings", {"due": iso(ago(days=4))}),
        ("concerns", {"acknowledged_at": iso(ago(days=4))}),
        ("concerns", {"acknowledged_at": "2999-01-01T00:00:00Z"}),
        ("concerns", {"answered_at": iso(ago(days=4))}),
        ("concerns", {"answered_at": "2999-01-01T00:00:00Z"}),
        ("concerns", {"answered_at": iso(ago(days=1)), "answer_published_at": iso(ago(days=2))}),
        ("concerns", {"answered_at": iso(ago(days=1)), "answer_published_at": "2999-01-01T00:00:00Z"}),
    ],
)
def test_nothing_is_done_before_it_came_nor_after_now(
    name: str, changes: Row, registers: Registers, server: Hostile
) -> None:
    page, row, _, _, ask = READ[name]
    server.pages[page] = answers(ndjson({**row, **changes}))
    with pytest.raises(Unobservable, match="not so: ") as caught:
        ask(registers)
    assert caught.value.cause is Cause.MALFORMED


@pytest.mark.parametrize(("seconds", "ok"), [(-60, True), (-61, False)])
def test_clocks_may_differ_by_a_minute(seconds: float, ok: bool, registers: Registers, server: Hostile) -> None:
    page, row, _, _, ask = READ["concerns"]
    before = datetime.fromisoformat(row["received_at"]) + timedelta(seconds=seconds)
    server.pages[page] = answers(ndjson({**row, "acknowledged_at": iso(before), "answered_at": None}))
    if ok:
        assert ask(registers)
        return
    with pytest.raises(Unobservable, match="it was received before it was acknowledged"):
        ask(registers)


def test_a_date_to_come_is_no_lie(registers: Registers, server: Hostile) -> None:
    server.pages["/bias-findings"] = answers(ndjson({**FINDING, "due": "2999-01-01T00:00:00Z"}))
    assert len(registers.bias_findings(SINCE, NOW)) == 1


def test_nothing_is_kept_of_what_a_node_should_not_have_told(
    registers: Registers, server: Hostile, looking: Looking
) -> None:
    server.pages["/concerns"] = answers(ndjson({**CONCERN, "contact": "Cy Marsh", "text": "My neighbour says"}))
    server.pages["/bias-findings"] = answers(ndjson(FINDING))
    registers.concerns(SINCE, NOW)
    (found,) = registers.bias_findings(SINCE, NOW)

    assert found.owner is not None
    assert found.owner.startswith("A. Ng, ⟦personal data")
    for told in (b"Cy Marsh", b"neighbour", b"a.ng@example.org"):
        assert told not in looking.written()


KEY = "CNC-00017"


def page(registers: Registers, url: str, key: str = KEY) -> Page:
    (found,) = registers.pages([concern(concern_id=key, published_url=url)])
    return found


@pytest.mark.parametrize(
    ("play", "shows", "cause"),
    [
        (answers(b"<p>Answer to CNC-00017.</p> Written by Cy Marsh"), True, None),
        (answers(b"<p>Answer to CNC-000170 and xCNC-00017.</p>"), False, None),
        (answers(b"", "404 Not Found"), False, None),
        (answers(b"CNC-00017", "410 Gone"), False, None),
        (answers(b"CNC-00017", "500 Oh"), False, Cause.SERVER_ERROR),
        (answers(b"CNC-00017", "403 No"), False, Cause.UNAUTHORISED),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_page_shows_its_concern_or_not_or_cannot_be_seen(
    play: Play, shows: bool, cause: Cause | None, whole: bool, registers: Registers, server: Hostile, looking: Looking
) -> None:
    server.pages[f"/answers/{KEY}"] = play
    found = page(registers, f"{server.url}/answers/{KEY}" if whole else f"/{KEY}")
    assert (found.shows, found.cause) == (shows, cause)
    assert b"Cy Marsh" not in looking.written()


class Everywhere(dict[str, Play]):
    """The same answer for every path, which may hold that path as it was asked."""

    def __init__(self, body: str, status: str = "200 OK") -> None:
        super().__init__()
        self._body, self._status = body, status

    def get(self, path: str, default: Any = None) -> Any:
        return super().get(path) or answers(self._body.format(path=unquote(path)).encode(), self._status)


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/CNC-00017", "Sorry, nothing is at {path}"),
        ("/CNC-00017", "The newest: CNC-00016, CNC-00017"),
        ("/a?id=CNC-00017", "The newest: CNC-00016, CNC-00017"),
        ("/%43NC-00017", "Sorry, nothing is at {path}"),
    ],
)
def test_a_page_that_is_the_same_whoever_is_asked_for_proves_nothing(
    url: str, body: str, registers: Registers, server: Hostile, looking: Looking
) -> None:
    server.pages = Everywhere(body)
    found = page(registers, url)
    assert (found.shows, found.cause) == (False, Cause.UNDEFINED)
    assert b"Sorry" not in looking.written()


@pytest.mark.parametrize(
    ("key", "cause"), [("1", True), ("C-1", True), ("2026", True), ("C-17", False), ("202611", False)]
)
def test_an_id_that_any_page_may_hold_names_nothing(
    key: str, cause: bool, registers: Registers, server: Hostile
) -> None:
    server.pages[f"/answers/{key}"] = answers(f"scale=1, C-1, 2026, {key}".encode())
    found = page(registers, f"/{key}", key)
    assert (found.shows, found.cause) == ((False, Cause.UNDEFINED) if cause else (True, None))


@pytest.mark.parametrize(
    ("status", "cause"),
    [("404 No", None), ("400 No", None), ("429 Wait", Cause.THROTTLED), ("500 Oh", Cause.SERVER_ERROR)],
)
def test_what_a_made_up_id_is_answered_must_be_seen(
    status: str, cause: Cause | None, registers: Registers, server: Hostile
) -> None:
    server.pages = Everywhere("nothing at {path}", status)
    server.pages.update({f"/answers/{KEY}": answers(KEY.encode())})
    found = page(registers, f"/{KEY}")
    assert (found.shows, found.cause) == (cause is None, cause)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/c1", "//elsewhere.example/c1", "/../c1", "/a/..", "/a/../c1?x", "c1", "", "/a b",
        "/a\n", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(url: str, registers: Registers, server: Hostile) -> None:
    assert page(registers, url) == Page(key=KEY, shows=False)
    assert server.heard == []


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (Concerns(), ""),
        (Concerns(answers="https://junzi.example/answers", pages=1), ""),
        (Concerns(answers="https://junzi.example/"), "answers"),
        (Concerns(answers="junzi.example"), "answers"),
        (Concerns(answers="https://u:p@junzi.example"), "answers"),
        (Concerns(pages=0), "pages"),
        (Concerns(pages=201), "pages"),
    ],
)
def test_a_table_that_cannot_be_is_told_by_its_key(table: Concerns, key: str) -> None:
    assert [words.split(":")[0] for words in mistakes(table)] == ([f"[concerns] {key}"] if key else [])
