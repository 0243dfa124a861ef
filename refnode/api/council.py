"""The node's own council, for rehearsals only: it signs what it is asked about. People sign elsewhere.

No part of the contract: an audited node has no council; an audit finds people's records where its target's file says.
"""

import hashlib
from typing import Any

from fastapi import APIRouter

from refnode.api import deployments
from refnode.api.reports import settled
from refnode.clock import DAY, rfc3339
from refnode.parts import Node
from refnode.roster import BOARD, COUNCIL

TRANSPARENCY, BIAS_COUNCIL = "quarterly.transparency-report", "Bias Monitoring Council"
#: Everybody whom any body of the plan needs for its quorum.
ROLES = ("chair", "secretary", "statistician", "ethicist", "legal counsel", "engineer", "community member")
REHEARSAL = "rehearsal (built-in council)"
MINUTES = "rehearsal: this council keeps no minutes"
#: The days, back from today, on which it sat on what is asked; and when it last met where it has not met since.
WEEKLY, MONTHLY, LONG_AGO = (0, 7), (0,), 33
#: The same of the registers that two councils review every month.
REGISTERS, SAT = ("governance.bias-mitigation", "governance.public-concerns"), (0, 31)


def council(node: Node) -> APIRouter:
    """Route the council's records."""
    router = APIRouter(include_in_schema=False)
    temper = node.temper.council

    @router.get("/council/attestations")
    def attestations(duty: str = "", subject: str = "") -> list[dict[str, Any]]:
        if duty == TRANSPARENCY:
            return _approvals(node, subject)
        if duty == deployments.DUTY:
            return deployments.board(node, subject, _record(node, duty, subject, 0))
        if duty in REGISTERS:
            return [_reviewed(node, duty, subject, days) for days in SAT]
        weekly = duty.startswith("weekly.")
        if not (temper.reviews if weekly else temper.meets):
            return [] if weekly else [_record(node, duty, _other(subject), LONG_AGO)]
        about = _other(subject) if temper.astray and weekly else subject
        sat = [(_reviewed if weekly else _record)(node, duty, about, days) for days in (WEEKLY if weekly else MONTHLY)]
        if temper.absent and not weekly:
            present = [{**record, "signatures": record["signatures"][temper.absent :]} for record in sat]
            return [*present, _record(node, duty, _other(subject), LONG_AGO)]
        return sat

    return router


def _approvals(node: Node, subject: str) -> list[dict[str, Any]]:
    """Give the approval of each body, of the day on which the newest report came out."""
    now = node.clock.anchor + node.clock.now()
    days = (now - next(settled(now)).as_of) // DAY
    silent = BIAS_COUNCIL if node.temper.disclosure == "unsigned" else ""
    return [
        _in_the_name(_record(node, TRANSPARENCY, subject, days), body)
        for body in (BOARD, BIAS_COUNCIL, COUNCIL)
        if body != silent
    ]


def _in_the_name(record: dict[str, Any], body: str) -> dict[str, Any]:
    """Give the record as one of that body, which has members of its own."""
    signatures = [{**signed, "who": f"{signed['who']} of the {body}"} for signed in record["signatures"]]
    return {**record, "body": body, "signatures": signatures}


def _reviewed(node: Node, duty: str, subject: str, days_ago: int) -> dict[str, Any]:
    """Give a record of a review, which may be a rejection."""
    rejected = {"decision": "rejected", "remarks": "A gap is not explained."}
    return _record(node, duty, subject, days_ago) | (rejected if node.temper.council.rejects else {})


def _record(node: Node, duty: str, subject: str, days_ago: int) -> dict[str, Any]:
    now = node.clock.anchor + node.clock.now()
    date, expires = (rfc3339(now + days * DAY)[:10] for days in (-days_ago, 62 - days_ago))
    return {
        "duty": duty,
        "subject": subject,
        "decision": "approved",
        "date": date,
        "expires": expires,
        "signatures": [{"who": f"{REHEARSAL}, member {member}", "role": role} for member, role in enumerate(ROLES, 1)],
        "minutes": MINUTES,
        "minutes_sha256": hashlib.sha256(MINUTES.encode()).hexdigest(),
        "remarks": "A rehearsal by the reference node; people sign elsewhere.",
    }


def _other(subject: str) -> str:
    return hashlib.sha256(f"another subject than {subject}".encode()).hexdigest()
