"""Public corrections of false alerts: made, told to subscribers, and shown."""

import contextlib
import http.client
import json
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import Connection, text

from refnode import labels, tables
from refnode.clock import Clock, now_ms
from refnode.parts import Node

#: Seconds that a subscriber has to answer.
PATIENCE: Final = 3.0
COLUMNS = "correction_id, alert_id, entity_id, explanation, source_ids, incident_id, published_at"
WITHIN = (
    f"SELECT {COLUMNS} FROM corrections WHERE published_at >= :since AND published_at < :until"  # noqa: S608
    " ORDER BY published_at, correction_id"
)
NEWEST = f"SELECT {COLUMNS} FROM corrections ORDER BY published_at DESC, correction_id DESC LIMIT :size OFFSET :start"  # noqa: S608
WRONG = "SELECT alert_id, entity_id, source_ids FROM alerts WHERE alert_id = :id"
WITHDRAW = "UPDATE alerts SET status = 'withdrawn' WHERE alert_id = :id"
ERASE = "DELETE FROM alerts WHERE alert_id = :id"
UNTOLD = (
    "SELECT incident_id FROM incidents WHERE kind = 'false_alert' AND classified_at IS NOT NULL AND notified IS NULL"
)
#: Of several nodes, the one whose claim changes the row tells the subscribers.
CLAIM = "UPDATE incidents SET notified = '[]' WHERE incident_id = :id AND notified IS NULL"
TOLD = "UPDATE incidents SET notified = :notified WHERE incident_id = :id"
OF = f"SELECT {COLUMNS} FROM corrections WHERE alert_id IN :ids"  # noqa: S608


def correct(connection: Connection, node: Node, incident: str, alert: str, now: int) -> None:
    """Withdraw a false alert, and publish a correction of it."""
    wrong = node.temper.responding.wrong
    row = connection.execute(text(WRONG), {"id": alert}).first()
    if row is None or "correction-ignored" in wrong:
        return
    connection.execute(text(ERASE if "record-erased" in wrong else WITHDRAW), {"id": alert})
    sourced = "correction-unsourced" not in wrong
    kept = {
        "correction_id": f"COR-{uuid.uuid4().hex[:12]}",
        "alert_id": alert,
        "entity_id": row.entity_id,
        "explanation": f"The alert {alert} was false. It has been withdrawn; nothing it said stands.",
        "source_ids": row.source_ids if sourced else "[]",
        "incident_id": incident if sourced else None,
        "published_at": now,
    }
    connection.execute(tables.corrections.insert(), kept)
    label = labels.label_of(connection, "incident", incident) or labels.label_of(connection, "alert", alert)
    labels.mark(connection, label, "correction", str(kept["correction_id"]))


def tell(node: Node) -> None:
    """Tell every subscriber of the corrections nobody was told of yet, and note how each answered."""
    for (incident,) in node.store.rows(UNTOLD):
        with node.store.writing() as connection:
            mine = connection.execute(text(CLAIM), {"id": incident}).rowcount > 0
        subscribers = () if "downstream-untold" in node.temper.responding.wrong else node.settings.subscribers
        if not mine or not subscribers:
            continue
        row = node.store.one("SELECT alert_ids FROM incidents WHERE incident_id = :id", id=incident)
        made = [json.dumps(shown(node.clock, each)).encode() for each in node.store.among(OF, json.loads(row[0]))]
        posts = [(url, body) for url in subscribers for body in made]
        with ThreadPoolExecutor(max_workers=8) as pool:
            notified = list(pool.map(lambda post: _post(node.clock, *post), posts))
        with node.store.writing() as connection:
            connection.execute(text(TOLD), {"id": incident, "notified": json.dumps(notified)})


def shown(clock: Clock, kept: Any) -> dict[str, Any]:
    """Write a correction as the contract has it."""
    told = dict(kept._mapping)
    return told | {"source_ids": json.loads(told["source_ids"]), "published_at": clock.text(told["published_at"])}


def _post(clock: Clock, url: str, body: bytes) -> dict[str, Any]:
    """Send a correction; the status is 0 where no answer came in time."""
    parts = urlsplit(url)
    try:
        status = _answered(parts, body)
    except (OSError, ValueError, http.client.HTTPException):
        status = 0
    # What a subscriber's URL says beside its address may be secret.
    place = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
    return {"subscriber": place, "at": now_ms() - clock.anchor, "status": status}


def _answered(parts: SplitResult, body: bytes) -> int:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=PATIENCE)
    # The timeout is one for each read; whoever answers byte by byte is cut off as well.
    cut = threading.Timer(PATIENCE, _cut, [connection])
    cut.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        cut.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
