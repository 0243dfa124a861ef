"""Schemathesis as a process of its own: keys never leave it, and what it found or could not do is told."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import contract, openapi
from junzi_audit.seen.trials import Contract
from tests.hostile import Hostile, answers

KEYS = ("first-secret-Kf9", "second-secret+/w==")
EFFORT = contract.Effort(examples=3, seconds=30, per_minute=0, writes=False, label="test", seed=1)
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/number": {
            "get": {
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}}
                }
            },
            "post": {"responses": {"201": {"description": ""}}},
        }
    },
}
JSON = "Content-Type: application/json"


def checked(page: bytes, *, status: str = "200 OK", **effort: Any) -> tuple[bytes, list[bytes]]:
    with contextlib.closing(Hostile()) as server:
        server.pages["/number"] = answers(page, status, JSON)
        events = contract.check(DOCUMENT, server.url, keys=KEYS, effort=contract.Effort(**{**vars(EFFORT), **effort}))
        return events, server.heard


def test_an_honest_answer_breaks_nothing_and_every_key_takes_its_turn_unseen() -> None:
    events, heard = checked(json.dumps(7).encode())
    found = contract.read(events)

    assert (found.failures, found.errors, found.complete) == ((), (), True)
    assert found.operations == 1
    assert found.cases == len([head for head in heard if b"/number" in head])
    for key in KEYS:
        assert any(key.encode() in head for head in heard)
        assert key.encode() not in events


def test_an_answer_of_another_type_is_a_failure_with_a_command_and_no_key() -> None:
    (failure,) = contract.read(checked(b'"seven"')[0]).failures

    assert failure.promise.startswith("GET /number: ")
    assert "integer" in failure.broken
    assert failure.curl.startswith('curl -sS -i -H "X-API-Key: $JUNZI_API_KEY" http://127.0.0.1:')


def test_a_key_that_the_server_echoes_is_not_kept() -> None:
    echo = json.dumps(" ".join(KEYS)).encode()
    events, _ = checked(echo)

    # The tool keeps bodies in Base64, where a key may begin at any of three places.
    assert not any(key.encode() in base64.b64decode(part) for key in KEYS for part in bodies(events))
    assert contract.read(events).failures


def bodies(events: bytes) -> list[str]:
    whole = [json.loads(line) for line in events.splitlines()]
    recorders = [event["ScenarioFinished"]["recorder"] for event in whole if "ScenarioFinished" in event]
    found = [each["response"] for recorder in recorders for each in recorder.get("interactions", {}).values()]
    return [each["content"]["$base64"] for each in found if each]


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_an_encoded_key_is_taken_out_wherever_it_begins(before: str, after: str) -> None:
    key = "first-secret-Kf9"
    coded = base64.b64encode((before + key + after).encode())
    left = base64.b64decode(contract.scrubbed(coded, [key]))

    assert len(left) < len(before + after) + 6
    assert b"secret" not in left


def test_passing_overload_breaks_no_contract() -> None:
    found = contract.read(checked(b"{}", status="503 Busy")[0])

    assert found.failures == ()
    assert found.overloads
    assert found.busy == found.cases > 0


def told(operation: str, *answers: tuple[str, int], failed: bool = False) -> str:
    """One operation's answers, by method and status, as Schemathesis tells them."""
    interactions = {
        str(number): {"request": {"method": method, "uri": "/", "headers": {}}, "response": {"status_code": status}}
        for number, (method, status) in enumerate(answers)
    }
    failure = {"failure": {"operation": operation, "title": "Server error", "message": "m"}}
    checks = {"0": [{"status": "failure", "failure_info": failure}]} if failed else {}
    recorder = {"label": operation, "interactions": interactions, "checks": checks}
    return json.dumps({"ScenarioFinished": {"recorder": recorder}})


def read(*events: str, expected: dict[str, bool] | None = None) -> Contract:
    return contract.read("\n".join([*events, '{"EngineFinished": {"stop_reason": "completed"}}']).encode(), expected)


FINE = told("GET /fine", ("GET", 200), ("GET", 400))


@pytest.mark.parametrize(
    ("event", "unanswered"),
    [
        (told("GET /a", *[("GET", 401)] * 3), ("GET /a (3 times 401)",)),
        (told("GET /a", ("GET", 429), ("GET", 403), ("GET", 403)), ("GET /a (2 times 403, 1 times 429)",)),
        (told("GET /a", ("OPTIONS", 200), ("TRACE", 403), ("GET", 404)), ("GET /a (1 times 404)",)),
        (told("GET /a", ("GET", 404), ("GET", 204)), ()), (told("GET /a", ("GET", 500), failed=True), ()),
    ],
    ids=["no key is taken", "something before it", "by another method", "once", "broken, which is told"],
)  # fmt: skip
def test_an_operation_that_lets_nothing_through_is_named_with_what_came_instead(
    event: str, unanswered: tuple[str, ...]
) -> None:
    assert read(FINE, event).unanswered == unanswered


def test_an_operation_that_was_not_tried_is_named_and_one_that_documents_no_success_is_not() -> None:
    gone = told("GET /gone", ("GET", 410))
    expected = {"GET /fine": True, "GET /gone": False, "GET /left-out": True}
    found = read(FINE, gone, expected=expected)
    assert (found.unanswered, found.operations) == (("GET /left-out (never answered)",), 3)


def test_refusals_are_counted_where_others_were_let_through() -> None:
    found = read(told("GET /a", ("GET", 200), ("GET", 403), ("GET", 401)), told("GET /b", ("GET", 401)))
    assert (found.refused, found.unanswered, found.cases, found.operations) == (2, ("GET /b (1 times 401)",), 4, 2)


def test_an_operation_goes_by_the_name_that_the_document_gives_it() -> None:
    (get, post) = openapi.operations(DOCUMENT)
    assert contract.read(checked(b"7")[0], {get: True}).unanswered == ()
    assert contract.read(checked(b"7")[0], {get: True, post: True}).unanswered == ("POST /number (never answered)",)


def test_the_document_tells_its_operations_and_which_of_them_may_succeed() -> None:
    some: dict[str, Any] = {"200": {}, "404": {}}
    paths = {"/a": {"get": {"responses": some}, "parameters": []}, "/b": {"post": {"responses": {"4XX": {}}}}}
    more = {"/c": {"get": {"responses": {"2XX": {}}}}, "/d": {"get": {"responses": {"default": {}}}}}
    assert openapi.operations({"paths": paths | more}) == {
        "GET /a": True, "POST /b": False, "GET /c": True, "GET /d": True,
    }  # fmt: skip


def test_without_permission_to_write_nothing_is_posted_and_with_it_all_carries_the_label() -> None:
    _, read = checked(b"7")
    _, written = checked(b"7", writes=True)

    assert {head.split(b" ")[0] for head in read} == {b"GET"}
    posts = [head for head in written if head.startswith(b"POST")]
    assert posts
    assert all(b"x-audit-label: test" in head.lower() for head in posts)


def test_what_kept_it_from_trying_is_told() -> None:
    with contextlib.closing(Hostile()) as server:
        gone = server.url
    found = contract.read(contract.check(DOCUMENT, gone, keys=KEYS, effort=EFFORT))

    assert found.cases == 0
    assert found.errors


@pytest.mark.parametrize("events", [b"", b"{", b'{"a": 1, "b": 2}', b"[]", b'{"EngineStarted": {}}'])
def test_a_damaged_report_is_no_report(events: bytes) -> None:
    with pytest.raises(Unobservable) as caught:
        contract.read(events)
    assert caught.value.cause is Cause.MALFORMED


def test_without_schemathesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("junzi_audit.probes.contract.shutil.which", lambda *_, **__: None)
    with pytest.raises(Unobservable, match=r"pip install 'junzi-audit\[contract\]'") as caught:
        contract.check(DOCUMENT, "http://127.0.0.1:9", keys=KEYS, effort=EFFORT)
    assert caught.value.cause is Cause.NOT_CONFIGURED


def test_a_document_that_is_none_ends_the_tool_badly() -> None:
    with pytest.raises(Unobservable) as caught:
        contract.check({"openapi": "3.1.0"}, "http://127.0.0.1:9", keys=KEYS, effort=EFFORT)
    assert caught.value.cause is Cause.BROKEN_CHECK


def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "schemathesis"
    tool.write_text("#!/bin/sh\nexec sleep 30\n")
    tool.chmod(0o755)
    monkeypatch.setattr("junzi_audit.probes.contract.shutil.which", lambda *_, **__: str(tool))
    monkeypatch.setattr("junzi_audit.probes.contract._SLACK", 0.2)
    with pytest.raises(Unobservable) as caught:
        contract.check(DOCUMENT, "http://x", keys=KEYS, effort=contract.Effort(**{**vars(EFFORT), "seconds": 0.1}))
    assert caught.value.cause is Cause.TIMED_OUT


def test_prose_is_no_part_of_a_baseline_but_a_field_of_that_name_is() -> None:
    told = {
        "description": "prose", "title": "prose", "type": "object",
        "properties": {"description": {"type": "string", "title": "Prose"}, "title": {"type": "string"}},
    }  # fmt: skip
    assert openapi.binding(told) == {
        "type": "object", "properties": {"description": {"type": "string"}, "title": {"type": "string"}},
    }  # fmt: skip


def test_ids_that_exist_become_examples_of_their_names() -> None:
    told: dict[str, Any] = {
        "paths": {"/x/{id}": {"get": {"parameters": [{"name": "id", "in": "path"}, {"name": "id", "in": "query"}]}}},
        "components": {"schemas": {"New": {"properties": {"id": {"type": "string"}, "name": {}}}}},
    }
    whole = openapi.with_examples(told, {"id": "E-1"})

    in_path, in_query = whole["paths"]["/x/{id}"]["get"]["parameters"]
    assert {each["value"] for each in in_path["examples"].values()} == {"E-1", openapi.NOBODY}
    assert "examples" not in in_query
    assert whole["components"]["schemas"]["New"]["properties"] == {
        "id": {"type": "string", "example": "E-1"},
        "name": {},
    }
    assert "example" not in json.dumps(told)
