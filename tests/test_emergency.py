"""Emergency drills on a node that others run: live is refused, and a drill that was aborted is undone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import pytest

from junzi_audit.evidence import results
from junzi_audit.findings import Record
from junzi_audit.model import Cause, Verdict, iso
from tests.audited import copied_repository

KEYS = {name: f"{name.lower()}-of-the-test" for name in ("JUNZI_API_KEY", "JUNZI_AUDIT_KEY", "JUNZI_CONTROL_KEY")}
DUTY = "emergency.security-breach"
TARGET = """
environment = "{environment}"
agents = ["RiskProfilerAgent"]
[nodes]
primary = "{url}"
[feeds]
news-wire = ["wire.news.example"]
[writes]
allowed = {writes}
[drills]
pause_seconds = 0.1
[[drills.approvals]]
who  = "A. Person"
role = "chair"
body = "Ethical Governance Board"
[[drills.approvals]]
who  = "B. Person"
role = "chair"
body = "Bias Monitoring Council"
"""
CONSENT = """
[drills.consent]
target   = "drilled"
approver = "Ethical Governance Board"
reason   = "A drill on a quiet Sunday."
granted  = {granted}
expires  = {expires}
"""


@pytest.fixture
def node() -> Iterator[str]:
    """A node that ignores a freeze for as long as it is asked to: the drill waits there, and can be interrupted."""
    command = [sys.executable, "-m", "refnode", "--stop-with-stdin", "--scale", "0.3", "--rate-limit", "0",
               "--fault", "freeze-ignored"]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **KEYS}
    ) as process:  # fmt: skip
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"]


def repository(folder: Path, url: str, *, environment: str = "staging", more: str = "") -> Path:
    root = copied_repository(folder)
    writes = str(environment != "live").lower()
    text = TARGET.format(url=url, environment=environment, writes=writes) + more
    (root / "targets" / "drilled.toml").write_text(text, encoding="utf-8")
    return root


def command(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-m", "emergency", "-k", "security_breach", "--no-plots", "-q",
            "--target", "drilled", f"--record={root / 'reports' / 'run'}", *words]  # fmt: skip


def run(root: Path, *words: str) -> Record:
    done = subprocess.run(
        command(root, *words), cwd=root, capture_output=True, text=True, env={**os.environ, **KEYS}, timeout=120,
        check=False,
    )  # fmt: skip
    log = root / "reports" / "run"
    assert (log / results.NAME).is_file(), done.stdout + done.stderr
    return {record.duty: record for record in results.read(log).records}[DUTY]


def told(url: str, page: str) -> list[dict[str, object]]:
    now = datetime.now(UTC)
    params = {"since": iso(now - timedelta(hours=1)), "until": iso(now + timedelta(minutes=1))}
    answer = httpx.get(
        f"{url}/junzi/audit/v1/{page}", params=params, headers={"X-Audit-Key": KEYS["JUNZI_AUDIT_KEY"]},
        trust_env=False,
    )  # fmt: skip
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def active(url: str) -> set[object]:
    return {each["safeguard_id"] for each in told(url, "safeguards") if each["state"] == "active"}


def interrupted(root: Path, url: str, number: signal.Signals) -> None:
    """Begin the drill, and send the signal while a freeze of its own is in force."""
    before = active(url)
    process = subprocess.Popen(
        command(root), cwd=root, env={**os.environ, **KEYS}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not active(url) - before:
        time.sleep(0.1)
    assert active(url) - before
    process.send_signal(number)
    process.wait(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_drill_that_is_told_to_end_is_undone_before_it_ends(
    node: str, tmp_path: Path, number: signal.Signals
) -> None:
    root = repository(tmp_path / "root", node)

    interrupted(root, node, number)

    assert active(node) == set()
    assert [each for each in told(node, "incidents") if each["status"] != "resolved"] == []
    assert list((root / "reports" / "drills").rglob("*.json")) == []


def test_a_drill_that_is_killed_is_undone_at_the_next_start(node: str, tmp_path: Path) -> None:
    root = repository(tmp_path / "root", node)
    interrupted(root, node, signal.SIGKILL)
    first = active(node)
    assert len(first) == 1
    assert len(list((root / "reports" / "drills").rglob("*.json"))) == 1

    (root / "reports" / "run").rename(root / "reports" / "killed")
    interrupted(root, node, signal.SIGINT)

    assert active(node) == set()
    assert [each for each in told(node, "incidents") if each["status"] != "resolved"] == []
    assert list((root / "reports" / "drills").rglob("*.json")) == []


@pytest.mark.parametrize(("words", "consented"), [((), True), (("--drill-live",), False)])
def test_nothing_is_done_on_live_without_the_option_and_the_consent(
    words: tuple[str, ...], consented: bool, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    consent = CONSENT.format(granted=iso(now - timedelta(hours=1)), expires=iso(now + timedelta(days=1)))
    root = repository(
        tmp_path / "root", "http://127.0.0.1:9", environment="live", more=consent if consented else ""
    )  # fmt: skip

    record = run(root, *words)

    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.REFUSED)
    assert ("--drill-live" if consented else "consent") in record.reason
    assert record.observations == ()


def test_with_both_a_drill_goes_to_the_live_node(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    consent = CONSENT.format(granted=iso(now - timedelta(hours=1)), expires=iso(now + timedelta(days=1)))
    root = repository(tmp_path / "root", "http://127.0.0.1:9", environment="live", more=consent)

    record = run(root, "--drill-live")

    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.UNREACHABLE)
