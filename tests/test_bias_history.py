"""A node that rewrites its past between two audits is found out; an honest one is not."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from junzi_audit.model import Verdict
from tests.audited import ROOT, audit

KEYS = {"JUNZI_API_KEY": "public", "JUNZI_AUDIT_KEY": "audit"}


@contextmanager
def running(database: Path) -> Iterator[str]:
    """A reference node that outlives the audits; its database can be reached from beside it."""
    command = [sys.executable, "-m", "refnode", "--database", f"sqlite:///{database}", "--scale", "0.4"]
    with subprocess.Popen(
        [*command, "--stop-with-stdin"], cwd=ROOT, env={**os.environ, **KEYS}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as node:  # fmt: skip
        assert node.stdout
        assert node.stdin
        try:
            yield str(json.loads(node.stdout.readline())["url"])
        finally:
            node.stdin.close()
            node.wait(timeout=30)


def bias(folder: Path, url: str) -> tuple[Verdict, str]:
    audited = audit(folder, "-k", "bias_drift", "--target", url, marker="daily", env=KEYS)
    (judgement,) = [
        each for each in audited.records["daily.bias-drift"].judgements if each.limit.name == "rewritten_days"
    ]
    return judgement.verdict, judgement.reading.detail


def test_decisions_changed_after_the_fact_are_a_finding(tmp_path: Path) -> None:
    with running(tmp_path / "node.db") as url:
        first, said = bias(tmp_path / "first", url)
        again, compared = bias(tmp_path / "again", url)
        with closing(sqlite3.connect(tmp_path / "node.db")) as base, base:
            ten_days = base.execute("SELECT risk_id FROM decisions WHERE calculated_at < ?", (-10 * 86_400_000,))
            newest = [row[0] for row in ten_days.fetchall()][-40:]
            base.executemany("UPDATE decisions SET flagged = NOT flagged WHERE risk_id = ?", [(key,) for key in newest])
        after, named = bias(tmp_path / "after", url)

    assert (first, again, after) == (Verdict.MET, Verdict.MET, Verdict.BREACHED), (said, compared, named)
    assert said.startswith("0 days compared")
    assert compared.startswith("41 days compared")
    assert (tmp_path / "ledgers").is_dir()
