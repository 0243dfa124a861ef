"""How many seeded contract faults the regression suite finds: `python -m benchmarks.contract_faults [FAULT …]`.

Each fault is planted in the embedded node and the whole weekly duty is run against it. A fault is killed when the duty
is BREACHED; one that only blinds the suite counts as survived. A run of all faults writes its table into
docs/BENCHMARKS.md. Exit status 1 when fewer than 95 % are killed, or the honest node is not MET.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import Table
from junzi_audit.evidence import results
from junzi_audit.findings import Record
from junzi_audit.model import Verdict

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "BENCHMARKS.md"
PREFIXES = ("contract-", "score-")
DUTY, CHECK = "weekly.regression-suite", "suites/weekly/test_regression_suite.py"
LEAST = 0.95


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one fault; an empty one is the honest node."""

    fault: str
    does: str
    record: Record

    @property
    def killed(self) -> bool:
        return self.record.verdict is Verdict.BREACHED

    @property
    def limits(self) -> str:
        return ", ".join(
            each.limit.name for each in self.record.judgements if each.verdict is Verdict.BREACHED
        )  # fmt: skip


def faults() -> dict[str, str]:
    """Every contract fault that the reference node knows, with what it does."""
    command = [sys.executable, "-m", "refnode", "--list-faults"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pairs = (line.split(maxsplit=1) for line in listed.splitlines() if line.startswith(PREFIXES))
    return dict(pairs)


def tried(fault: str, does: str) -> Outcome:
    """The whole duty against a node with that fault."""
    with tempfile.TemporaryDirectory(prefix="junzi-faults-") as place:
        command = [sys.executable, "-m", "pytest", "-m", "weekly", CHECK, f"--record={place}/run"]
        planted = ["--node-fault", fault] if fault else []
        subprocess.run([*command, *planted], cwd=ROOT, capture_output=True, timeout=300, check=False)
        found = {record.duty: record for record in results.read(Path(place) / "run").records}
    return Outcome(fault=fault, does=does, record=found[DUTY])


def table(honest: Outcome, found: list[Outcome]) -> Table:
    killed = sum(each.killed for each in found)
    failed = [] if killed >= LEAST * len(found) else [f"{killed} of {len(found)} killed"]
    failed += [] if honest.record.verdict is Verdict.MET else [f"the honest node is {honest.record.verdict}"]
    return Table(
        name="contract_faults",
        caption=f"{killed} of {len(found)} contract faults killed ({killed / len(found):.0%}; promised: at least "
        f"{LEAST:.0%}). The honest node is {honest.record.verdict}, in {honest.record.seconds:.0f} s.",
        columns=("fault", "what is wrong with the node", "outcome", "limits breached"),
        rows=tuple(
            (
                f"`{each.fault}`",
                each.does,
                "killed" if each.killed else f"survived ({each.record.verdict})",
                each.limits,
            )
            for each in found
        ),
        failed=tuple(failed),
    )


def write(made: Table) -> None:
    text = DOCUMENT.read_text()
    place = re.compile(rf"(<!-- bench {made.name} -->\n).*?(<!-- end {made.name} -->)", re.DOTALL)
    DOCUMENT.write_text(place.sub(lambda found: f"{found[1]}{made}\n{found[2]}", text))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contract_faults", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--at-once", type=int, default=2)
    asked = parser.parse_args()
    known = faults()
    if unknown := [fault for fault in asked.faults if fault not in known]:
        parser.error(f"no contract fault is called {unknown[0]!r}; possible are {', '.join(known)}")
    chosen = asked.faults or list(known)
    with ThreadPoolExecutor(asked.at_once) as pool:
        honest, *found = pool.map(lambda fault: tried(fault, known.get(fault, "")), ["", *chosen])
    made = table(honest, found)
    print(made)
    if not asked.faults:
        write(made)
    return int(bool(made.failed))


if __name__ == "__main__":
    sys.exit(main())
