"""The node's own reviewers, for rehearsals only: they answer worksheets by rule. People review elsewhere.

No part of the contract: an audited node has no reviewers; an audit finds people's answers where its target's file says.
"""

import hashlib
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query

from refnode.clock import DAY, rfc3339
from refnode.parts import Node
from refnode.wording import MATTERS

REVIEWERS: Final = {
    "first": "rehearsal (built-in reviewer 1)",
    "second": "rehearsal (built-in reviewer 2)",
    "tie-break": "rehearsal (built-in reviewer 3)",
}
#: Items whose answer is known: so many of each kind, of two sources each.
EACH: Final = 6
#: The share of items on which the second reviewer is unsure.
UNSURE: Final = 0.02
CITED = (
    "SELECT source_id FROM sources WHERE captured_at >= :since AND captured_at < :until"
    " ORDER BY content_hash, source_id LIMIT :many"
)

Pair = tuple[str, str]
Sheet = Literal["first", "second", "tie-break"]


def reviewers(node: Node) -> APIRouter:
    """Route the controls and the reviewers' answers."""
    router = APIRouter(include_in_schema=False)

    @router.get("/council/controls")
    def controls() -> list[dict[str, Any]]:
        people = list(node.people.values())
        return [
            {
                "control_id": f"CTL-{number:03d}",
                "entity_id": people[number].entity_id,
                "description": f"{people[number].name} spoke for {MATTERS[number % len(MATTERS)]}"
                " and later acted against it.",
                "source_ids": pair,
                "known": known,
            }
            for number, (pair, known) in enumerate(_known(node).items(), start=1)
        ]

    @router.get("/council/reviews")
    def reviews(
        worksheet: str, sheet: Sheet, items: Annotated[list[str], Query(alias="item", default_factory=list)]
    ) -> list[dict[str, Any]]:
        if not node.temper.reviewers.answers:
            return []
        known = _known(node)
        answers = {}
        for each in items:
            name, first, second = (*each.split(","), "", "", "")[:3]
            answers[name] = _answer(node, sheet, (first, second), known)
        date = rfc3339(node.clock.anchor + node.clock.now())[:10]
        return [{"worksheet": worksheet, "reviewer": REVIEWERS[sheet], "date": date, "answers": answers}]

    return router


def _known(node: Node) -> dict[Pair, str]:
    """Pairs of sources that are on record as a contradiction, and as none."""
    now = node.clock.now()
    rows = node.store.rows(CITED, since=now - 60 * DAY, until=now - 2 * DAY, many=4 * EACH)
    ids = [row[0] for row in rows]
    pairs = [(min(pair), max(pair)) for pair in zip(ids[::2], ids[1::2], strict=False)]
    return {pair: "upheld" if number < EACH else "not upheld" for number, pair in enumerate(pairs)}


def _answer(node: Node, sheet: Sheet, pair: Pair, known: dict[Pair, str]) -> str:
    temper = node.temper.reviewers
    if temper.careless and sheet == "second":
        return "upheld"
    if pair in known:
        return known[pair]
    if _part("wrong", pair) < temper.wrong:
        return "not upheld"
    return "unsure" if sheet == "second" and _part("unsure", pair) < UNSURE else "upheld"


def _part(what: str, pair: Pair) -> float:
    """A number from 0 to 1 that stays the same for the same two sources."""
    return int(hashlib.sha256(f"{what}|{pair[0]}|{pair[1]}".encode()).hexdigest()[:8], 16) / 0x1_0000_0000
