"""weekly.regression-suite on a real node: met, breached by faults of each kind, replayed, and not to be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from junzi_audit.evidence import results
from junzi_audit.model import Cause, Verdict
from tests.audited import Audited, audit, copied_repository, keep_proof, tripwires

DUTY, CHECK = "weekly.regression-suite", "suites/weekly/test_regression_suite.py"

NOWHERE = """
environment = "staging"
[nodes]
primary = "http://127.0.0.1:9"
[writes]
allowed = true
[regression]
keys_env = "NOWHERE_KEYS"
"""


def regression(folder: Path, *words: str) -> Audited:
    return audit(folder, CHECK, *words, marker="weekly")


def test_an_honest_node_keeps_every_promise_and_a_replay_agrees(tmp_path: Path) -> None:
    live = regression(tmp_path / "run")
    replayed = regression(tmp_path / "again", f"--replay={tmp_path / 'run'}")

    for found in (live, replayed):
        assert found.records[DUTY].verdict is Verdict.MET, found.said
        assert all(judgement.reading.n for judgement in found.records[DUTY].judgements)  # type: ignore[union-attr]
    assert [each.reading for each in replayed.records[DUTY].judgements] == [
        each.reading for each in live.records[DUTY].judgements
    ]


def test_a_fault_is_found_on_its_own_limit_and_told_with_how_to_repeat_it(tmp_path: Path) -> None:
    found = regression(tmp_path / "run", "--node-fault", "contract-page-repeats-a-row")

    assert found.records[DUTY].verdict is Verdict.BREACHED, found.said
    assert found.tripped_limits(DUTY) == {"broken_promises"}, found.said
    (breached,) = [each for each in found.records[DUTY].judgements if each.limit.name == "broken_promises"]
    shown = json.dumps(breached.reading.exhibits[0].rows)
    assert "curl -sS -i" in shown
    assert "$JUNZI_A" in shown


def test_every_tripwire_of_the_plan_breaches_its_limits(tmp_path: Path) -> None:
    wires = tripwires(DUTY)
    found = regression(tmp_path / "run", *(word for fault in wires for word in ("--node-fault", fault)))

    assert found.tripped_limits(DUTY) >= {limit for limits in wires.values() for limit in limits}, found.said
    keep_proof(" + ".join(wires), found.verdicts())


def test_an_unreachable_node_is_inconclusive(tmp_path: Path) -> None:
    root = copied_repository(tmp_path / "there")
    (root / "targets" / "nowhere.toml").write_text(NOWHERE)
    keys = dict.fromkeys(("JUNZI_API_KEY", "JUNZI_AUDIT_KEY"), "a-key-for-nobody")
    env = {**os.environ, **keys, "NOWHERE_KEYS": "first-for-nobody,second-for-nobody"}
    run = tmp_path / "run"
    command = [sys.executable, "-m", "pytest", "-m", "weekly", CHECK, "--target=nowhere", f"--record={run}"]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 20, done.stdout
    (record,) = [each for each in results.read(run).records if each.duty == DUTY]
    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.UNREACHABLE)
