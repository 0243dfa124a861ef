"""Faults of the public contract: lists, filters, status codes and fields that are not what the node publishes."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from refnode.faults.fault import Fault, Trip
from refnode.faults.retelling import Retell, Told, retold
from refnode.wraps import Wrap

ENTITY, SOURCE = r"/entities/[^/]+", r"/sources/[^/]+"
SCORES, ALERTS, DISPUTES, REPORTS = "/risk_scores/", "/alerts/", "/disputes/", "/reports/"
CONTRADICTIONS, PROMISES = f"{ENTITY}/contradictions", r"/promises/[^/]+"
LISTS, ANY = f"(?:{SCORES}|{ALERTS}|{DISPUTES})", "/.*"


def _later(told: Told) -> bool:
    return told.asked("page", "1") != "1" and bool(told.json["items"])


def _lose(told: Told) -> None:
    if _later(told):
        told.json["items"].pop()


def _repeat(told: Told) -> None:
    if _later(told):
        told.json["items"][-1] = told.json["items"][0]


def _more(told: Told) -> None:
    told.json["total"] += 1


def _past(told: Told) -> None:
    if not told.json["items"]:
        told.status, told.json = 404, {"detail": "no such page"}


def _cap(told: Told) -> None:
    del told.json["items"][50:]


def _reverse(told: Told) -> None:
    told.json["items"].reverse()


def _items(change: Callable[[dict[str, Any]], object]) -> Retell:
    """Change every record of a list or a page."""

    def retell(told: Told) -> None:
        for item in told.json["items"] if isinstance(told.json, dict) else told.json:
            change(item)

    return retell


def _level(item: dict[str, Any]) -> None:
    item["risk_level"] = "low" if item["risk_level"] == "medium" else item["risk_level"]


def _drop_filtered(told: Told) -> None:
    if told.asked("jurisdiction") and told.json["items"]:
        told.json["items"].pop()
        told.json["total"] -= 1


def _says(status: int, body: Any = None) -> Retell:
    def retell(told: Told) -> None:
        told.status = status
        if body is not None:
            told.json = body

    return retell


def _reworded(told: Told) -> None:
    told.json = {"error": told.json["detail"]}


def _page(told: Told) -> None:
    told.headers["content-type"] = "text/html"
    told.json = b"<h1>Not found</h1>"


def _hurry(told: Told) -> None:
    told.headers.pop("retry-after", None)


def _wobbling() -> Wrap:
    count = itertools.count()

    def retell(told: Told) -> None:
        told.json["url"] += f"?v={next(count)}"

    return retold(retell, path=SOURCE)


def _unasked(name: str) -> Wrap:
    """Act as if a parameter had not been given."""

    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"].endswith("/"):
                told = Told(scope=scope, status=0, headers={})
                kept = {key: told.asked(key) for key in ("page", "page_size", "jurisdiction", "risk_level")}
                kept = {key: value for key, value in kept.items() if value and key != name}
                scope = {**scope, "query_string": urlencode(kept).encode()}
            await app(scope, receive, send)

        return serve

    return Wrap(around=around)


def _lenient() -> Wrap:
    """Answer a list with a wrong parameter as if none had been given."""

    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            seen: list[Any] = []

            async def held(message: Any) -> None:
                seen.append(message)

            await app(scope, receive, held)
            if seen[0].get("status") == 400 and scope["method"] == "GET":
                await app({**scope, "query_string": b""}, receive, send)
                return
            for message in seen:
                await send(message)

        return serve

    return Wrap(around=around)


def _revert(trip: Trip, _: None) -> None:
    trip.run("UPDATE promises SET status = 'Pending' WHERE status = 'Fulfilled'")


def _edit(trip: Trip, _: None) -> None:
    trip.run("UPDATE sources SET origin = 'elsewhere'")


def _recast(trip: Trip, _: None) -> None:
    trip.run("UPDATE contradictions SET description = 'It was said otherwise.'")


def _bent(name: str, does: str, wrap: Callable[[], Wrap]) -> Fault:
    return Fault(name=f"contract-{name}", does=does, wrap=lambda _: wrap())


def _answer(name: str, does: str, retell: Retell, **where: Any) -> Fault:
    return _bent(name, does, lambda: retold(retell, **where))


def _field(name: str, does: str, path: str, change: Callable[[dict[str, Any]], object]) -> Fault:
    return _answer(name, does, _items(change), path=path)


FAULTS = (
    _answer("page-loses-a-row", "every page but the first lacks its last row", _lose, path=LISTS),
    _answer("page-repeats-a-row", "every page but the first shows a row twice and another never", _repeat, path=LISTS),
    _answer("page-capped", "a page holds at most 50 rows, whatever was asked", _cap, path=LISTS),
    _answer("page-past-end-is-404", "a page beyond the last one is 404", _past, path=LISTS),
    _answer("total-wrong", "the total of a list is one too many", _more, path=LISTS),
    _bent("filter-ignored", "risk_level is ignored", lambda: _unasked("risk_level")),
    _answer(
        "filter-drops", "a list filtered by jurisdiction lacks a row, and does not count it", _drop_filtered,
        path=SCORES,
    ),
    _answer("alert-order-reversed", "a page of alerts begins with its oldest", _reverse, path=ALERTS),
    _answer(
        "unknown-entity-is-200", "an unknown entity is an empty 200", _says(200, {}), path=f"{ENTITY}/profile",
        status=404,
    ),
    _answer("unknown-source-is-500", "an unknown source is 500", _says(500), path=SOURCE, status=404),
    _answer(
        "status-undocumented", "an unknown source is 410, which nobody documented", _says(410), path=SOURCE, status=404
    ),
    _answer("bad-input-is-500", "bad parameters are 500", _says(500), path=LISTS, status=400),
    _answer("bad-body-is-500", "a bad body is 500", _says(500), path=ANY, method="POST", status=400),
    _bent("bad-input-accepted", "bad parameters are ignored", _lenient),
    _answer("wrong-key-is-404", "a missing or wrong key is 404", _says(404), path=ANY, status=401, outer=True),
    Fault(
        name="contract-missing-key-accepted",
        does="the public API answers without a key, and counts no requests",
        live=lambda temper, _: replace(temper, open_gate=True),
    ),
    _answer("no-retry-after", "a 429 does not say how long to wait", _hurry, path=ANY, status=429, outer=True),
    _answer("error-reworded", "an error is {\"error\": …} instead of {\"detail\": …}", _reworded, path=ANY, status=404),
    _answer("error-is-html", "an unknown source is an HTML page", _page, path=SOURCE, status=404),
    _field("one-source-only", "a contradiction names one source", CONTRADICTIONS, lambda item: item["sources"].pop()),
    _field(
        "source-twice", "a contradiction names the same source twice", CONTRADICTIONS,
        lambda item: item.update(sources=item["sources"][:1] * 2),
    ),
    _field(
        "source-missing", "a contradiction names a source that does not exist", CONTRADICTIONS,
        lambda item: item["sources"].__setitem__(1, "SRC-9999999"),
    ),
    _field("level-does-not-match", "medium scores are called low", SCORES, _level),
    _field(
        "score-out-of-range", "every score is 11 higher", SCORES,
        lambda item: item.update(risk_score=item["risk_score"] + 11),
    ),
    _field(
        "contact-leaks", "the list of disputes shows a contact", DISPUTES,
        lambda item: item.update(contact="x@example.org"),
    ),
    _field(
        "type-changed", "the confidence of an alert is a string", ALERTS, lambda item: item.update(confidence="high")
    ),
    _field(
        "promise-forgotten", "promises have a status that nobody published", PROMISES,
        lambda item: item.update(status="Lost"),
    ),
    _answer("field-removed", "a source has no document_type", lambda told: told.json.pop("document_type"), path=SOURCE),
    _answer(
        "hash-upper-case", "content hashes are in upper case",
        lambda told: told.json.update(content_hash=told.json["content_hash"].upper()), path=SOURCE,
    ),
    _bent("answer-wobbles", "the same source has another URL each time", _wobbling),
    Fault(name="contract-promise-reverts", does="promises that were kept are pending again", history=_revert),
    Fault(name="contract-source-edited", does="every source has another origin than it had", history=_edit),
    Fault(name="contract-finding-recast", does="every contradiction is worded anew", history=_recast),
)  # fmt: skip
