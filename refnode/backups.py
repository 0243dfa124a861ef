"""Takes a backup of what the node publishes: a SQLite file in an archive, and a manifest of its tables."""

import hashlib
import io
import json
import sqlite3
import tarfile
import tempfile
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refnode.clock import HOUR, SECOND, now_ms, rfc3339
from refnode.parts import Node

NAME = "newest.tar.gz"
STALE = 3 * HOUR
# Every time becomes Unix milliseconds. Left out: what people wrote and how to reach them, captured bytes, what is known
# to the model alone, logs and counters.
TABLES = {
    "entities": "CREATE TABLE entities (entity_id TEXT PRIMARY KEY, name TEXT, jurisdiction TEXT, role TEXT,"
    " party TEXT, region TEXT, created_at INTEGER)",
    "sources": "CREATE TABLE sources (source_id TEXT PRIMARY KEY, feed TEXT, origin TEXT, url TEXT,"
    " captured_at INTEGER, content_hash TEXT, document_type TEXT)",
    "bias_audits": "CREATE TABLE bias_audits (bias_audit_id TEXT PRIMARY KEY, risk_id TEXT, result TEXT,"
    " audited_at INTEGER)",
    "decisions": "CREATE TABLE decisions (risk_id TEXT PRIMARY KEY, entity_id TEXT REFERENCES entities,"
    " calculated_at INTEGER, risk_value REAL, flagged INTEGER, bias_audit_id TEXT)",
    "alerts": "CREATE TABLE alerts (alert_id TEXT PRIMARY KEY, entity_id TEXT REFERENCES entities, alert_type TEXT,"
    " risk_id TEXT, published_at INTEGER, status TEXT, source_ids TEXT, bias_audit_id TEXT)",
    "contradictions": "CREATE TABLE contradictions (contradiction_id TEXT PRIMARY KEY, entity_id TEXT,"
    " confidence REAL, contradiction_date INTEGER, source_1_id TEXT, source_2_id TEXT)",
    "promises": "CREATE TABLE promises (promise_id TEXT PRIMARY KEY, entity_id TEXT, promise TEXT, status TEXT,"
    " date_made INTEGER, source_id TEXT)",
    "disputes": "CREATE TABLE disputes (dispute_id TEXT PRIMARY KEY, entity_id TEXT, subject_type TEXT,"
    " subject_id TEXT, state TEXT, submitted_at INTEGER, ruling TEXT)",
}  # fmt: skip
ROWS = {
    "entities": "SELECT entity_id, name, jurisdiction, role, party, region, created_at + :anchor FROM live.entities",
    "sources": "SELECT source_id, feed, origin, url, captured_at + :anchor, content_hash, document_type"
    " FROM live.sources WHERE captured_at < :until",
    "bias_audits": "SELECT bias_audit_id, risk_id, audit_result, audited_at + :anchor FROM live.decisions"
    " WHERE calculated_at < :until",
    "decisions": "SELECT risk_id, entity_id, calculated_at + :anchor, risk_value, flagged, bias_audit_id"
    " FROM live.decisions WHERE calculated_at < :until",
    "alerts": "SELECT alert_id, entity_id, alert_type, risk_id, published_at + :anchor, status, source_ids,"
    " bias_audit_id FROM live.alerts WHERE published_at < :until",
    "contradictions": "SELECT contradiction_id, entity_id, confidence, contradiction_date + :anchor, source_1_id,"
    " source_2_id FROM live.contradictions WHERE contradiction_date < :until",
    "promises": "SELECT promise_id, entity_id, promise, status, date_made + :anchor, source_id FROM live.promises",
    "disputes": "SELECT dispute_id, entity_id, subject_type, subject_id, state, submitted_at + :anchor, ruling"
    " FROM live.disputes WHERE submitted_at < :until",
}
UNSOURCED = (
    "SELECT count(*) FROM alerts WHERE coalesce(json_array_length(source_ids), 0) = 0 OR EXISTS"
    " (SELECT 1 FROM json_each(source_ids) j LEFT JOIN sources s ON s.source_id = j.value WHERE s.source_id IS NULL)"
)
UNAUDITED = (
    "SELECT count(*) FROM decisions d LEFT JOIN bias_audits b ON b.bias_audit_id = d.bias_audit_id"
    " WHERE b.bias_audit_id IS NULL"
)
EVERY_50TH = "rowid % 50 = 7"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One backup: the archive's bytes, how many rows it has, and its manifest, with digests when they were wanted."""

    archive: bytes
    rows: int
    manifest: dict[str, Any]


class Vault:
    """Takes the node's backups one at a time, and keeps the newest."""

    def __init__(self, node: Node) -> None:
        """Begin empty."""
        self._node, self._turn = node, threading.Lock()
        self._newest: Taken | None = None

    def take(self) -> Taken:
        """Take a backup, with the digests of its tables."""
        with self._turn:
            self._newest = take(self._node, digests=True)
            return self._newest

    def newest(self) -> Taken:
        """Give the newest backup; the first is taken when it is asked for."""
        with self._turn:
            self._newest = self._newest or take(self._node, digests=False)
            return self._newest


def take(node: Node, *, digests: bool) -> Taken:
    """Take one from the SQLite file that the node runs on, all tables at one instant."""
    with tempfile.TemporaryDirectory(prefix="refnode-backup-") as folder:
        file, at, wrong = Path(folder) / "node.db", now_ms(), node.temper.backup
        at -= STALE if wrong == "stale" else 0
        with closing(sqlite3.connect(file, isolation_level=None)) as copy:
            _fill(copy, str(node.store.engine.url.database), node.clock.anchor, at)
            broken = {
                "alerts.source_ids": copy.execute(UNSOURCED).fetchone()[0],
                "decisions.bias_audit_id": copy.execute(UNAUDITED).fetchone()[0],
                "foreign keys": len(copy.execute("PRAGMA foreign_key_check").fetchall()),
            }
            if wrong == "orphans":
                copy.execute(f"DELETE FROM bias_audits WHERE {EVERY_50TH}")  # noqa: S608
            tables = {name: _contents(copy, name) for name in TABLES} if digests else {}
            if wrong == "lossy":
                copy.execute(f"DELETE FROM decisions WHERE {EVERY_50TH}")  # noqa: S608
            rows = sum(copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES)  # noqa: S608
            copy.execute("VACUUM")
        if wrong == "corrupt":
            _overwrite(file)
        archive = _packed(file)
    manifest = {
        "taken_at": rfc3339(at), "file": NAME, "bytes": len(archive), "sha256": hashlib.sha256(archive).hexdigest(),
        "tables": tables, "broken": broken,
    }  # fmt: skip
    return Taken(archive=archive, rows=rows, manifest=manifest)


def _fill(copy: sqlite3.Connection, live: str, anchor: int, at: int) -> None:
    copy.execute("PRAGMA synchronous = OFF")
    copy.execute("ATTACH ? AS live", (live,))
    # One transaction reads one state of the node, whatever is written meanwhile.
    copy.execute("BEGIN")
    for name, made in TABLES.items():
        copy.execute(made)
        copy.execute(f"INSERT INTO {name} {ROWS[name]}", {"anchor": anchor, "until": at - anchor + 1})
    copy.execute("COMMIT")
    copy.execute("DETACH live")


def _contents(copy: sqlite3.Connection, name: str) -> dict[str, Any]:
    rows = copy.execute(f"SELECT * FROM {name}")  # noqa: S608
    columns = [column[0] for column in rows.description]
    texts = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    each = sorted(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() for text in texts)
    return {"columns": columns, "rows": len(each), "digest": hashlib.sha256("".join(each).encode()).hexdigest()}


def _overwrite(file: Path) -> None:
    """Overwrite every 40th page; the first one, which tells what the file is, stays."""
    with file.open("r+b") as body:
        for start in range(20 * 4096, file.stat().st_size - 4096, 40 * 4096):
            body.seek(start)
            body.write(b"\xff" * 4096)


def _packed(file: Path) -> bytes:
    held = io.BytesIO()
    entry = tarfile.TarInfo("backup/node.db")
    entry.size, entry.mtime = file.stat().st_size, now_ms() // SECOND
    # A lightly packed archive: it is made while somebody waits for it.
    with tarfile.open(fileobj=held, mode="w:gz", compresslevel=1) as whole, file.open("rb") as body:
        whole.addfile(entry, body)
    return held.getvalue()
