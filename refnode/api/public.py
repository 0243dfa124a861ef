"""The public reads about one entity or one source."""

import json
from typing import Any

from fastapi import APIRouter, HTTPException

from refnode.api.problems import documented
from refnode.api.shapes import ContradictionShown, Profile, PromiseShown, SourceShown
from refnode.parts import Node
from refnode.roster import PUBLIC
from refnode.seeding.rows import Entity
from refnode.withholding import withheld

SCORE = "SELECT risk_value, calculated_at FROM current_scores WHERE entity_id = :id"
CONTRADICTIONS = (
    "SELECT contradiction_id, contradiction_date, confidence, description, source_1_id, source_2_id"
    " FROM contradictions WHERE entity_id = :id ORDER BY contradiction_date, contradiction_id"
)
PROMISES = (
    "SELECT promise_id, promise, status, date_made, source_id FROM promises WHERE entity_id = :id"
    " ORDER BY date_made, promise_id"
)
SOURCE = "SELECT source_id, origin, url, captured_at, content_hash, document_type FROM sources WHERE source_id = :id"
COPIED = ("entity_id", "name", "jurisdiction", "role", "party", "region")


def entity_reads(node: Node) -> APIRouter:
    """Route what is known about one entity or source."""
    router = APIRouter(prefix=PUBLIC)
    store, clock = node.store, node.clock

    @router.get("/entities/{entity_id}/profile", response_model=Profile, responses=documented(404))
    def profile(entity_id: str) -> Any:
        return _profile(node, known(node, entity_id))

    @router.get(
        "/entities/{entity_id}/contradictions", response_model=list[ContradictionShown], responses=documented(404)
    )
    def contradictions(entity_id: str) -> Any:
        rows = store.rows(CONTRADICTIONS, id=known(node, entity_id).entity_id)
        return [_contradiction(row, clock.text(row.contradiction_date)) for row in rows]

    @router.get("/promises/{entity_id}", response_model=list[PromiseShown], responses=documented(404))
    def promises(entity_id: str) -> Any:
        rows = store.rows(PROMISES, id=known(node, entity_id).entity_id)
        return [dict(row._mapping) | {"date_made": clock.text(row.date_made)} for row in rows]

    @router.get("/sources/{source_id}", response_model=SourceShown, responses=documented(404))
    def source(source_id: str) -> Any:
        row = store.one(SOURCE, id=storable_key(source_id))
        if row is None:
            raise HTTPException(404, "unknown source")
        return dict(row._mapping) | {"capture_timestamp": clock.text(row.captured_at)}

    return router


def known(node: Node, entity_id: str) -> Entity:
    """Give the entity with this id, or answer 404."""
    who = node.people.get(entity_id)
    if who is None:
        raise HTTPException(404, "unknown entity")
    return who


def storable_key(key: str) -> str:
    """Give back a key that a database can be asked for; one with a NUL in it is unknown: 404."""
    if "\x00" in key:
        raise HTTPException(404, "unknown source")
    return key


def _profile(node: Node, who: Entity) -> dict[str, Any]:
    row = node.store.one(SCORE, id=who.entity_id)
    shown = row is not None and not withheld(node, who, row[1])
    return {name: getattr(who, name) for name in COPIED} | {
        "affiliations": json.loads(who.affiliations),
        "risk_score": row[0] if shown else None,
        "created_at": node.clock.text(who.created_at),
        "updated_at": node.clock.text(max(who.updated_at, row[1]) if row else who.updated_at),
    }


def _contradiction(row: Any, date: str) -> dict[str, Any]:
    return {
        "contradiction_id": row.contradiction_id,
        "date": date,
        "confidence": row.confidence,
        "description": row.description,
        "sources": [row.source_1_id, row.source_2_id],
    }
