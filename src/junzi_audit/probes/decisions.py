"""The decision log, wherever the target keeps it: counted where it lives, never carried about row by row."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Protocol, TypeVar

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes import scan
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scanned import Grid, Groups, Values
from junzi_audit.probes.transport import Recorder
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.counts import AttributeCounts, Counts
from junzi_audit.seen.looks import Cell, Look, Looks

T = TypeVar("T")
_LEVEL = "risk_level"
_SILENCE = timedelta(days=1)
#: Where counting is done by the engine, the whole year of a budget is looked at.
_YEAR = timedelta(days=365)
#: The day of what has none.
_UNDATED = date(1970, 1, 1)
_ROW = (
    "entity_id", "calculated_at", "flagged", "outcome", "adjudicated_at", "risk_value", "bias_audit", "model_version",
)  # fmt: skip


class Decisions(Protocol):
    """A decision log.

    ``timed``: whether its rows have times; without them, the whole log is every interval. ``reach``: how far back one
    look at it goes.
    """

    @property
    def timed(self) -> bool: ...  # noqa: D102

    @property
    def reach(self) -> timedelta: ...  # noqa: D102

    def groups(self, since: datetime, until: datetime, *, maturity: timedelta | None = None) -> Groups:
        """Group counts of the interval, see ``scan.groups``."""

    def levels(self, since: datetime, until: datetime, *, maturity: timedelta) -> Counts:
        """The counts of every attribute within each level of the score, as intersections: "party x risk_level"."""

    def looks(self, since: datetime, until: datetime, *, maturity: timedelta) -> Mapping[str, Looks]:
        """Every attribute day by day, see ``scan.looks``."""

    def values(self, since: datetime, until: datetime) -> Values:
        """Histograms and categories of the declared columns, see ``scan.values``."""


class NodeDecisions:
    """The decision log in a node's audit feed; intervals within ``reach`` of now share one read of it.

    The rows are put into an SQLite file of their own in ``folder`` and counted there, by the same questions that stored
    logs are asked. What the node answered is the evidence, so a replay counts again.
    """

    timed = True

    def __init__(
        self, feed: Feed, *, attributes: Sequence[str], grids: Sequence[Grid], categories: Sequence[str],
        reach: timedelta, now: datetime, folder: Path,
    ) -> None:  # fmt: skip
        self._feed = feed
        self._grids = grids
        self._categories = categories
        self.reach = reach
        self._shared = (now - reach, now)
        self._folder = folder
        self._loaded: dict[scan.Window, list[datetime]] = {}
        self._columns = Columns(
            cluster="entity_id", decided="flagged", decided_positive="true", outcome="outcome",
            outcome_positive="upheld", attributes=tuple(attributes), time="calculated_at", known="adjudicated_at",
        )  # fmt: skip

    def groups(self, since: datetime, until: datetime, *, maturity: timedelta | None = None) -> Groups:
        """Unobservable(stale) when the log leaves more than a day of the interval untold."""
        return scan.groups(self._source(since, until), self._columns, (since, until), maturity=maturity)

    def levels(self, since: datetime, until: datetime, *, maturity: timedelta) -> Counts:
        """Unobservable(stale) as for ``groups``."""
        columns = _levelled(self._columns, _LEVEL)
        return scan.groups(self._source(since, until), columns, (since, until), maturity=maturity).counts

    def looks(self, since: datetime, until: datetime, *, maturity: timedelta) -> Mapping[str, Looks]:
        """Unobservable(stale) as for ``groups``."""
        return scan.looks(self._source(since, until), self._columns, (since, until), maturity=maturity)

    def values(self, since: datetime, until: datetime) -> Values:
        """Unobservable(stale) as for ``groups``."""
        source = self._source(since, until)
        return scan.values(
            source, grids=self._grids, kinds=self._categories, time="calculated_at", window=(since, until)
        )

    def _source(self, since: datetime, until: datetime) -> Source:
        first, last = self._shared
        window = self._shared if first <= since and until <= last else (since, until)
        path = self._folder / f"{window[0]:%Y%m%d%H%M%S}-{window[1]:%Y%m%d%H%M%S}.sqlite"
        if window not in self._loaded:
            rows = self._feed.decisions(*window)
            _load(path, rows, self._singles())
            self._loaded[window] = sorted(row.calculated_at for row in rows)
        _check_whole([at for at in self._loaded[window] if since <= at < until], since, until)
        return Source(kind="sqlite", place=str(path), table="decisions", name="the node's decision log")

    def _singles(self) -> list[str]:
        named = [part for name in self._columns.attributes for part in name.split(" x ")]
        known = {*ScoredDecision.__dataclass_fields__}
        return [name for name in dict.fromkeys((*_ROW, *named, *self._categories)) if name in known]


def _load(path: Path, rows: Sequence[ScoredDecision], names: Sequence[str]) -> None:
    holes = ", ".join("?" * (len(names) + 1))
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(f"CREATE TABLE decisions ({', '.join([*names, _LEVEL])})")
        told = ((*(_plain(getattr(row, name)) for name in names), _level(row.risk_value)) for row in rows)
        base.executemany(f"INSERT INTO decisions VALUES ({holes})", told)  # noqa: S608 - the fields of a record of ours


def _level(risk_value: float) -> str:
    """The published risk levels: low below 4, medium below 7, high from 7."""
    return "low" if risk_value < 4 else "medium" if risk_value < 7 else "high"


def _levelled(columns: Columns, level: str) -> Columns:
    return replace(columns, attributes=tuple(f"{name} x {level}" for name in columns.attributes))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value


def _check_whole(instants: Sequence[datetime], since: datetime, until: datetime) -> None:
    """A log cut short would be judged on what it happens to show; none at all is for the measures to say."""
    for before, after in pairwise([since, *instants, until]) if instants else ():
        if after - before > _SILENCE:
            raise Unobservable(Cause.STALE, f"the decision log tells nothing from {iso(before)} to {iso(after)}")


def _undated(attribute: AttributeCounts) -> Looks:
    cells = (
        Cell(group=group.group, size=group.selection.n, hits=group.selection.hits, clusters=1)
        for group in attribute.groups
        if group.selection.n
    )
    return Looks(selection=(Look(day=_UNDATED, cells=tuple(cells)),), odds=())


class StoredDecisions:
    """A decision log in files or a database. The evidence is what each scan answered, and the digest of a single file.

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

    def groups(self, since: datetime, until: datetime, *, maturity: timedelta | None = None) -> Groups:
        """Group counts; Unobservable as said above."""
        window, days = self._window(since, until), f" matured {maturity.days} d" if maturity else ""
        found = self._counted(
            f"groups{days}", window, Groups, lambda: scan.groups(self._source, self._columns, window, maturity=maturity)
        )
        newest = max((each.day for each in found.days if each.day), default=None)
        if window and newest and newest < (until - _SILENCE).date():
            raise Unobservable(Cause.STALE, f"{self._source.shown} tells nothing after {newest}, until {iso(until)}")
        return found

    def levels(self, since: datetime, until: datetime, *, maturity: timedelta) -> Counts:
        """Counts within each level; Unobservable as said above, or when no column holds the level."""
        if not self._level:
            raise Unobservable(Cause.NOT_CONFIGURED, "[decisions] level names no column with the level of the score")
        window, columns = self._window(since, until), _levelled(self._columns, self._level)
        return self._counted(
            f"levels matured {maturity.days} d", window, Counts,
            lambda: scan.groups(self._source, columns, window, maturity=maturity).counts,
        )  # fmt: skip

    def looks(self, since: datetime, until: datetime, *, maturity: timedelta) -> Mapping[str, Looks]:
        """Looks by attribute, an untimed log as one undated look; Unobservable as said above."""
        if not self.timed:
            return {each.name: _undated(each) for each in self.groups(since, until).counts.attributes}
        window = (since, until)

        def look() -> dict[str, Looks]:
            return dict(scan.looks(self._source, self._columns, window, maturity=maturity))

        return self._counted("looks", window, dict[str, Looks], look)

    def values(self, since: datetime, until: datetime) -> Values:
        """Histograms and categories; Unobservable as said above."""
        window, time = self._window(since, until), self._columns.time
        asked = {"grids": self._grids, "kinds": self._categories, "time": time, "window": window}
        return self._counted("values", window, Values, lambda: scan.values(self._source, **asked))  # type: ignore[arg-type]

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
        self._identify()
        answer = look()
        self._keep("decisions.scan", query, adapter.dump_json(answer))
        return answer

    def _identify(self) -> None:
        """Note which file it is; Unobservable when it is not there, or not the pinned one."""
        path = Path(self._source.place)
        if self._source.kind not in ("parquet", "csv", "duckdb", "sqlite") or "*" in path.name:
            return
        if not path.is_file():
            raise Unobservable(
                Cause.NOT_CONFIGURED, f"the decision log {self._source.shown} is not there{self._remedy}"
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if self._sha256 and digest != self._sha256:
            raise Unobservable(Cause.MALFORMED, f"{self._source.shown} does not have the pinned SHA-256{self._remedy}")
        told = {"file": self._source.shown, "bytes": path.stat().st_size, "sha256": digest}
        self._keep("decisions.file", f"FILE {self._source.shown}", json.dumps(told, sort_keys=True).encode())

    def _keep(self, probe: str, query: str, body: bytes) -> None:
        self._recorder.keep(probe=probe, query=query, at=self._now, seconds=0, status=200, body=body, cause=None)
