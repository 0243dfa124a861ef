"""Faults of scoring: bias against a group, drift, failing bias audits."""

from dataclasses import replace
from typing import Any

from refnode import scoring, tables
from refnode.clock import DAY, MINUTE, SECOND
from refnode.faults.arguments import group, many, seconds
from refnode.faults.fault import Fault, Trip
from refnode.roster import FLAG_FROM

SET_SCORE = "UPDATE decisions SET risk_value = :value, flagged = :flagged WHERE risk_id = :id"


def _bias(trip: Trip, against: tuple[str, str]) -> None:
    attribute, name = against
    members = {row[0] for row in trip.rows(f"SELECT entity_id FROM entities WHERE {attribute} = :name", name=name)}  # noqa: S608
    lowering = scoring.lowering(attribute, name)
    changes: list[dict[str, Any]] = []
    for key, entity_id, value, outcome, result in trip.rows(
        "SELECT risk_id, entity_id, risk_value, outcome, audit_result FROM decisions WHERE calculated_at >= :since"
        " ORDER BY calculated_at, risk_id",
        since=trip.now - 45 * DAY,
    ):
        bent = scoring.unfair(trip.rng, value, outcome == "upheld", entity_id in members, lowering)
        changes.append({"id": key, "value": bent, "flagged": result == "passed" and bent >= FLAG_FROM})
    trip.each(SET_SCORE, changes)


def _drift(trip: Trip, shift: float) -> None:
    rows = trip.rows(
        "SELECT risk_id, risk_value, flagged FROM decisions WHERE calculated_at >= :since", since=trip.now - 3 * DAY
    )
    trip.each(
        SET_SCORE,
        [
            {"id": key, "value": min(10.0, round(value + shift, 2)), "flagged": bool(flagged)}
            for key, value, flagged in rows
        ],
    )


def _fail_audits(trip: Trip, number: int) -> None:
    people = trip.rows("SELECT entity_id FROM entities ORDER BY entity_id")
    rows = []
    for place in range(number):
        at = trip.now - trip.rng.randrange(30 * SECOND, 20 * MINUTE)
        right = trip.rng.random() < scoring.TRUTH_RATE
        rows.append(
            {
                "risk_id": f"RSK-F{place:06d}",
                "entity_id": trip.rng.choice(people)[0],
                "calculated_at": at,
                "risk_value": scoring.risk_value(trip.rng, right),
                "flagged": False,
                "outcome": "upheld" if right else "dismissed",
                "adjudicated_at": at + scoring.adjudicated_after(trip.rng),
                "bias_audit_id": f"BA-F{place:06d}",
                "audit_result": "failed",
                "audited_at": at + 10 * SECOND,
            }
        )
    trip.insert(tables.decisions, rows)


FAULTS = (
    Fault(
        name="scores-biased",
        argument="ATTRIBUTE=GROUP",
        default="party=Independent",
        read=group,
        does="for 45 days and from now on, 25 points more of that group's wrong findings are flagged; daily means stay",
        history=_bias,
        live=lambda temper, against: replace(temper, biased=against),
        touches_scores=True,
    ),
    Fault(
        name="scores-drifted",
        argument="SHIFT",
        default="0.8",
        read=seconds,
        does="all scores of the last 3 days and from now on are that much higher; flags are as before",
        history=_drift,
        live=lambda temper, shift: replace(temper, shift=temper.shift + shift),
        touches_scores=True,
    ),
    Fault(
        name="bias-audits-failing",
        argument="N",
        default="25",
        read=many,
        does="N bias audits failed within the last 20 minutes; their decisions are not flagged",
        history=_fail_audits,
    ),
)
