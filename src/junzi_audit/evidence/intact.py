"""Whether a run's evidence is whole and true enough to be acted upon."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from junzi_audit.evidence.results import NAME, RunLog
from junzi_audit.findings import Observation


def doubts(folder: Path, log: RunLog) -> Iterator[str]:
    """A sentence for everything that speaks against acting on the run; none when nothing does."""
    header = log.header
    yield from (note for note in header.notes if note.startswith("fault planted"))
    if header.replay_of:
        yield f"it replays {header.replay_of}, and looked at nothing itself"
    if log.damaged:
        yield f"{NAME} cannot be read at line {', '.join(map(str, log.damaged))}"
    if log.end is None:
        yield "it did not finish"
    recorded = {record.duty for record in log.records}
    if missing := [duty for duty in header.due if duty not in recorded and not _left_out(duty, header.notes)]:
        yield f"no record of {', '.join(missing)}, which {'was' if len(missing) == 1 else 'were'} due"
    seen = {(each.path, each.sha256): each for record in log.records for each in record.observations}
    if altered := [each.id for each in seen.values() if not _kept(folder, each)]:
        yield f"{len(altered)} of {len(seen)} observations no longer have their digest, the first of them {altered[0]}"


def _left_out(duty: str, notes: tuple[str, ...]) -> bool:
    """Whether the person who ran it chose not to look at the duty, which the run then says."""
    found = (re.fullmatch(r"partial run: (.*) left out on the command line", note) for note in notes)
    return any(duty in each[1].split(", ") for each in found if each)


def _kept(folder: Path, seen: Observation) -> bool:
    """Whether the bytes are there, unaltered, and where a run keeps them."""
    if seen.path != f"raw/{seen.sha256[:2]}/{seen.sha256}":
        return False
    try:
        with (folder / seen.path).open("rb") as body:
            return hashlib.file_digest(body, "sha256").hexdigest() == seen.sha256
    except OSError:
        return False
