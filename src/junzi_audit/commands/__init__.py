"""The verbs of ``junzi-audit``, one a file, and what they share: where we are, which run is meant, how we speak."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypeAlias

from junzi_audit.naming import PLAN
from junzi_audit.tables import nearest

#: What ``add`` of every verb adds itself to; argparse has no public name for it.
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
REPORTS = "reports"


class CommandError(Exception):
    """Something the person can put right; the message says what was found and what is possible."""


def say(text: str = "") -> None:
    """One line, or several, to the person."""
    sys.stdout.write(text + "\n")


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """The rows with their columns aligned, those numbered in ``right`` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [">" if at in right else "<" for at in range(len(widths))]
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    ]


def repository() -> Path:
    """The repository that audits: the nearest folder from here upward that holds the plan."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PLAN).is_dir():
            return folder
    raise CommandError(f"{here}: no {PLAN}/ here or in a folder above, so no plan; go into the repository that audits")


def run_folder(root: Path, word: str) -> Path:
    """The directory of the run that was meant: a path, a name in ``reports/``, or ``latest``."""
    from junzi_audit.evidence.results import NAME

    runs = sorted((root / REPORTS).glob(f"*/{NAME}"), key=lambda file: file.stat().st_mtime)
    if word == "latest":
        if not runs:
            raise CommandError(f"{root / REPORTS}: no run is kept here yet; `pytest -m heartbeat` makes one")
        return runs[-1].parent
    for folder in (Path(word), root / REPORTS / word):
        if folder.is_dir():
            return folder
    names = ["latest", *(file.parent.name for file in runs[-5:])]
    raise CommandError(f"RUN {word!r}: no such directory, here or in {root / REPORTS}; {nearest(word, names)}")
