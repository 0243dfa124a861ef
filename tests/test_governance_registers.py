"""The councils' registers on the reference node: a breach nobody took up is found, and a replay reads the same."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from junzi_audit.evidence import results
from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.model import Cadence, Environment, Verdict
from tests.audited import copied_repository

FINDINGS, CONCERNS, DRIFT = "governance.bias-mitigation", "governance.public-concerns", "daily.bias-drift"


def test_a_breach_that_nobody_took_up_is_unowned_and_a_replay_says_so_too(tmp_path: Path) -> None:
    root = copied_repository(tmp_path / "r")
    _breached(root / "reports" / "earlier", datetime.now(UTC) - timedelta(days=10))

    found = _governance(root, "now")
    assert found[CONCERNS].verdict is Verdict.MET, found[CONCERNS].reason
    assert found[FINDINGS].verdict is Verdict.BREACHED
    assert found[FINDINGS].reason.startswith("findings_unowned is 1 finding")
    assert f"breach {DRIFT} lacks an open finding in the register" in found[FINDINGS].reason

    again = _governance(root, "again", "--replay=reports/now")
    assert {duty: (each.verdict, each.reason) for duty, each in again.items()} == {
        duty: (each.verdict, each.reason) for duty, each in found.items()
    }
    first, second = root / "reports" / "now", root / "reports" / "again"
    packs = [path.relative_to(first) for path in (first / "packs").rglob("*.json")]
    assert len(packs) == 4
    assert all((first / each).read_bytes() == (second / each).read_bytes() for each in packs)


def _governance(root: Path, name: str, *words: str) -> dict[str, Record]:
    files = [f"suites/governance/test_{each}.py" for each in ("bias_mitigation", "public_concerns")]
    command = [sys.executable, "-m", "pytest", "-m", "governance", *files, "--no-plots", f"--record=reports/{name}"]
    done = subprocess.run([*command, *words], cwd=root, capture_output=True, text=True, timeout=180, check=False)
    folder = root / "reports" / name
    assert (folder / results.NAME).is_file(), done.stdout + done.stderr
    return {record.duty: record for record in results.read(folder).records}


def _breached(folder: Path, started: datetime) -> None:
    """A finished run of the target that found the decisions biased."""
    header = RunHeader(
        run=folder.name, started=started, target="embedded", environment=Environment.EMBEDDED, nodes=(),
        cadences=(Cadence.DAILY,), due=(DRIFT,), plan_digest="", target_digest="", baseline_digests={}, versions={},
        seed=1,
    )  # fmt: skip
    folder.mkdir(parents=True)
    results.append(folder, header)
    results.append(folder, Record(duty=DRIFT, verdict=Verdict.BREACHED, reason="Wide.", started=started, seconds=1))
    results.append(folder, RunEnd(finished=started, verdict=Verdict.BREACHED, exit_status=1))
