"""Prints the matrix duties x faults from the proofs that tests/test_tripwires.py kept: run it by `make matrix`."""

from __future__ import annotations

import sys
from pathlib import Path

from junzi_audit import plan, proofs
from junzi_audit.model import Verdict

ROOT = Path(__file__).parent.parent
LETTERS = {
    Verdict.MET: "·",
    Verdict.BREACHED: "B",
    Verdict.INCONCLUSIVE: "?",
    Verdict.OVERDUE: "O",
    Verdict.AWAITING: "A",
}


def main() -> int:
    found = proofs.read(ROOT / "reports")
    if not found:
        print("no proofs yet: run pytest tests/test_tripwires.py")
        return 1
    seen = {duty for verdicts in found.values() for duty in verdicts}
    duties = [duty.id for duty in plan.load(ROOT / "obligations").obligations if duty.id in seen]
    for number, duty in enumerate(duties, start=1):
        print(f"{number:>3}  {duty}")
    print(f"\n{'fault':<26}" + "".join(f"{number:>3}" for number in range(1, len(duties) + 1)))
    order = ["honest", *sorted(fault for fault in found if fault not in {"honest", "unreachable"}), "unreachable"]
    # Faults planted together say nothing more where each was also planted alone.
    shown = [each for each in order if each in found and not (" + " in each and set(each.split(" + ")) <= found.keys())]
    for fault in shown:
        verdicts = found[fault]
        cells = [LETTERS.get(verdicts[duty], "!") if duty in verdicts else "" for duty in duties]
        print(f"{fault:<26}" + "".join(f"{cell:>3}" for cell in cells))
    print("\n· MET   B BREACHED   O OVERDUE   A AWAITING   ? INCONCLUSIVE   ! any other   (blank: not looked at)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
