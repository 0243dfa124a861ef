"""The load duty on a real node, with the published scenarios cut to seconds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from junzi_audit.evidence import results
from junzi_audit.evidence.store import Archive
from junzi_audit.findings import Record
from junzi_audit.model import Verdict
from junzi_audit.probes.load import LOADED
from tests.audited import copied_repository

DUTY = "monthly.load-and-stress"
#: Enough of each scenario to judge by, and no more; a node that bends must not take the machine with it.
SHORT = {"time_factor": 0.0001, "user_factor": 0.3, "least_seconds": 9, "pace_seconds": 2, "ramp_seconds": 2}


def small(folder: Path) -> Path:
    """A repository whose embedded target bears seconds of load, on a small node."""
    copied_repository(folder)
    cut(folder, ramp="[25]", **SHORT)
    return folder


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
