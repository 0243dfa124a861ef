"""The node's own council, for rehearsals only: it signs what it is asked about. People sign elsewhere.

No part of the contract: an audited node has no council; an audit finds people's records where its target's file says.
"""

import hashlib
from typing import Any

from fastapi import APIRouter

from refnode.clock import DAY, rfc3339
from refnode.parts import Node

#: Everybody whom any body of the plan needs for its quorum.
ROLES = ("chair", "secretary", "statistician", "ethicist", "legal counsel", "engineer", "community member")
REHEARSAL = "rehearsal (built-in council)"
MINUTES = "rehearsal: this council keeps no minutes"
#: The days, back from today, on which it sat on what is asked; and when it last met where it has not met since.
WEEKLY, MONTHLY, LONG_AGO = (0, 7), (0,), 33


def council(node: Node) -> APIRouter:
    """Route the council's records."""
    router = APIRouter(include_in_schema=False)
    temper = node.temper.council

    @router.get("/council/attestations")
    def attestations(duty: str = "", subject: str = "") -> list[dict[str, Any]]:
        weekly = duty.startswith("weekly.")
        if not (temper.reviews if weekly else temper.meets):
            return [] if weekly else [_record(node, duty, _other(subject), LONG_AGO)]
        about = _other(subject) if temper.astray and weekly else subject
        sat = [_record(node, duty, about, days) for days in (WEEKLY if weekly else MONTHLY)]
        if temper.rejects and weekly:
            sat = [{**record, "decision": "rejected", "remarks": "A gap is not explained."} for record in sat]
        if temper.absent and not weekly:
            present = [{**record, "signatures": record["signatures"][temper.absent :]} for record in sat]
            return [*present, _record(node, duty, _other(subject), LONG_AGO)]
        return sat

    return router


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
