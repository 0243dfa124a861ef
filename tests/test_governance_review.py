"""monthly.governance-review on the reference node, whose board rehearses: met, overdue, unreachable; and its agenda."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from junzi_audit.evidence import results
from junzi_audit.findings import Measurement, Record, RunEnd, RunHeader
from junzi_audit.measures import governance
from junzi_audit.model import Cadence, Cause, Environment, Verdict
from tests.audited import Audited, audit, copied_repository
from tests.signing import raw

DUTY, DRIFT = "monthly.governance-review", "daily.bias-drift"
BOARD = ("chair", "secretary", "ethicist", "community member")


def run(folder: Path, *words: str, env: dict[str, str] | None = None) -> Audited:
    return audit(folder, "-k", "governance_review", *words, marker="monthly", env=env)


def test_an_honest_board_met_on_the_agenda_and_a_replay_says_so_too(tmp_path: Path) -> None:
    audited = run(tmp_path / "run")
    record = audited.records[DUTY]
    assert record.verdict is Verdict.MET, audited.said
    assert "rehearsal (built-in council)" in record.judgements[0].reading.detail
    content = json.loads((audited.folder / "packs" / DUTY / "agenda.json").read_text())
    assert content["target"] == "embedded"
    assert content["items"] == []

    again = run(tmp_path / "again", f"--replay={audited.folder}")
    assert again.records[DUTY].verdict is Verdict.MET, again.said


def test_a_silent_service_leaves_it_inconclusive(tmp_path: Path) -> None:
    audited = run(tmp_path / "run", "--node-fault", "hang")
    record = audited.records[DUTY]
    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.TIMED_OUT), audited.said


def test_a_folder_that_nobody_made_leaves_it_inconclusive(tmp_path: Path) -> None:
    env = {"JUNZI_API_KEY": "k", "JUNZI_AUDIT_KEY": "k"}
    record = run(tmp_path / "run", "--target", "http://127.0.0.1:9", env=env).records[DUTY]
    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_CONFIGURED)


def test_a_breach_that_the_meeting_passed_over_is_a_gap(tmp_path: Path) -> None:
    root, now = copied_repository(tmp_path / "r"), datetime.now(UTC)
    target = root / "targets" / "embedded.toml"
    place = '[attestations]\nkind = "directory"\npath = "attestations"\n'
    target.write_text(re.sub(r"\[attestations\][^[]*", place, target.read_text()))
    agenda = _earlier_run(root / "reports" / "earlier", now - timedelta(days=10))
    _signed(root / "attestations", agenda, now - timedelta(days=5))

    command = [sys.executable, "-m", "pytest", "-m", "monthly", "-k", "governance_review", "--record=reports/now"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    (record,) = results.read(root / "reports" / "now").records
    assert record.verdict is Verdict.BREACHED, done.stdout + done.stderr
    days, gaps = (each.reading for each in record.judgements)
    assert isinstance(days, Measurement)
    assert 5 <= days.value < 7
    assert isinstance(gaps, Measurement)
    assert gaps.value == 1
    assert f"not decided: the breach of {DRIFT}" in record.reason
    (item,) = json.loads((root / "reports" / "now" / "packs" / DUTY / "agenda.json").read_text())["items"]
    assert (item["kind"], item["duty"], item["told"]) == ("breach", DRIFT, "The gap is wide.")


def _earlier_run(folder: Path, started: datetime) -> bytes:
    """A finished run that breached, and whose agenda, prepared before, was empty."""
    header = RunHeader(
        run=folder.name, started=started, target="embedded", environment=Environment.EMBEDDED, nodes=(),
        cadences=(Cadence.DAILY,), due=(DRIFT,), plan_digest="", target_digest="", baseline_digests={}, versions={},
        seed=1,
    )  # fmt: skip
    agenda = governance.agenda("embedded", started, (), {}).body
    pack = folder / "packs" / DUTY / "agenda.json"
    pack.parent.mkdir(parents=True)
    pack.write_bytes(agenda)
    results.append(folder, header)
    record = Record(duty=DRIFT, verdict=Verdict.BREACHED, reason="The gap is wide.", started=started, seconds=1)
    results.append(folder, record)
    results.append(folder, RunEnd(finished=started, verdict=Verdict.BREACHED, exit_status=1))
    return agenda


def _signed(folder: Path, agenda: bytes, met: datetime) -> None:
    folder.mkdir()
    record = raw(
        duty=DUTY, subject=hashlib.sha256(agenda).hexdigest(), date=f"{met:%Y-%m-%d}",
        expires=f"{met + timedelta(days=60):%Y-%m-%d}", minutes_sha256="0" * 64,
        signatures=[{"who": f"Member {number}", "role": role} for number, role in enumerate(BOARD)],
    )  # fmt: skip
    (folder / "meeting.yaml").write_text(yaml.safe_dump(record))
