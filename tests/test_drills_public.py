"""What the public sees of several nodes: gone is what none shows, there is what all show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from junzi_audit.drills.public import Public, Throttled
from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Ask

NOW = "2026-11-23T00:00:00Z"


class Node:
    """A public API that answers what it is given, page by page."""

    def __init__(self, url: str, pages: dict[str, Any]) -> None:
        self.url, self._pages = url, pages

    def ask(self, probe: str, path: str, params: Sequence[tuple[str, str]] = (), **how: Any) -> Ask:
        return Ask(probe=probe, url=path, params=params, **how)

    def get_all(self, asks: Sequence[Ask]) -> list[Answer]:
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answer:
        page = self._pages.get(ask.url)
        if callable(page):
            page = page(int(dict(ask.params).get("page", "1")))
        status = page if isinstance(page, int) else 503 if page is None else 200
        seen = Observation(
            id="1", probe="p", query=ask.query, at=datetime.now(UTC), seconds=0, status=status, sha256="", size=0,
            path="",
        )  # fmt: skip
        return Answer(observation=seen, body=json.dumps(page).encode())


def alerts(*keys: str) -> dict[str, Any]:
    rows = [{"alert_id": key, "entity_id": "E", "alert_type": "risk_flag", "timestamp": NOW} for key in keys]
    return {"items": rows, "total": len(rows)}


def corrections(*keys: str) -> dict[str, Any]:
    rows = [
        {"correction_id": key, "alert_id": "A", "explanation": "x", "source_ids": ["S"], "incident_id": "I",
         "published_at": NOW}
        for key in keys
    ]  # fmt: skip
    return {"items": rows, "total": len(rows)}


def public(*pages: dict[str, Any]) -> Public:
    return Public([Node(f"http://{at}", each) for at, each in enumerate(pages)], label="l")  # type: ignore[misc]


def test_an_alert_is_gone_when_no_node_shows_it_and_there_when_every_one_does() -> None:
    found = public({"/alerts/": alerts("A", "B")}, {"/alerts/": alerts("B", "C")})

    assert found.alerts_anywhere() == {"A", "B", "C"}
    assert found.alerts_everywhere() == {"B"}


def test_every_page_of_alerts_is_read() -> None:
    keys = [f"A{at}" for at in range(450)]

    def page(number: int) -> dict[str, Any]:
        return {**alerts(*keys[(number - 1) * 200 : number * 200]), "total": len(keys)}

    assert public({"/alerts/": page}).alerts_everywhere() == set(keys)


def test_a_correction_counts_only_where_every_node_shows_it() -> None:
    found = public({"/corrections/": corrections("1", "2")}, {"/corrections/": corrections("2")})

    assert [each.correction_id for each in found.corrections("A")] == ["2"]
    assert found.corrections("B") == ()


def test_scores_are_told_node_by_node() -> None:
    def profile(score: float | None) -> dict[str, Any]:
        return {"entity_id": "E", "risk_score": score}

    found = public({"/entities/E/profile": profile(3.0)}, {"/entities/E/profile": profile(None)})

    assert found.scores(["E"]) == {"E": (3.0, None)}


def test_a_page_that_refuses_is_an_answer_to_a_read_and_unobservable_where_its_content_is_needed() -> None:
    found = public({}, {"/alerts/": alerts("A")})

    assert [(name, answer.status) for name, answer in found.read(["/alerts/"])] == [
        ("http://0/alerts/", 503),
        ("http://1/alerts/", 200),
    ]
    with pytest.raises(Unobservable, match="503"):
        found.alerts_anywhere()


def test_a_key_that_is_used_up_says_nothing_of_the_drill() -> None:
    with pytest.raises(Unobservable, match="it needs a higher limit"):
        public({"/alerts/": 429}).read(["/alerts/"])


def test_a_write_that_our_own_key_was_refused_says_nothing_of_the_drill() -> None:
    with pytest.raises(Throttled) as told:
        public({"/user_reports/": 429}).post("/user_reports/", {})
    assert told.value.cause is Cause.THROTTLED
