"""The load duty three ways on a real node, with the published scenarios cut to seconds: met, breached, not seen."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.evidence.store import Archive
from junzi_audit.findings import Record
from junzi_audit.model import Cause, Verdict
from junzi_audit.probes.load import LOADED
from tests.audited import copied_repository, keep_proof, tripwires

DUTY = "monthly.load-and-stress"
#: Enough of each scenario to judge by, and no more; a node that bends must not take the machine with it.
SHORT = {"time_factor": 0.0001, "user_factor": 0.3, "least_seconds": 9, "pace_seconds": 2, "ramp_seconds": 2}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose embedded target bears seconds of load, on a small node."""
    copy = copied_repository(tmp_path_factory.mktemp("load") / "repository")
    cut(copy, ramp="[25]", **SHORT)
    return copy


def cut(repository: Path, **values: object) -> None:
    path = repository / "targets" / "embedded.toml"
    text = path.read_text().replace('"--scale", "5"', '"--scale", "1"')
    head, table = text.split("[load]\n")
    for key, value in values.items():
        line = f"{key} = {value}\n"
        table, found = re.subn(rf"^{key} +=.*\n", line, table, count=1, flags=re.M)
        table = table if found else line + table
    path.write_text(f"{head}[load]\n{table}")


def audited(repository: Path, folder: Path, *words: str) -> Record:
    command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "monthly", "-k", "load_and_stress"]
    done = subprocess.run(
        [*command, f"--record={folder}", *words], cwd=repository, capture_output=True, text=True, timeout=240,
        env=dict(os.environ), check=False,
    )  # fmt: skip
    assert (folder / results.NAME).is_file(), done.stdout + done.stderr
    return next(record for record in results.read(folder).records if record.duty == DUTY)


def verdicts(record: Record) -> dict[str, set[Verdict]]:
    found: dict[str, set[Verdict]] = {}
    for each in record.judgements:
        found.setdefault(each.limit.name, set()).add(each.verdict)
    return found


def processes_of(folder: Path) -> set[int]:
    """The generator processes of a run, by their own account."""
    _, body = Archive(folder).take(DUTY, LOADED)
    return {line["process"] for line in map(json.loads, body.splitlines()) if "process" in line}


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_honest_node_is_met_and_its_recording_says_the_same(repository: Path, tmp_path: Path) -> None:
    record = audited(repository, tmp_path / "run")
    again = audited(repository, tmp_path / "again", f"--replay={tmp_path / 'run'}")

    assert verdicts(record) == {limit: {Verdict.MET} for limit in verdicts(record)}, record.reason
    assert len(verdicts(record)) == 6
    assert [each.reason for each in again.judgements] == [each.reason for each in record.judgements]
    assert all(gone(each) for each in processes_of(tmp_path / "run"))


def test_every_fault_breaches_its_own_limit_whoever_makes_the_load(repository: Path, tmp_path: Path) -> None:
    """All faults at once, the load made by two workers and the process that leads them."""
    broken = tmp_path / "repository"
    copied_repository(broken)
    cut(broken, ramp="[25]", workers=2, **SHORT)
    wires = tripwires(DUTY)
    faults = tuple(wires)
    record = audited(broken, tmp_path / "run", *(word for fault in faults for word in ("--node-fault", fault)))

    breached = {limit for limit, found in verdicts(record).items() if Verdict.BREACHED in found}
    assert breached == {limit for limits in wires.values() for limit in limits} | {"p95_growth"}, record.reason
    keep_proof(" + ".join(wires), {DUTY: record.verdict})
    assert verdicts(record)["recovery_seconds"] == {Verdict.MET}
    assert len(processes_of(tmp_path / "run")) == 3
    assert all(gone(each) for each in processes_of(tmp_path / "run"))


def test_a_node_that_cannot_be_read_is_loaded_by_nobody(repository: Path, tmp_path: Path) -> None:
    record = audited(repository, tmp_path / "run", "--node-fault", "hang")

    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.TIMED_OUT)


def test_it_never_runs_on_a_live_target(repository: Path, tmp_path: Path) -> None:
    record = audited(repository, tmp_path / "run", "--target", "http://127.0.0.1:9")

    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.REFUSED)
