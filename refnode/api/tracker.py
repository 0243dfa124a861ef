"""The node's bug tracker, as Gitea words it: only the list of tickets, and only with a token."""

import hmac
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException, Query
from starlette.responses import JSONResponse, Response

from refnode.clock import parse_rfc3339
from refnode.hostility import hostile
from refnode.parts import Node
from refnode.seeding.tickets import Ticket, tickets

BASE = "/tracker/api/v1/repos/junzi/node"
MOST = 50


def tracker(node: Node) -> APIRouter:
    """Route the list of tickets."""
    router = APIRouter(prefix=BASE, include_in_schema=False)
    token = node.settings.keys.tracker or node.settings.keys.audit

    @router.get("/issues")
    def issues(
        state: Literal["open", "closed", "all"] = "open",
        kind: Annotated[Literal["", "issues", "pulls"], Query(alias="type")] = "",
        since: str = "",
        page: Annotated[int, Query(ge=1)] = 1,
        limit: Annotated[int, Query(ge=1)] = 30,
        authorization: Annotated[str, Header()] = "",
    ) -> Response:
        if not hmac.compare_digest(authorization.encode(), f"token {token}".encode()):
            raise HTTPException(401, "a valid token is needed")
        found = [
            ticket
            for ticket in tickets(node.settings.seed, node.clock.now(), node.temper.tickets)
            if _is_wanted(ticket, state, kind) and _touched(ticket) >= _stored(node, since)
        ]
        size = min(limit, MOST)
        shown = found[::-1][(page - 1) * size : page * size]
        return JSONResponse([_issue(node, each) for each in shown], headers={"X-Total-Count": str(len(found))})

    return router


def _is_wanted(ticket: Ticket, state: str, kind: str) -> bool:
    is_open = ticket.closed is None
    return (state == "all" or is_open == (state == "open")) and (not kind or ticket.is_pull == (kind == "pulls"))


def _touched(ticket: Ticket) -> int:
    return ticket.opened if ticket.closed is None else ticket.closed


def _stored(node: Node, since: str) -> float:
    if not since:
        return float("-inf")
    try:
        return parse_rfc3339(since) - node.clock.anchor
    except ValueError as error:
        raise HTTPException(400, f"since: {error}") from error


def _issue(node: Node, ticket: Ticket) -> dict[str, Any]:
    return {
        "id": 1000 + ticket.number,
        "number": ticket.number,
        "title": hostile(ticket.title) if node.temper.hostile else ticket.title,
        "body": "Seen on the reference node; a demonstration.",
        "user": {"login": "reporter"},
        "labels": [{"id": 1, "name": ticket.label, "color": "cccccc"}] if ticket.label else [],
        "state": "open" if ticket.closed is None else "closed",
        "created_at": node.clock.text(ticket.opened),
        "updated_at": node.clock.text(_touched(ticket)),
        "closed_at": node.clock.maybe(ticket.closed),
        "html_url": f"https://tickets.junzi.example/junzi/node/issues/{ticket.number}",
        "pull_request": {"merged": ticket.closed is not None} if ticket.is_pull else None,
    }
