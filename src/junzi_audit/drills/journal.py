"""What is under way, on the disk before anything is done: whoever starts next puts back what an aborted drill left."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from junzi_audit.model import Cause, Unobservable

FOLDER = "drills"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One drill under way: ``label`` is on all it makes, ``begun`` is RFC 3339, ``scope`` an attribute and a group."""

    duty: str
    run: str
    node: str
    label: str
    begun: str
    scope: tuple[str, ...] = ()


class Journal:
    """One file per target and duty, there from before the first act until the undo is proven."""

    def __init__(self, reports: Path, target: str) -> None:
        self._folder = reports / FOLDER / target

    def open(self, entry: Entry) -> None:
        """Write down, through to the disk, what is about to be done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(entry.duty)
        part = file.with_name(f".{file.name}.{os.getpid()}")
        with part.open("w", encoding="utf-8") as out:
            json.dump(asdict(entry), out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)

    def close(self, duty: str) -> None:
        """The undo is proven."""
        self._file(duty).unlink(missing_ok=True)

    def left(self) -> tuple[Entry, ...]:
        """Drills that were begun and not put back, oldest first; Unobservable when a file cannot be read."""
        found = []
        for file in sorted(self._folder.glob("*.json")):
            try:
                told = json.loads(file.read_text(encoding="utf-8"))
                found.append(Entry(**{**told, "scope": tuple(told["scope"])}))
            except (OSError, ValueError, TypeError, KeyError):
                raise Unobservable(
                    Cause.UNDEFINED, f"{file} tells of an aborted drill and cannot be read: look at the node yourself"
                ) from None
        return tuple(sorted(found, key=lambda entry: entry.begun))

    def pending(self) -> tuple[str, ...]:
        """The duties of drills that were begun and not put back, without opening what is written of them."""
        return tuple(file.stem for file in sorted(self._folder.glob("*.json")))

    def _file(self, duty: str) -> Path:
        return self._folder / f"{duty}.json"
