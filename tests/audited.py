"""Running the real audit on a real node, as a person would, and reading what it left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from junzi_audit import plan, proofs
from junzi_audit.evidence import results
from junzi_audit.findings import Record
from junzi_audit.model import Verdict

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Audited:
    """One finished audit: its exit status, what it printed, its folder, and the record of each duty."""

    status: int
    said: str
    folder: Path
    records: dict[str, Record]

    def verdicts(self) -> dict[str, Verdict]:
        return {duty: record.verdict for duty, record in self.records.items()}

    def tripped_limits(self, duty: str) -> set[str]:
        """The limits that came out as the duty as a whole did."""
        record = self.records[duty]
        return {each.limit.name for each in record.judgements if each.verdict is record.verdict is not Verdict.MET}


def copied_repository(folder: Path) -> Path:
    """The repository that audits, without the machinery, which stays installed: to be changed by a test."""
    folder.mkdir()
    for name in ("obligations", "suites", "fixtures", "baselines", "targets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def audit(folder: Path, *words: str, marker: str = "heartbeat or daily", env: dict[str, str] | None = None) -> Audited:
    """``pytest -m MARKER --record FOLDER WORDS`` in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-m", marker, f"--record={folder}", *words]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, env={**os.environ, **(env or {})}, check=False
    )
    said = done.stdout + done.stderr
    assert (folder / results.NAME).is_file(), said
    records = {record.duty: record for record in results.read(folder).records}
    return Audited(status=done.returncode, said=said, folder=folder, records=records)


def keep_proof(fault: str, verdicts: Mapping[str, Verdict]) -> None:
    """The date of the last proof is shown in every report of this checkout."""
    proofs.keep(ROOT / "reports", fault, verdicts, datetime.now(UTC))


def tripwires(duty: str) -> dict[str, tuple[str, ...]]:
    """The faults that the plan says must trip the duty, with the limits of each."""
    return {wire.fault: wire.breaches for wire in plan.load(ROOT / "obligations")[duty].tripwires}
