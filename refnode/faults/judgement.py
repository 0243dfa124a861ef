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


def _collapse(trip: Trip, spread: float) -> None:
    rows = trip.rows(
        "SELECT risk_id, risk_value, flagged FROM decisions WHERE calculated_at >= :since", since=trip.now - 3 * DAY
    )
    mean = sum(value for _, value, _ in rows) / max(1, len(rows))
    changed = [(key, mean + spread * (value - mean), flagged) for key, value, flagged in rows]
    trip.each(SET_SCORE, [{"id": key, "value": round(value, 2), "flagged": bool(flag)} for key, value, flag in changed])


def _replace_model(trip: Trip, spread: float) -> None:
    window = {"since": trip.now - 29 * DAY, "until": trip.now - 2 * DAY}
    rows = trip.rows(
        "SELECT risk_id, risk_value, flagged FROM decisions WHERE calculated_at >= :since AND calculated_at < :until",
        **window,
    )
    mean = sum(value for _, value, _ in rows) / max(1, len(rows))
    changed = [(key, mean + spread * (value - mean), flagged) for key, value, flagged in rows]
    trip.each(SET_SCORE, [{"id": key, "value": round(value, 2), "flagged": bool(flag)} for key, value, flag in changed])


def _miss(trip: Trip, share: float) -> None:
    pairs = trip.rows("SELECT pair_id, confidence FROM validation WHERE contradicts ORDER BY pair_id")
    missed = [(key, sure) for key, sure in pairs if trip.rng.random() < share]
    trip.each(
        "UPDATE validation SET confidence = :value WHERE pair_id = :id",
        [{"id": key, "value": round(0.3 * sure, 4)} for key, sure in missed],
    )


def _err(trip: Trip, share: float) -> None:
    rows = trip.rows(
        "SELECT risk_id, flagged FROM decisions WHERE calculated_at >= :since ORDER BY risk_id",
        since=trip.now - 45 * DAY,
    )
    turned = [{"id": key, "flagged": not flagged} for key, flagged in rows if trip.rng.random() < share]
    trip.each("UPDATE decisions SET flagged = :flagged WHERE risk_id = :id", turned)


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
        does="for 45 days and from now on, 30 points more of that group's wrong findings are flagged; daily means stay",
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
        name="scores-collapsed",
        argument="SHARE",
        default="0.05",
        read=seconds,
        does="all scores of the last 3 days keep only that share of their distance from the mean; flags are as before",
        history=_collapse,
        touches_scores=True,
    ),
    Fault(
        name="model-replaced",
        argument="SHARE",
        default="0.5",
        read=seconds,
        does="scores from 29 to 2 days ago keep only that share of their distance from the mean; flags are as before",
        history=_replace_model,
        touches_scores=True,
    ),
    Fault(
        name="contradictions-missed",
        argument="SHARE",
        default="0.25",
        read=seconds,
        does="the scanner is sure of that share of the validation set's contradictions no longer",
        history=_miss,
    ),
    Fault(
        name="flags-wrong",
        argument="SHARE",
        default="0.15",
        read=seconds,
        does="for 45 days that share of all flags is turned round, alike in every group",
        history=_err,
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
