"""A node's decision log: its audit feed, put into a file for the run and counted there."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from junzi_audit.model import iso
from junzi_audit.probes import scan
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.decisions import SILENCE
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scan_words import SQLITE
from junzi_audit.probes.scanned import Grid, Groups, Values
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.looks import Looks

_LEVEL = "risk_level"
_ROW = (
    "entity_id", "calculated_at", "flagged", "outcome", "adjudicated_at", "risk_value", "bias_audit", "model_version",
)  # fmt: skip


class NodeDecisions:
    """The decision log in a node's audit feed; intervals within ``reach`` of now share one read of it.

    The rows are put into an SQLite file of their own in ``folder`` and counted there, by the same questions that stored
    logs are asked, the same question once. What the node answered is the evidence of every duty that counts in it, so a
    replay counts again.
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
        self._counted: dict[tuple[Columns, scan.Window, timedelta | None], Groups] = {}
        self._columns = Columns(
            cluster="entity_id", decided="flagged", decided_positive="true", outcome="outcome",
            outcome_positive="upheld", attributes=tuple(attributes), time="calculated_at", known="adjudicated_at",
        )  # fmt: skip

    def groups(
        self, since: datetime, until: datetime, *, maturity: timedelta | None = None, holes: bool = False
    ) -> Groups:
        """Unobservable(stale) when the log leaves more than a day of the interval untold, unless ``holes``."""
        return self._grouped(self._columns, since, until, maturity, holes)

    def levels(self, since: datetime, until: datetime, *, maturity: timedelta, holes: bool = False) -> Groups:
        """Unobservable(stale) as for ``groups``."""
        return self._grouped(self._columns.within(_LEVEL), since, until, maturity, holes)

    def looks(self, since: datetime, until: datetime, *, maturity: timedelta) -> Mapping[str, Looks]:
        """By attribute; days before the log begins are none."""
        return scan.looks(self._source(since, until)[0], self._columns, (since, until), maturity=maturity)

    def values(self, since: datetime, until: datetime, *, holes: bool = False) -> Values:
        """Unobservable(stale) as for ``groups``."""
        source, untold = self._source(since, until)
        found = scan.values(
            source, grids=self._grids, kinds=self._categories, time="calculated_at", window=(since, until)
        )
        told = replace(found, untold=untold)
        return told if holes else told.whole()

    def _grouped(
        self, columns: Columns, since: datetime, until: datetime, maturity: timedelta | None, holes: bool
    ) -> Groups:
        source, untold = self._source(since, until)
        asked = (columns, (since, until), maturity)
        if asked not in self._counted:
            found = scan.groups(source, columns, (since, until), maturity=maturity)
            self._counted[asked] = replace(found, untold=untold)
        return self._counted[asked] if holes else self._counted[asked].whole()

    def _source(self, since: datetime, until: datetime) -> tuple[Source, str]:
        """The log that holds the interval, and what of it is untold, in words."""
        first, last = self._shared
        window = self._shared if first <= since and until <= last else (since, until)
        path = self._folder / f"{window[0]:%Y%m%d%H%M%S}-{window[1]:%Y%m%d%H%M%S}.sqlite"
        if window not in self._loaded:
            rows = self._feed.decisions(*window)
            _load(path, rows, self._singles())
            self._loaded[window] = sorted(row.calculated_at for row in rows)
        else:
            self._feed.rely_on_decisions(*window)
        untold = _untold([at for at in self._loaded[window] if since <= at < until], since, until)
        source = Source(kind="sqlite", place=str(path), table="decisions", name="the node's decision log")
        return source, untold

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
        # Every question asks for an interval: without it, each would read the time of every row again.
        base.execute(f"CREATE INDEX moments ON decisions ({SQLITE.moment.format(name='calculated_at')})")


def _level(risk_value: float) -> str:
    """The published risk levels: low below 4, medium below 7, high from 7."""
    return "low" if risk_value < 4 else "medium" if risk_value < 7 else "high"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value


def _untold(instants: Sequence[datetime], since: datetime, until: datetime) -> str:
    """A log cut short would be judged on what it happens to show; none at all is for the measures to say."""
    for before, after in pairwise([since, *instants, until]) if instants else ():
        if after - before > SILENCE:
            return f"the decision log tells nothing from {iso(before)} to {iso(after)}"
    return ""
