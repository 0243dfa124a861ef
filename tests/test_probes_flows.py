"""Cleaning up after the flows: what was made of our own writing is looked for wherever it may still show."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from junzi_audit.findings import Observation
from junzi_audit.probes.asking import Answer, Ask
from junzi_audit.probes.flows import Flows
from junzi_audit.seen.trials import Leftover

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OURS, THEIRS = "/entities/ENT%20A/contradictions", "the audit feed's contradictions"


class Node:
    """Lists one record of ours before the clean-up, and still shows it where it is told to."""

    def __init__(self, shows: str) -> None:
        self.shows = shows
        self.labelled = [json.dumps({"kind": "contradiction", "id": "C-OURS"}).encode() + b"\n", b"", b"", b""]

    def ask(self, probe: str, path: str, params: Any = (), **how: Any) -> Ask:
        return Ask(probe=probe, url=path, params=params, **how)

    def get_all(self, asks: list[Ask]) -> list[Answer]:
        return [self._answer(ask) for ask in asks]

    def lines(self, shape: Any, probe: str, path: str, params: Any) -> tuple[Any, ...]:
        told = {
            "contradiction_id": "C-OURS", "entity_id": "ENT A", "published_at": NOW, "confidence": 0.9,
            "description": "d", "source_ids": ("a", "b"),
        }  # fmt: skip
        return (shape(**told),) if self.shows == THEIRS else ()

    def json(self, path: str) -> tuple[Any, Ask]:
        if path.startswith("/alerts/"):
            return {"items": []}, self.ask("t", path)
        return [{"contradiction_id": "C-OURS"}] if self.shows == path else [], self.ask("t", path)

    def _answer(self, ask: Ask) -> Answer:
        body = self.labelled.pop(0) if ask.method == "GET" else b"{}"
        seen = Observation(
            id="1", probe=ask.probe, query=ask.query, at=NOW, seconds=0, status=200, sha256="0" * 64, size=len(body),
            path="raw/1",
        )  # fmt: skip
        return Answer(observation=seen, body=body, heads={})


class Feed:
    """Tells of nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: ()


@pytest.mark.parametrize("where", [OURS, THEIRS])
def test_a_contradiction_of_ours_that_stays_public_is_left_behind(where: str) -> None:
    node: Any = Node(where)
    feed: Any = Feed()
    flows = Flows(
        api=node, audit=node, records=node, feed=lambda: feed, label="l", seconds=1, now=NOW, about={"ENT A"}
    )  # fmt: skip

    assert flows.clean_up() == (1, (Leftover(kind="contradiction", id="C-OURS", where=where),))
