"""What was told of the runs so far: a file in each run's folder, read back before anybody is told again."""

from __future__ import annotations

import fcntl
import heapq
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from junzi_audit.seen.notices import Told

NAME = "escalations.jsonl"
_LOCK = ".escalations.lock"
#: Runs that are looked at, the newest: more than a quarter of heartbeats.
_LOOKED_AT = 40_000
_LINE = TypeAdapter(Told)


class Notices:
    """The memory of one target's escalations, over all runs in ``reports``."""

    def __init__(self, reports: Path, target: str) -> None:
        self._reports = reports
        self._target = target

    def recall(self, folder: Path) -> tuple[Told, ...]:
        """Everything told of the target, of that run too, in the order told.

        A line that cannot be read is passed over: at worst somebody is told twice.
        """
        found = {file.resolve() for file in heapq.nlargest(_LOOKED_AT, self._reports.glob(f"*/{NAME}"))}
        if (folder / NAME).is_file():
            found.add((folder / NAME).resolve())
        lines = [told for file in found for told in _lines(file) if told.target == self._target]
        return tuple(sorted(lines, key=lambda told: told.at))

    def note(self, folder: Path, told: Told) -> None:
        """Write it down and wait until the disk has it."""
        body = json.dumps(_LINE.dump_python(told, mode="json"))
        with (folder / NAME).open("a", encoding="utf-8") as file:
            file.write(body + "\n")
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for any other process that is telling: two at once would tell everything twice."""
        self._reports.mkdir(parents=True, exist_ok=True)
        with (self._reports / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _lines(file: Path) -> Iterator[Told]:
    try:
        texts = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return
    for text in texts:
        try:
            told = _LINE.validate_json(text)
        except ValidationError:
            continue
        if told.at.tzinfo is not None and told.begun.tzinfo is not None:
            yield told
