"""Calls of the control plane, as an operator and a drill make them."""

import json
from typing import Any

from refnode.agents import responding
from tests.refnode.asking import AUDIT, KEYS, PUBLIC, Answer, ask
from tests.refnode.conftest import Here

LABEL = "a-drill"
BOARD, COUNCIL = "Ethical Governance Board", "Bias Monitoring Council"
SECURITY = {"kind": "security", "description": "somebody is in"}
REPORT = {"entity_id": "ENT-00001", "report_type": "other", "content": "in a freeze"}
DISPUTE = {"entity_id": "ENT-00002", "dispute_type": "outdated", "description": "in a freeze"}


def call(here: Here, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    sent = b"" if body is None else json.dumps(body).encode()
    return ask(here.app, path, method=method, headers={**KEYS, "x-audit-label": LABEL, **headers}, body=sent)


def reported(here: Here, **body: Any) -> dict[str, Any]:
    answer = call(here, "POST", "/eirp/report-incident", SECURITY | body)
    assert (answer.status, answer.json["status"], answer.json["severity"]) == (201, "reported", None)
    responding.respond(here.node)
    told: dict[str, Any] = call(here, "GET", f"/eirp/get-incident/{answer.json['incident_id']}").json
    return told


def triggered(here: Here, incident: dict[str, Any], safeguard: str, scope: Any = None) -> dict[str, Any]:
    body = {"incident_id": incident["incident_id"], "safeguard": safeguard, "scope": scope}
    answer = call(here, "POST", "/gesp/trigger-safeguard", body)
    assert answer.status == 202
    told: dict[str, Any] = answer.json
    assert told["state"] == "active"
    assert told["triggered_at"] <= told["effective_at"]
    return told


def lifted(here: Here, safeguard: dict[str, Any], body: str, who: str = "A. Person", role: str = "chair") -> Answer:
    asked = {"safeguard_id": safeguard["safeguard_id"], "approvals": [{"who": who, "role": role, "body": body}]}
    return call(here, "POST", "/gesp/start-recovery", asked)


def resolved(here: Here, incident: dict[str, Any]) -> Answer:
    body = {"summary": "over", "approved_by": "A. Person"}
    return call(here, "POST", f"/eirp/resolve/{incident['incident_id']}", body)


def told(here: Here, page: str) -> list[Any]:
    return call(here, "GET", f"{AUDIT}{page}").lines


def sent(here: Here) -> list[str]:
    """The ids of the user reports of the last minute."""
    since = here.node.clock.text(here.node.clock.now() - 60_000)
    return [each["report_id"] for each in told(here, f"/user-reports?since={since}")]


def shown(here: Here) -> set[str]:
    return {each["alert_id"] for each in call(here, "GET", f"{PUBLIC}/alerts/?page_size=200").json["items"]}


def forget(here: Here) -> None:
    assert call(here, "DELETE", f"{AUDIT}/labelled?label={LABEL}").status == 200


def decisions(here: Here, *, mine: int, others: int, party: str = "Progress") -> list[dict[str, Any]]:
    """Flagged decisions on that party, and unflagged ones on the others; of each the first two are published."""
    people = list(here.node.people.values())
    ours = [each.entity_id for each in people if each.party == party][:mine]
    rest = [each.entity_id for each in people if each.party != party][:others]
    return [
        {"entity_id": key, "risk_value": 9.5 if keys is ours else 1.5, "flagged": keys is ours, "publish": n < 2}
        for keys in (ours, rest)
        for n, key in enumerate(keys)
    ]


def planted(here: Here, rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    answer = call(here, "POST", f"{AUDIT}/labelled/decisions", {"decisions": rows})
    assert answer.status == 201
    made: dict[str, list[str]] = answer.json
    return made
