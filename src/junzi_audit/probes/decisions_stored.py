"""A decision log in files or a database, counted where it lives; the evidence is what each scan answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes import scan
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.decisions import SILENCE
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scanned import Grid, Groups, Values
from junzi_audit.probes.transport import Recorder
from junzi_audit.seen.counts import AttributeCounts
from junzi_audit.seen.looks import EVERYONE, Cell, Look, Looks

T = TypeVar("T")
#: Where counting is done by the engine, the whole year of a budget is looked at.
_YEAR = timedelta(days=365)
#: The day of what has none.
_UNDATED = date(1970, 1, 1)


def _undated(attribute: AttributeCounts) -> Looks:
    cells = (
        Cell(group=group.group, size=group.selection.n, hits=group.selection.hits, clusters=1)
        for group in attribute.groups
        if group.selection.n
    )
    return Looks(selection=(Look(day=_UNDATED, cells=tuple(cells)),), odds=())


class StoredDecisions:
    """A decision log in files or a database, asked the same question once a run.

    The evidence is what each scan answered, and the digest of a single file, for every duty that relies on it.

    Unobservable when the log is absent, altered against ``sha256``, or lacks a column.
    """

    def __init__(
        self, source: Source, columns: Columns, recorder: Recorder, *, grids: Sequence[Grid] = (),
        categories: Sequence[str] = (), level: str = "", sha256: str = "", remedy: str = "", now: datetime,
    ) -> None:  # fmt: skip
        self.timed = bool(columns.time)
        self.reach = _YEAR
        self._source = source
        self._columns = columns
        self._recorder = recorder
        self._grids = grids
        self._categories = categories
        self._level = level
        self._sha256 = sha256
        self._remedy = remedy
        self._now = now
        self._answers: dict[str, tuple[bytes, bytes]] = {}

    def groups(
        self, since: datetime, until: datetime, *, maturity: timedelta | None = None, holes: bool = False
    ) -> Groups:
        """Group counts; Unobservable as said above, and stale when a whole day is untold, unless ``holes``."""
        return self._grouped("groups", self._columns, (since, until), maturity, holes)

    def levels(self, since: datetime, until: datetime, *, maturity: timedelta, holes: bool = False) -> Groups:
        """Counts within each level; Unobservable as for ``groups``, or when no column holds the level."""
        if not self._level:
            raise Unobservable(Cause.NOT_CONFIGURED, "[decisions] level names no column with the level of the score")
        return self._grouped("levels", self._columns.within(self._level), (since, until), maturity, holes)

    def looks(self, since: datetime, until: datetime, *, maturity: timedelta) -> Mapping[str, Looks]:
        """Looks by attribute, an untimed log as one undated look; Unobservable as said above."""
        if not self.timed:
            undated = {each.name: _undated(each) for each in self.groups(since, until).counts.attributes}
            return {**undated, EVERYONE: Looks(selection=(), odds=())}
        window = (since, until)

        def look() -> dict[str, Looks]:
            return dict(scan.looks(self._source, self._columns, window, maturity=maturity))

        return self._counted(f"looks{_matured(maturity)}", window, dict[str, Looks], look)

    def values(self, since: datetime, until: datetime, *, holes: bool = False) -> Values:
        """Histograms and categories; Unobservable as said above. They have no days: ``groups`` tells the holes."""
        window, time = self._window(since, until), self._columns.time
        asked = {"grids": self._grids, "kinds": self._categories, "time": time, "window": window}
        return self._counted("values", window, Values, lambda: scan.values(self._source, **asked))  # type: ignore[arg-type]

    def _grouped(
        self, what: str, columns: Columns, asked: scan.Window, maturity: timedelta | None, holes: bool
    ) -> Groups:
        window = self._window(*asked)
        found = self._counted(
            f"{what}{_matured(maturity)}", window, Groups,
            lambda: scan.groups(self._source, columns, window, maturity=maturity),
        )  # fmt: skip
        untold = _untold(self._source.shown, {each.day for each in found.days if each.day}, *window) if window else ""
        told = replace(found, untold=untold)
        return told if holes else told.whole()

    def _window(self, since: datetime, until: datetime) -> scan.Window | None:
        return (since, until) if self.timed else None

    def _counted(self, what: str, window: scan.Window | None, shape: type[T], look: Callable[[], T]) -> T:
        from pydantic import TypeAdapter

        adapter = TypeAdapter(shape)
        when = f" from {iso(window[0])} to {iso(window[1])}" if window else ""
        query = f"SCAN {what} of {self._source.shown}{when}"
        found = self._recorder.replay(query)
        if found is not None:
            return adapter.validate_json(found[1])
        file, answer = self._answers.get(query) or (self._identity(), b"")
        if file:
            self._keep("decisions.file", f"FILE {self._source.shown}", file)
        answer = answer or adapter.dump_json(look())
        self._answers[query] = file, answer
        self._keep("decisions.scan", query, answer)
        return adapter.validate_json(answer)

    def _identity(self) -> bytes:
        """Which file it is; empty where it is none. Unobservable when it is not there, or not the pinned one."""
        path = Path(self._source.place)
        if self._source.kind not in ("parquet", "csv", "duckdb", "sqlite") or "*" in path.name:
            return b""
        if not path.is_file():
            raise Unobservable(
                Cause.NOT_CONFIGURED, f"the decision log {self._source.shown} is not there{self._remedy}"
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if self._sha256 and digest != self._sha256:
            raise Unobservable(Cause.MALFORMED, f"{self._source.shown} does not have the pinned SHA-256{self._remedy}")
        told = {"file": self._source.shown, "bytes": path.stat().st_size, "sha256": digest}
        return json.dumps(told, sort_keys=True).encode()

    def _keep(self, probe: str, query: str, body: bytes) -> None:
        self._recorder.keep(probe=probe, query=query, at=self._now, seconds=0, status=200, body=body, cause=None)


def _matured(maturity: timedelta | None) -> str:
    return f" matured {maturity / timedelta(days=1):g} d" if maturity else ""


def _untold(shown: str, told: Set[date], since: datetime, until: datetime) -> str:
    """A log with a hole would be judged on what it happens to show; none at all is for the measures to say."""
    first = (since + SILENCE - timedelta.resolution).date()
    silent = [day for day in (first + n * SILENCE for n in range((until.date() - first).days)) if day not in told]
    if not told or not silent:
        return ""
    span = f"on {silent[0]}" if len(silent) == 1 else f"on {len(silent)} days from {silent[0]} to {silent[-1]}"
    return f"{shown} tells nothing {span}, of {iso(since)} to {iso(until)}"
