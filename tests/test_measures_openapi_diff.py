"""OpenAPI documents compared: each change that breaks a client is named, and only those are counted."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from junzi_audit.measures import openapi_diff

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/things/{id}": {
            "get": {
                "security": [{"key": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}},
                    {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "404": {"description": "gone"},
                },
            }
        },
        "/things/": {
            "post": {
                "security": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}},
                },
                "responses": {"201": {"description": "taken"}},
            }
        },
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id", "status"],
                "properties": {
                    "id": {"type": "string"},
                    "status": {"type": "string", "enum": ["on", "off"]},
                    "parts": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}},
                },
            },
            "New": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "maxLength": 9}, "note": {"type": "string"}},
            },
        }
    },
}
THING = DOCUMENT["components"]["schemas"]["Thing"]


def get(document: Any) -> Any:
    return document["paths"]["/things/{id}"]["get"]


def parameter(document: Any, place: int) -> Any:
    return get(document)["parameters"][place]


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


def field(document: Any, name: str, key: str) -> Any:
    return schema(document, name)["properties"][key]


BREAKING: dict[str, tuple[Callable[[Any], Any], str]] = {
    "path gone": (lambda d: d["paths"].pop("/things/"), "POST /things/: the operation is gone"),
    "method gone": (lambda d: d["paths"]["/things/"].pop("post"), "POST /things/: the operation is gone"),
    "response gone": (lambda d: get(d)["responses"].pop("404"), "answer 404: is gone"),
    "response field gone": (lambda d: schema(d, "Thing")["properties"].pop("id"), ".id: is gone"),
    "response field retyped": (lambda d: field(d, "Thing", "id").update(type="integer"), "was string, is integer"),
    "nested field retyped": (
        lambda d: field(d, "Thing", "parts")["items"]["properties"]["n"].update(type="string"),
        ".parts[].n: was number, is string",
    ),
    "response field optional": (lambda d: schema(d, "Thing")["required"].remove("id"), "is no longer always there"),
    "response enum grown": (lambda d: field(d, "Thing", "status")["enum"].append("odd"), "knows 'odd' now"),
    "response enum opened": (lambda d: field(d, "Thing", "status").pop("enum"), "any word is allowed now"),
    "request enum shrunk": (lambda d: parameter(d, 2)["schema"]["enum"].remove("b"), "no longer knows 'b'"),
    "request enum closed": (lambda d: field(d, "New", "note").update(enum=["x"]), "only some words are allowed now"),
    "parameter required": (lambda d: parameter(d, 1).update(required=True), "is required now"),
    "parameter gone": (lambda d: get(d)["parameters"].pop(1), "query parameter page: is gone"),
    "parameter retyped": (lambda d: parameter(d, 1)["schema"].update(type="string"), "was integer, is string"),
    "new required parameter": (
        lambda d: get(d)["parameters"].append({"name": "x", "in": "query", "required": True, "schema": {}}),
        "query parameter x: is new",
    ),
    "maximum lowered": (lambda d: parameter(d, 1)["schema"].update(maximum=5), "maximum was 9, is 5"),
    "minimum raised": (lambda d: parameter(d, 1)["schema"].update(minimum=2), "minimum was 1, is 2"),
    "bound added": (lambda d: field(d, "New", "note").update(maxLength=3), "maxLength was inf, is 3"),
    "request field required": (lambda d: schema(d, "New")["required"].append("note"), ".note: is required now"),
    "new required field": (
        lambda d: schema(d, "New").update(
            required=["name", "age"], properties={**schema(d, "New")["properties"], "age": {"type": "integer"}}
        ),
        ".age: is new",
    ),
    "request field gone": (lambda d: schema(d, "New")["properties"].pop("note"), ".note: is gone"),
    "authentication added": (
        lambda d: d["paths"]["/things/"]["post"].update(security=[{"key": []}]), "needs a key now",
    ),
}  # fmt: skip
HARMLESS: dict[str, Callable[[Any], Any]] = {
    "new path": lambda d: d["paths"].update({"/more": {"get": {"responses": {}}}}),
    "new response": lambda d: get(d)["responses"].update({"410": {"description": "gone for ever"}}),
    "new response field": lambda d: schema(d, "Thing")["properties"].update(more={"type": "string"}),
    "new optional parameter": lambda d: get(d)["parameters"].append({"name": "x", "in": "query", "schema": {}}),
    "new optional field": lambda d: schema(d, "New")["properties"].update(more={"type": "string"}),
    "request enum grown": lambda d: parameter(d, 2)["schema"]["enum"].append("c"),
    "response enum shrunk": lambda d: field(d, "Thing", "status")["enum"].remove("off"),
    "request field optional": lambda d: schema(d, "New")["required"].remove("name"),
    "response field certain": lambda d: schema(d, "Thing")["required"].append("parts"),
    "maximum raised": lambda d: parameter(d, 1)["schema"].update(maximum=10),
    "authentication dropped": lambda d: get(d).update(security=[]),
    "authentication optional": lambda d: get(d).update(security=[{"key": []}, {}]),
}


def changed(change: Callable[[Any], Any]) -> tuple[openapi_diff.Change, ...]:
    newer = copy.deepcopy(DOCUMENT)
    change(newer)
    return openapi_diff.changes(DOCUMENT, newer)


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_a_client_is_named(name: str) -> None:
    change, words = BREAKING[name]
    broken = [f"{each.where}: {each.what}" for each in changed(change) if each.breaks]

    assert len(broken) == 1, broken
    assert words in broken[0]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_breaks_nobody_is_listed_and_not_counted(name: str) -> None:
    found = changed(HARMLESS[name])

    assert found
    assert not any(each.breaks for each in found), found


def test_the_same_document_has_not_changed_and_every_fact_counts() -> None:
    reading = openapi_diff.breaking(DOCUMENT, copy.deepcopy(DOCUMENT))

    # By hand: 2 operations; GET: 3 parameters, two answers, the body's schema, and id, status, parts, parts[], n below
    # it; POST: one answer, the body, name and note.
    assert (reading.value, reading.n) == (0, 2 + 3 + 2 + 1 + 5 + 1 + 1 + 2)


def test_changes_are_counted_and_shown_with_those_that_break_first() -> None:
    newer = copy.deepcopy(DOCUMENT)
    HARMLESS["new path"](newer)
    BREAKING["response gone"][0](newer)
    reading = openapi_diff.breaking(DOCUMENT, newer)

    assert reading.value == 1
    assert [row[2] for row in reading.exhibits[0].rows] == ["breaking", ""]


def test_an_empty_document_has_no_facts_to_be_met_by() -> None:
    assert openapi_diff.breaking({"paths": {}}, DOCUMENT).n == 0


def test_a_schema_that_refers_to_itself_or_nowhere_is_read_to_a_depth() -> None:
    endless = copy.deepcopy(DOCUMENT)
    schema(endless, "Thing")["properties"]["parent"] = {"$ref": "#/components/schemas/Thing"}
    schema(endless, "Thing")["properties"]["lost"] = {"$ref": "#/components/schemas/Lost"}

    assert openapi_diff.breaking(endless, copy.deepcopy(endless)).value == 0
