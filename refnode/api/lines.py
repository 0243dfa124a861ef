"""Writes rows as NDJSON lines. Ids and enumerated words need no escaping; free text goes through json."""

import json
from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from refnode import MODEL_VERSION
from refnode.clock import HOUR, Clock, rfc3339
from refnode.roster import ATTRIBUTES
from refnode.seeding.rows import Entity

Rows = Iterable[Any]


def ndjson(lines: Iterable[str]) -> Response:
    """Answer with these lines."""
    body = "\n".join(lines)
    return Response(f"{body}\n" if body else "", media_type="application/x-ndjson")


def decision_lines(rows: Rows, clock: Clock, people: dict[str, Entity]) -> Iterable[str]:
    """Write decisions; an outcome shows once its adjudication has come."""
    anchor, now = clock.anchor, clock.now()
    tails = {key: ", ".join(f'"{name}": "{getattr(who, name)}"' for name in ATTRIBUTES) for key, who in people.items()}
    model = f'"model_version": "{MODEL_VERSION}"'
    for risk_id, entity_id, at, value, flagged, outcome, ruled, audit_id, result in rows:
        ruling = f'"{outcome}", "adjudicated_at": "{rfc3339(anchor + ruled)}"' if ruled <= now else _UNRULED
        yield (
            f'{{"risk_id": "{risk_id}", "entity_id": "{entity_id}", "calculated_at": "{rfc3339(anchor + at)}", '
            f'"risk_value": {value}, "flagged": {"true" if flagged else "false"}, "outcome": {ruling}, '
            f'{tails[entity_id]}, "bias_audit_id": "{audit_id}", "bias_audit": "{result}", {model}}}'
        )


_UNRULED = 'null, "adjudicated_at": null'


def audit_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write bias audits."""
    for audit_id, risk_id, result, at in rows:
        yield (
            f'{{"bias_audit_id": "{audit_id}", "risk_id": "{risk_id}", "result": "{result}", '
            f'"audit_timestamp": "{clock.text(at)}"}}'
        )


def alert_lines(rows: Rows, clock: Clock, withheld: frozenset[str]) -> Iterable[str]:
    """Write alerts with all they rest upon; those named are withheld."""
    for alert_id, entity_id, kind, risk_id, at, status, source_ids, audit_id in rows:
        yield json.dumps(
            {
                "alert_id": alert_id,
                "entity_id": entity_id,
                "alert_type": kind,
                "risk_id": risk_id,
                "published_at": clock.text(at),
                "status": "withheld" if alert_id in withheld else status,
                "source_ids": json.loads(source_ids),
                "bias_audit_id": audit_id,
            }
        )


def dispute_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write disputes, without contact and without what people wrote."""
    for row in rows:
        line = dict(row._mapping)
        line["public_figure"] = bool(line["public_figure"])
        for name in ("submitted_at", "acknowledged_at", "escalated_at", "resolved_at"):
            line[name] = clock.maybe(line[name])
        yield json.dumps(line)


def report_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write that a report was taken and whom it is about; never what it says, nor who sent it."""
    for report_id, entity_id, at in rows:
        yield f'{{"report_id": "{report_id}", "entity_id": "{entity_id}", "submitted_at": "{clock.text(at)}"}}'


def source_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write sources as captured, without their bytes."""
    for source_id, feed, origin, url, at, digest, kind in rows:
        yield (
            f'{{"source_id": "{source_id}", "feed": "{feed}", "origin": {json.dumps(origin)}, '
            f'"url": {json.dumps(url)}, "capture_timestamp": "{clock.text(at)}", '
            f'"content_hash": "{digest}", "document_type": "{kind}"}}'
        )


def beat_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write heartbeats."""
    anchor = clock.anchor
    for agent, at in rows:
        yield f'{{"agent": "{agent}", "at": "{rfc3339(anchor + at)}"}}'


def item_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write ingested items as they were delivered."""
    for item_id, feed, kind, entity_id, source_id, at, event, event_text, text in rows:
        event_date = event_text if event_text is not None else clock.maybe(event)
        yield (
            f'{{"item_id": "{item_id}", "feed": "{feed}", "kind": {json.dumps(kind)}, "entity_id": '
            f'{json.dumps(entity_id)}, "source_id": "{source_id}", "ingested_at": "{clock.text(at)}", '
            f'"event_date": {json.dumps(event_date)}, "text": {json.dumps(text)}}}'
        )


def count_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write the number of items per hour and feed from (stored hours, feed, items) rows."""
    for hours, feed, number in rows:
        yield f'{{"hour": "{rfc3339(hours * HOUR)}", "feed": "{feed}", "items": {number}}}'


def request_lines(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write request counts per minute, endpoint and status."""
    anchor = clock.anchor
    for minute, endpoint, status, count, slow in rows:
        yield (
            f'{{"minute": "{rfc3339(anchor + minute)}", "endpoint": "{endpoint}", "status": {status}, '
            f'"count": {count}, "slow": {slow}}}'
        )


def log_text(rows: Rows, clock: Clock) -> Iterable[str]:
    """Write log lines; stamped ones get their timestamp in front, the others are exactly what was written."""
    anchor = clock.anchor
    for at, stamped, line in rows:
        yield f'{{"timestamp": "{rfc3339(anchor + at)}", {line}' if stamped else line
