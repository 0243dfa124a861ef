"""What earlier runs saw of past days: an append-only file beside the runs, each line chained to the one before."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from junzi_audit.evidence.store import Store
from junzi_audit.model import DAY, Cause, Unobservable
from junzi_audit.seen.looks import Cell, Look, Looks

FOLDER = "ledgers"


@dataclass(frozen=True, kw_only=True)
class Past:
    """Every attribute's looks as they were first seen, and the days among them that are no longer what they were.

    ``compared``: days that both this run and an earlier one saw; ``days``: all days known; ``until``: the last day.
    """

    selection: Mapping[str, tuple[Look, ...]]
    odds: Mapping[str, tuple[Look, ...]]
    compared: int
    days: int
    rewritten: tuple[date, ...]
    until: date


class Ledger:
    """The days of every stream of one target, as they were first seen.

    Without a ``path`` (a node that lives only as long as the run) nothing is remembered. In a replay, what the recorded
    run remembered is taken, and nothing is written.
    """

    def __init__(self, path: Path | None, store: Store, *, run: str, now: datetime, writes: bool) -> None:
        self._path = path
        self._store = store
        self._run = run
        self._now = now
        self._writes = writes
        self._last = ""

    def recall(self, look: Callable[[datetime, datetime], Mapping[str, Looks]], reach: timedelta) -> Past:
        """The whole days that a log reaching so far back holds, with what earlier runs saw of it.

        ``look(since, until)`` looks at the log, from midnight to midnight (UTC). Errors as for ``remember``.
        """
        today = self._now.replace(hour=0, minute=0, second=0, microsecond=0)
        first = today - reach + DAY
        return self.remember(look(first, today), first.date(), (today - DAY).date())

    def remember(self, looks: Mapping[str, Looks], since: date, until: date) -> Past:
        """Every stream with its past; new days are noted. ``since`` and ``until``: the first and last day looked at.

        Two runs at once wait for one another. Unobservable when the ledger was altered by hand.
        """
        with self._alone():
            return self._remembered(looks, since, until)

    def _remembered(self, looks: Mapping[str, Looks], since: date, until: date) -> Past:
        selection: dict[str, tuple[Look, ...]] = {}
        odds: dict[str, tuple[Look, ...]] = {}
        compared, rewritten = set[date](), set[date]()
        for name, seen in looks.items():
            for kept, stream, given in ((selection, name, seen.selection), (odds, f"{name} odds", seen.odds)):
                kept[name], both, changed = self._stream(stream, given, since, until)
                compared |= both
                rewritten |= changed
        days = {look.day for kept in (selection, odds) for past in kept.values() for look in past}
        return Past(
            selection=selection, odds=odds, compared=len(compared), days=len(days),
            rewritten=tuple(sorted(rewritten)), until=until,
        )  # fmt: skip

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the ledger: a line of another run between our own would break its chain."""
        if self._path is None or not self._writes:
            yield
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _stream(
        self, stream: str, looks: Sequence[Look], since: date, until: date
    ) -> tuple[tuple[Look, ...], set[date], set[date]]:
        """The stream's looks, the days seen before too, and those of them that changed."""
        past = {look.day: look for look in self._past(stream)}
        newest = max(past, default=date.min)
        fresh = [look for look in looks if look.day > newest]
        then = {day: look.digest for day, look in past.items() if since <= day <= until}
        now = {look.day: look.digest for look in looks if min(past, default=date.max) <= look.day <= newest}
        if self._path is not None and self._writes:
            self._append(self._path, stream, fresh)
        kept = (*sorted(past.values(), key=lambda look: look.day), *fresh)
        return kept, set(then), {day for day in then.keys() | now.keys() if then.get(day) != now.get(day)}

    def _past(self, stream: str) -> list[Look]:
        query = f"LEDGER {stream}"
        found = self._store.replay(query)
        if found is not None:
            return _decoded(json.loads(found[1]))
        past = [line for line in self._lines() if line["stream"] == stream]
        body = json.dumps([[line["day"], line["cells"]] for line in past]).encode()
        self._store.keep(probe="ledger", query=query, at=self._now, seconds=0, status=200, body=body, cause=None)
        return _decoded([[line["day"], line["cells"]] for line in past])

    def _lines(self) -> list[dict[str, Any]]:
        """Every line, the chain checked; one that a run struck down did not finish is none."""
        if self._path is None or not self._path.is_file():
            return []
        lines, self._last = [], ""
        for number, text in enumerate(self._path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
            try:
                line = json.loads(text)
                whole = line["previous"] == self._last and {"stream", "day", "cells"} <= line.keys()
            except (ValueError, KeyError, TypeError, AttributeError):
                whole = False
            if not whole:
                raise Unobservable(
                    Cause.MALFORMED,
                    f"{self._path}: line {number} does not follow from the one before; what earlier runs saw is lost. "
                    "Restore the file, or move it away to begin anew",
                )
            self._last = hashlib.sha256(text.encode()).hexdigest()
            lines.append(line)
        return lines

    def _append(self, path: Path, stream: str, looks: Sequence[Look]) -> None:
        self._lines()
        if path.is_file():
            whole = path.read_bytes()
            os.truncate(path, whole.rfind(b"\n") + 1)
        with path.open("a", encoding="utf-8") as file:
            for look in looks:
                cells = [[cell.group, cell.size, cell.hits, cell.clusters] for cell in look.cells]
                line = {
                    "stream": stream, "day": look.day.isoformat(), "cells": cells, "run": self._run,
                    "previous": self._last,
                }  # fmt: skip
                text = json.dumps(line, ensure_ascii=True)
                self._last = hashlib.sha256(text.encode()).hexdigest()
                file.write(text + "\n")


def _decoded(days: Sequence[Sequence[Any]]) -> list[Look]:
    return [
        Look(
            day=date.fromisoformat(day),
            cells=tuple(Cell(group=group, size=size, hits=hits, clusters=many) for group, size, hits, many in cells),
        )
        for day, cells in days
    ]
