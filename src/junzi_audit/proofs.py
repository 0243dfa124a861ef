"""When each duty was last seen to fail: one small file per planted fault, written by the tests of the tripwires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from junzi_audit.model import Verdict, iso, utc

_FOLDER = "proofs"


def keep(reports: Path, fault: str, verdicts: Mapping[str, Verdict], at: datetime) -> None:
    """Write down what every duty came out as on a node with that fault."""
    folder = reports / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    proof = {"fault": fault, "at": iso(at), "verdicts": dict(verdicts)}
    (folder / f"{fault}.json").write_text(json.dumps(proof, indent=1) + "\n", encoding="utf-8")


def read(reports: Path) -> dict[str, dict[str, Verdict]]:
    """Verdicts by fault and duty, of every proof kept here."""
    return {fault: verdicts for fault, (_, verdicts) in _all(reports).items()}


def last_seen_to_fail(reports: Path) -> dict[str, datetime]:
    """The newest proof in which each duty failed; a duty never seen to fail here is absent."""
    found: dict[str, datetime] = {}
    for at, verdicts in _all(reports).values():
        for duty, verdict in verdicts.items():
            if verdict in (Verdict.BREACHED, Verdict.OVERDUE):
                found[duty] = max(at, found.get(duty, at))
    return found


def _all(reports: Path) -> dict[str, tuple[datetime, dict[str, Verdict]]]:
    """A file that cannot be read proves nothing and is passed over."""
    found = {}
    for path in sorted((reports / _FOLDER).glob("*.json")):
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            verdicts = {str(duty): Verdict(word) for duty, word in raw["verdicts"].items()}
            found[str(raw["fault"])] = (utc(raw["at"]), verdicts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found
