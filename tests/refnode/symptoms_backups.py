"""Symptoms of the newest backup: it lacks what the feed tells of, is old, cannot be read, or came apart."""

import io
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta

from tests.refnode.asking import AUDIT, ask
from tests.refnode.view import View, instant, symptom

LINKED = "SELECT count(*) FROM decisions WHERE bias_audit_id NOT IN (SELECT bias_audit_id FROM bias_audits)"


def _seen(view: View) -> set[str]:
    """Taken and looked through once a view."""
    if "backup" not in view._kept:
        answer = ask(view.app, f"{AUDIT}/backup/newest.tar.gz")
        if answer.status == 501:  # a node on PostgreSQL leaves its backups to PostgreSQL's own tools
            return set()
        with tarfile.open(fileobj=io.BytesIO(answer.body)) as whole:
            member = whole.extractfile("backup/node.db")
            assert member is not None
            with closing(sqlite3.connect(":memory:")) as base:
                base.deserialize(member.read())
                view._kept["backup"] = sorted(_wrong(view, base))
    return set(view._kept["backup"])


def _wrong(view: View, base: sqlite3.Connection) -> set[str]:
    try:
        if base.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            return {"corrupt"}
        held = {key for (key,) in base.execute("SELECT risk_id FROM decisions")}
        newest = base.execute("SELECT max(calculated_at) FROM decisions").fetchone()[0]
        torn = base.execute(LINKED).fetchone()[0]
    except sqlite3.DatabaseError:
        return {"corrupt"}
    until = datetime.fromtimestamp(newest / 1000, UTC)
    told = [each for each in view.feed("/decisions", view.ago(days=1)) if instant(each["calculated_at"]) <= until]
    found = {"lossy"} if any(each["risk_id"] not in held for each in told) else set()
    found |= {"stale"} if view.now - until > timedelta(hours=2) else set()
    return found | ({"orphans"} if torn else set())


@symptom("backup lacks decisions")
def _lossy(view: View) -> bool:
    return "lossy" in _seen(view)


@symptom("backup stale")
def _stale(view: View) -> bool:
    return "stale" in _seen(view)


@symptom("backup corrupt")
def _corrupt(view: View) -> bool:
    return "corrupt" in _seen(view)


@symptom("backup came apart")
def _orphans(view: View) -> bool:
    return "orphans" in _seen(view)
