"""The control plane's emergencies: incidents are reported, escalated and resolved; safeguards triggered and lifted."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from refnode import held, incidents, integrity, protecting
from refnode.api.intake import Label
from refnode.api.interval import read_instant
from refnode.api.problems import problem
from refnode.parts import Node
from refnode.roster import ATTRIBUTES
from refnode.safeguards import RECOVERY, WITHHOLD, Scope

Words = Annotated[str, Field(min_length=1, max_length=5_000, pattern=r"\S")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Given = Annotated[str, Field(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reported(_Body):
    """What somebody reports."""

    kind: Literal["security", "bias", "downtime", "false_alert"]
    description: Words
    alert_ids: Annotated[list[Name], Field(max_length=1_000)] = []
    drill: bool = False


class Escalation(_Body):
    """To whom an incident is escalated."""

    to: Name


class Resolution(_Body):
    """How an incident ended, and who says so."""

    summary: Words
    approved_by: Name


class ScopeAsked(_Body):
    """Which outputs are meant."""

    attribute: str
    group: str
    since: str
    until: str | None = None


class Triggered(_Body):
    """Which safeguard, and why."""

    incident_id: Name
    safeguard: Literal["freeze-public-api", "withhold-outputs", "recovery"]
    scope: ScopeAsked | None = None


class Approval(_Body):
    """Somebody of a body who approves."""

    who: Given
    role: Given
    body: Given


class Lifting(_Body):
    """Which safeguard is lifted, and by whom."""

    safeguard_id: Name
    approvals: Annotated[list[Approval], Field(max_length=100)]


def incident_calls(node: Node) -> APIRouter:
    """Route the calls about incidents."""
    router = APIRouter(prefix="/eirp", include_in_schema=False)
    store, clock = node.store, node.clock

    def told(key: str, status: int = 200) -> Response:
        return JSONResponse(incidents.shown(clock, _known(node, incidents.ONE, key)), status)

    @router.post("/report-incident")
    def report_incident(reported: Reported, label: Label = "") -> Response:
        _check_alerts(node, reported)
        row = incidents.row(
            kind=reported.kind,
            description=_storable(reported.description),
            alert_ids=reported.alert_ids,
            reported_by=incidents.OPERATOR,
            now=clock.now(),
            drill=reported.drill,
        )
        with store.writing() as connection:
            key = incidents.keep(connection, row, label)
        return told(key, 201)

    @router.get("/get-incident/{key}")
    def get_incident(key: str) -> Response:
        return told(key)

    @router.post("/escalate/{key}")
    def escalate(key: str, escalation: Escalation) -> Response:
        _known(node, incidents.ONE, key)
        with store.writing() as connection:
            if not incidents.escalate(connection, key, _storable(escalation.to), clock.now()):
                raise HTTPException(409, "this incident is resolved")
        return told(key)

    @router.post("/resolve/{key}")
    def resolve(key: str, end: Resolution) -> Response:
        _known(node, incidents.ONE, key)
        words = {"summary": _storable(end.summary), "approved_by": _storable(end.approved_by)}
        with store.writing() as connection:
            if not incidents.resolve(connection, key, now=clock.now(), **words):
                raise HTTPException(409, "this incident is resolved already, or a safeguard of it is active")
        return told(key)

    return router


def safeguard_calls(node: Node) -> APIRouter:
    """Route the calls about safeguards."""
    router = APIRouter(prefix="/gesp", include_in_schema=False)
    store, clock = node.store, node.clock

    def told(key: str, status: int) -> Response:
        return JSONResponse(protecting.shown(clock, _known(node, protecting.ONE, key)), status)

    def lifted(key: str, approvals: list[dict[str, str]]) -> bool:
        with store.writing() as connection:
            if not protecting.lift(connection, key, approvals, clock.now()):
                return False
        node.safeguards.refresh()
        held.release(store)
        return True

    @router.post("/trigger-safeguard")
    def trigger_safeguard(asked: Triggered, label: Label = "") -> Response:
        scope = _scope(node, asked)
        if _known(node, incidents.ONE, asked.incident_id).resolved_at is not None:
            raise HTTPException(409, "this incident is resolved")
        with store.writing() as connection:
            key = protecting.trigger(
                connection, asked.safeguard, incident=asked.incident_id, scope=scope, now=clock.now(), label=label
            )
        protecting.follow(node, key)
        return told(key, 202)

    @router.post("/start-recovery")
    def start_recovery(asked: Lifting) -> Response:
        kept = _known(node, protecting.ONE, asked.safeguard_id)
        approvals = [each.model_dump() for each in asked.approvals]
        careless = "recovery-unapproved" in node.temper.responding.wrong
        if not careless and not protecting.approved(kept.safeguard, approvals):
            body = protecting.LIFTED_BY[kept.safeguard]
            if "recovery-unheeded" in node.temper.responding.wrong:
                lifted(asked.safeguard_id, approvals)
            raise HTTPException(403, f"nobody of the {body} approves this by name and role")
        if kept.safeguard == RECOVERY:
            found = integrity.verify(node)
            if not found["ok"]:
                wrong = [*found["problems"], *([] if found["bias_audit"]["ok"] else [found["bias_audit"]["detail"]])]
                return JSONResponse({"detail": "the integrity check is not ok", "problems": wrong}, 409)
        if not lifted(asked.safeguard_id, approvals):
            return problem(409, "this safeguard is lifted already")
        return told(asked.safeguard_id, 200)

    return router


def _known(node: Node, sql: str, key: str) -> Any:
    row = None if "\x00" in key else node.store.one(sql, id=key)
    if row is None:
        raise HTTPException(404, "nothing has this id")
    return row


def _check_alerts(node: Node, reported: Reported) -> None:
    if reported.kind == "false_alert" and not reported.alert_ids:
        raise HTTPException(400, "alert_ids: a false alert names the alerts that it is about")
    found = node.store.among("SELECT alert_id FROM alerts WHERE alert_id IN :ids", reported.alert_ids)
    unknown = set(reported.alert_ids) - {row[0] for row in found}
    if unknown:
        raise HTTPException(404, f"unknown alert {min(unknown)!r}")


def _scope(node: Node, asked: Triggered) -> Scope | None:
    given = asked.scope
    if (given is not None) != (asked.safeguard == WITHHOLD):
        raise HTTPException(400, f"scope: {WITHHOLD} needs one, and nothing else has one")
    if given is None:
        return None
    if given.group not in ATTRIBUTES.get(given.attribute, ()):
        raise HTTPException(400, f"scope: there is no group {given.group!r} of the attribute {given.attribute!r}")
    until = None if given.until is None else read_instant(node.clock, "scope.until", given.until)
    return Scope(given.attribute, given.group, read_instant(node.clock, "scope.since", given.since), until)


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd")
