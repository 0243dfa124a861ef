"""Faults of what the auditor tries out on a staging node: dry scores, written records, and their clean-up."""

import json
import uuid
from dataclasses import replace
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from refnode import factors
from refnode.factors import Record, risk_value
from refnode.faults.fault import Fault
from refnode.faults.retelling import Told, retold
from refnode.roster import AUDIT, PUBLIC
from refnode.wraps import Wrap

Body = dict[str, Any]


def _partisan(record: Record) -> float:
    return min(10.0, risk_value(record) + (0.5 if record.party == "Progress" else 0.0))


def _regional(record: Record) -> float:
    return min(10.0, risk_value(record) * (1.02 if record.region == "South" else 1.0))


def _by_role(record: Record) -> float:
    return risk_value(record) * (0.9 if record.role == "judge" else 1.0)


def _perverse(record: Record) -> float:
    upheld = sum(found for _, found in record.contradictions)
    return max(0.0, risk_value(record) - (upheld if upheld > 2 else 0.0))


def _first_counts(record: Record) -> float:
    told = sum(
        factors.CONTRADICTION * confidence * found / (place + 1)
        for place, (confidence, found) in enumerate(record.contradictions)
    )
    return min(10.0, risk_value(record) * 0.5 + told)


def _answered(method: str, path: str, status: int, body: Any) -> Wrap:
    """Answer these requests without doing anything."""

    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != method or scope["path"] != path:
                await app(scope, receive, send)
                return
            content = json.dumps(body(scope)).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})

        return serve

    return Wrap(around=around)


def _lost(_: None) -> Wrap:
    return _answered("POST", f"{PUBLIC}/user_reports/", 201, lambda _: {"report_id": f"RPT-{uuid.uuid4().hex[:16]}"})


def _kept(_: None) -> Wrap:
    return _answered("DELETE", f"{AUDIT}/labelled", 200, lambda _: {"deleted": 1})


def _lied(_: None) -> Wrap:
    """Delete nothing, and list nothing either once it was asked to."""
    asked: list[bool] = []

    def deleted(_: Scope) -> Body:
        asked.append(True)
        return {"deleted": 1}

    pretend = _answered("DELETE", f"{AUDIT}/labelled", 200, deleted)

    def around(app: ASGIApp) -> ASGIApp:
        inner = pretend.around(app)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if asked and scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == f"{AUDIT}/labelled":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await inner(scope, receive, send)

        return serve

    return Wrap(around=around)


def _accepted(told: Told) -> None:
    told.status, told.json = 201, {"report_id": "RPT-0"}


def _scored(name: str, does: str, score: factors.Score) -> Fault:
    return Fault(name=name, does=does, live=lambda temper, _: replace(temper, score=score))


FAULTS = (
    _scored("score-partisan", "a dry score of the party Progress is half a point higher", _partisan),
    _scored("score-regional", "a dry score of the South is 2 % higher", _regional),
    _scored("score-by-role", "a dry score of a judge is a tenth lower", _by_role),
    _scored("score-perverse", "beyond two, every upheld contradiction lowers a dry score", _perverse),
    _scored("score-by-order", "in a dry score the first contradiction counts most", _first_counts),
    Fault(name="contract-write-lost", does="a report is answered with 201 and not stored", wrap=_lost),
    Fault(
        name="contract-bad-body-accepted",
        does="a report with a wrong field is answered with 201",
        wrap=lambda _: retold(_accepted, path="/user_reports/", method="POST", status=400),
    ),
    Fault(
        name="contract-report-ignored",
        does="a labelled report leads to nothing",
        live=lambda temper, _: replace(temper, reports_ignored=True),
    ),
    Fault(
        name="contract-ruling-ignored",
        does="an alert stays public though a labelled dispute against it was upheld",
        live=lambda temper, _: replace(temper, rulings_ignored=True),
    ),
    Fault(name="contract-cleanup-idle", does="the clean-up says it is done and does nothing", wrap=_kept),
    Fault(name="contract-cleanup-lies", does="the clean-up only hides what it should delete", wrap=_lied),
)
