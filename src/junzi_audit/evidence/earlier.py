"""What was looked at before: the newest earlier run of a target that finished, and all that can be believed."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from junzi_audit.evidence import results
from junzi_audit.evidence.results import Came
from junzi_audit.findings import RunEnd, RunHeader

#: Runs that are looked into, newest first: a folder with years of them must not cost a run its time.
_LOOKED_AT = 200
#: Where all are wanted, the newest: more than two months of heartbeats.
_AT_MOST = 20_000
_TAIL = 4_096


def last_finished(reports: Path, target: str, by: datetime) -> RunHeader | None:
    """The header of the newest finished run of that target begun by that instant; replays are passed over."""
    files = sorted(reports.glob(f"*/{results.NAME}"), key=_written, reverse=True)
    for file in files[:_LOOKED_AT]:
        header = _header(file, target)
        if header and not header.replay_of and header.started <= by and _finished(file):
            return header
    return None


def sound_runs(
    reports: Path, target: str, now: datetime, *, most: int = _AT_MOST
) -> Iterator[tuple[Path, RunHeader]]:  # fmt: skip
    """The results of that target's runs begun before ``now``, the newest first; whether they finished is not asked.

    Replays, and runs of a node broken on purpose, are passed over.
    """
    found = []
    # A run's folder begins with its time, so the names tell which are the newest.
    for file in heapq.nlargest(most, reports.glob(f"*/{results.NAME}")):
        header = _header(file, target)
        if header is not None and _is_true(header) and header.started < now:
            found.append((file, header))
    yield from sorted(found, key=lambda each: each[1].started, reverse=True)


def skimmed(file: Path) -> tuple[Came, ...]:
    """What the duties of a finished run came out as; nothing of one that cannot be read."""
    try:
        return results.skim(file)
    except (OSError, ValueError):
        return ()


def _is_true(header: RunHeader) -> bool:
    return not header.replay_of and not any(note.startswith("fault planted") for note in header.notes)


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _header(file: Path, target: str) -> RunHeader | None:
    """None for another target's run, and for one whose first line cannot be read."""
    try:
        with file.open(encoding="utf-8") as lines:
            line = lines.readline()
        found = results.decode(line) if f'"target": {json.dumps(target)}' in line else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, RunHeader) and found.target == target else None


def _finished(file: Path) -> bool:
    """Whether the last line is an end; lines before it can be long and are not read."""
    try:
        with file.open("rb") as lines:
            lines.seek(max(0, file.stat().st_size - _TAIL))
            last = lines.read().splitlines()[-1]
        return isinstance(results.decode(last.decode()), RunEnd)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False
