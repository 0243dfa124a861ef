"""What is under way, on the disk before anything is done: whoever starts next puts back what an aborted drill left."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from junzi_audit.model import Cause, Unobservable

FOLDER = "drills"
#: Seconds for which another drill on the same target is waited for.
_TURN = 600


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

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While one drill is under way on the target, no other begins, or undoes it: each waits for its turn.

        Unobservable when the turn does not come.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            for _ in range(_TURN):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    time.sleep(1)
            else:
                raise Unobservable(Cause.REFUSED, f"another drill was under way on this target for {_TURN} s")
            yield

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
