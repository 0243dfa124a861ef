"""What was looked at before: the newest earlier run of a target that finished."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from junzi_audit.evidence import results
from junzi_audit.findings import RunEnd, RunHeader

#: Runs that are looked into, newest first: a folder with years of them must not cost a run its time.
_LOOKED_AT = 200
_TAIL = 4_096


def last_finished(reports: Path, target: str, by: datetime) -> RunHeader | None:
    """The header of the newest finished run of that target begun by that instant; replays are passed over."""
    files = sorted(reports.glob(f"*/{results.NAME}"), key=_written, reverse=True)
    for file in files[:_LOOKED_AT]:
        header = _header(file, target)
        if header and not header.replay_of and header.started <= by and _finished(file):
            return header
    return None


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
        found = results.decode(line) if json.loads(line)["target"] == target else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, RunHeader) else None


def _finished(file: Path) -> bool:
    """Whether the last line is an end; lines before it can be long and are not read."""
    try:
        with file.open("rb") as lines:
            lines.seek(max(0, file.stat().st_size - _TAIL))
            last = lines.read().splitlines()[-1]
        return isinstance(results.decode(last.decode()), RunEnd)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False
