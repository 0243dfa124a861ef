"""The whole corridor as a person meets it: light heartbeat, replay, killed run, hostile names, several processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.model import Verdict
from tests.audited import ROOT, audit, copied_repository
from tests.browser import dumped, needs_chromium


def test_the_heartbeat_pays_for_no_heavy_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pytest", "-q", "-s", "-m", "heartbeat", f"--record={tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}

    assert done.returncode == 0, done.stdout
    assert "httpx2" in imported
    assert not imported & {"fairlearn", "scipy", "matplotlib", "numpy", "pandas", "sklearn", "duckdb", "hypothesis"}


def test_a_replay_judges_the_same_evidence_to_the_same_verdicts(tmp_path: Path) -> None:
    seen = audit(tmp_path / "seen", "--node-fault", "alert-unaudited", "--node-fault", "disputes-ignored")
    again = audit(tmp_path / "again", f"--replay={tmp_path / 'seen'}")

    assert again.verdicts() == seen.verdicts()
    assert {duty: record.reason for duty, record in again.records.items()} == {
        duty: record.reason for duty, record in seen.records.items()
    }
    assert again.status == seen.status == 1
    assert results.read(again.folder).header.replay_of == results.read(seen.folder).header.run
    assert "replay" in (again.folder / "report.html").read_text().lower()


def test_several_processes_give_the_same_verdicts(tmp_path: Path) -> None:
    audited = audit(tmp_path, "-n", "2")

    assert set(audited.verdicts().values()) == {Verdict.MET}, audited.said
    assert audited.status == 0


def test_a_run_killed_midway_leaves_a_readable_and_plainly_incomplete_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-m", "heartbeat or daily", f"--record={tmp_path}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(lines(tmp_path)) < 4:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    told = subprocess.run(
        [sys.executable, "-m", "junzi_audit", "report", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    log = results.read(tmp_path)
    assert log.end is None
    assert 3 <= len(log.records) < 12
    assert told.returncode == 20
    assert "INCOMPLETE" in (tmp_path / "report.html").read_text()


@needs_chromium
def test_hostile_names_do_nothing_in_the_report_and_change_no_verdict(tmp_path: Path) -> None:
    audited = audit(tmp_path / "run", "--node-fault", "hostile-names", "--node-fault", "alert-unsourced")
    page = (audited.folder / "report.html").read_text()

    assert {duty for duty, verdict in audited.verdicts().items() if verdict is not Verdict.MET} == {
        "heartbeat.ethical-violations"
    }, audited.said
    assert "<script" not in page
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert "\x1b" not in audited.said
    assert "<title>BREACHED" in dumped(audited.folder / "report.html", tmp_path)


def test_no_key_reaches_what_a_run_leaves_or_says(tmp_path: Path) -> None:
    key = "s3cret-of-the-audit-feed"
    env = {"JUNZI_API_KEY": f"{key}-public", "JUNZI_AUDIT_KEY": key}
    audited = audit(tmp_path, "--target", "http://127.0.0.1:9", env=env)

    assert key not in audited.said
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--target", "stagin"), "did you mean 'staging.toml'?"),
        (("--target", "ftp://x"), "neither the name of a file"),
        (("--target", "staging", "--node-fault", "hang"), "plants faults in the embedded node only"),
        (("--replay=nowhere",), "nowhere"),
    ],
)
def test_a_wrong_word_is_told_without_a_traceback(words: tuple[str, ...], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "daily", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 4
    assert told in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def lines(folder: Path) -> list[str]:
    path = folder / results.NAME
    return path.read_text().splitlines() if path.is_file() else []


def test_a_changed_plan_is_told_in_a_replay_and_a_torn_index_without_a_traceback(tmp_path: Path) -> None:
    seen = audit(tmp_path / "seen", "--node-fault", "agent-silent", marker="heartbeat")
    copy = copied_repository(tmp_path / "copy")
    plan = copy / "obligations" / "heartbeat.toml"
    plan.write_text(plan.read_text().replace('bound   = "<= 60"', 'bound   = "<= 6000"'))
    replay = [sys.executable, "-m", "pytest", "-m", "heartbeat", f"--replay={seen.folder}"]
    loosened = subprocess.run(replay, cwd=copy, capture_output=True, text=True, check=False, timeout=120)
    index = seen.folder / "observations-main.jsonl"
    index.write_text("{torn\n" + index.read_text())
    damaged = subprocess.run(replay, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert "the plan changed since the recording" in loosened.stdout
    assert damaged.returncode == 4
    assert "line 1 is damaged" in damaged.stdout + damaged.stderr
    assert "Traceback" not in damaged.stdout + damaged.stderr


def test_a_record_rewritten_to_met_is_not_believed(tmp_path: Path) -> None:
    seen = audit(tmp_path, "--node-fault", "agent-silent", marker="heartbeat")
    path = tmp_path / results.NAME
    changed = [
        line.replace('"verdict": "BREACHED", "reason"', '"verdict": "MET", "reason"', 1) for line in lines(tmp_path)
    ]
    path.write_text("\n".join(changed) + "\n")
    told = subprocess.run(
        [sys.executable, "-m", "junzi_audit", "report", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert seen.status == 1
    assert seen.records["heartbeat.agent-health"].verdict is Verdict.BREACHED
    assert "heartbeat.agent-health" not in {record.duty for record in results.read(tmp_path).records}
    assert told.returncode == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-p", "no:junzi-writer"), "an audit that writes nothing down is none"),
        (("--record=/proc/here",), "cannot be written to"),
    ],
)
def test_an_audit_that_could_leave_nothing_does_not_start(words: tuple[str, ...], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "heartbeat", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 4
    assert told in done.stdout + done.stderr
