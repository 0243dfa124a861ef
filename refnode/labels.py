"""What the auditor wrote, and what the agents made of it: labelled while it is there, and taken away again."""

import json
from typing import Any, Final

from sqlalchemy import Connection, text

from refnode import tables
from refnode.store import Store

#: Table and key column of each kind of record that may carry a label.
KINDS: Final = {
    "user_report": ("user_reports", "report_id"),
    "dispute": ("disputes", "dispute_id"),
    "contradiction": ("contradictions", "contradiction_id"),
    "risk_score": ("decisions", "risk_id"),
    "alert": ("alerts", "alert_id"),
    "incident": ("incidents", "incident_id"),
    "safeguard": ("safeguards", "safeguard_id"),
    "correction": ("corrections", "correction_id"),
}
LABEL = "SELECT label FROM labels WHERE kind = :kind AND id = :id"
FOUND = "SELECT kind, id FROM labels WHERE label = :label ORDER BY kind, id"
TOUCHED = "SELECT DISTINCT entity_id FROM decisions WHERE risk_id IN (SELECT id FROM labels WHERE label = :label)"
#: A score that stands goes back to the newest one that passed its bias audit.
FORGET = "DELETE FROM current_scores WHERE entity_id = :id"
STAND = (
    "INSERT INTO current_scores (entity_id, jurisdiction, risk_value, calculated_at)"
    " SELECT d.entity_id, e.jurisdiction, d.risk_value, d.calculated_at FROM decisions d"
    " JOIN entities e ON e.entity_id = d.entity_id WHERE d.entity_id = :id AND d.audit_result = 'passed'"
    " ORDER BY d.calculated_at DESC LIMIT 1"
)


def mark(connection: Connection, label: str, kind: str, key: str) -> None:
    """Label a record; without a label, do nothing."""
    if label:
        connection.execute(tables.labels.insert(), {"label": label, "kind": kind, "id": key})


def label_of(connection: Connection, kind: str, key: str | None) -> str:
    """Give the label of a record, or "" for none."""
    row = connection.execute(text(LABEL), {"kind": kind, "id": key}).first()
    return str(row[0]) if row else ""


def of(store: Store, kind: str, *, without: str) -> list[Any]:
    """Give (id, label) of the labelled records of a kind from which no record of another kind was made yet."""
    return store.rows(
        "SELECT id, label FROM labels WHERE kind = :kind AND id NOT IN"
        " (SELECT made_from FROM labels WHERE kind = :without AND made_from IS NOT NULL)",
        kind=kind,
        without=without,
    )


def found(store: Store, label: str) -> list[str]:
    """Name everything that carries the label, as NDJSON lines."""
    return [json.dumps({"kind": kind, "id": key}) for kind, key in store.rows(FOUND, label=label)]


def clean_up(store: Store, label: str) -> int:
    """Delete everything that carries the label, and say how many records that were."""
    with store.writing() as connection:
        marked = connection.execute(text(FOUND), {"label": label}).fetchall()
        touched = [row[0] for row in connection.execute(text(TOUCHED), {"label": label})]
        for kind, key in marked:
            table, column = KINDS[kind]
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": key})  # noqa: S608
            connection.execute(text("DELETE FROM held WHERE kind = :kind AND id = :id"), {"kind": kind, "id": key})
        connection.execute(text("DELETE FROM labels WHERE label = :label"), {"label": label})
        for entity in touched:
            connection.execute(text(FORGET), {"id": entity})
            connection.execute(text(STAND), {"id": entity})
    return len(marked)
