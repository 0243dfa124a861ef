"""Faults of the OpenAPI document: what it publishes changed so that a client would break."""

from collections.abc import Callable
from typing import Any

from refnode.faults.fault import Fault
from refnode.faults.retelling import Told, retold

DOCUMENT, BASE = "/openapi.json", "/junzi/api/v1"


def _schemas(document: Any) -> Any:
    return document["components"]["schemas"]


def _path(document: Any, path: str) -> Any:
    return document["paths"][BASE + path]


def _drop_field(document: Any) -> None:
    shown = _schemas(document)["SourceShown"]
    del shown["properties"]["content_hash"]
    shown["required"].remove("content_hash")


def _require_page(document: Any) -> None:
    next(each for each in _path(document, "/alerts/")["get"]["parameters"] if each["name"] == "page")["required"] = True


def _fault(name: str, does: str, change: Callable[[Any], object]) -> Fault:
    def retell(told: Told) -> None:
        change(told.json)

    return Fault(name=f"contract-openapi-{name}", does=does, wrap=lambda _: retold(retell, path=DOCUMENT))


FAULTS = (
    _fault("path-removed", "the document lacks /reports/", lambda doc: doc["paths"].pop(f"{BASE}/reports/")),
    _fault("method-removed", "the document lacks POST /disputes/", lambda doc: _path(doc, "/disputes/").pop("post")),
    _fault(
        "response-removed", "the document lacks the 404 of a source",
        lambda doc: _path(doc, "/sources/{source_id}")["get"]["responses"].pop("404"),
    ),
    _fault("field-removed", "the document lacks the content_hash of a source", _drop_field),
    _fault(
        "field-retyped", "the confidence of an alert is documented as a string",
        lambda doc: _schemas(doc)["AlertShown"]["properties"]["confidence"].update(type="string"),
    ),
    _fault(
        "field-required", "a report must name a contact",
        lambda doc: _schemas(doc)["UserReport"]["required"].append("user_contact"),
    ),
    _fault("parameter-required", "the page of a list of alerts must be given", _require_page),
    _fault(
        "enum-shrunk", "a report can no longer be of the type other",
        lambda doc: _schemas(doc)["UserReport"]["properties"]["report_type"]["enum"].remove("other"),
    ),
    _fault(
        "enum-grown", "a promise may have a status that clients do not know",
        lambda doc: _schemas(doc)["PromiseShown"]["properties"]["status"]["enum"].append("Withdrawn"),
    ),
    _fault(
        "auth-added", "/health asks for a key",
        lambda doc: doc["paths"]["/health"]["get"].update(security=[{"key": []}]),
    ),
)  # fmt: skip
