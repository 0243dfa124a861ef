"""The decision log: who was decided on, what was decided, what proved right, and which groups they belong to."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.transport import Recorder
from junzi_audit.records import Decision, ScoredDecision

_LARGEST = 64_000_000
_SILENCE = timedelta(days=1)


class NodeDecisions:
    """The decision log in a node's audit feed; intervals within ``reach`` of now share one read of it."""

    def __init__(self, feed: Feed, *, attributes: Sequence[str], reach: timedelta, now: datetime) -> None:
        self.attributes = tuple(attributes)
        self._feed = feed
        self._since = now - reach
        self._now = now

    def between(self, since: datetime, until: datetime) -> tuple[Decision, ...]:
        """Decisions of the interval; Unobservable(stale) when the log leaves more than a day of it untold."""
        shared = self._since <= since and until <= self._now
        rows = self._feed.decisions(self._since, self._now) if shared else self._feed.decisions(since, until)
        within = [row for row in rows if since <= row.calculated_at < until]
        _check_whole([row.calculated_at for row in within], since, until)
        return tuple(self._decision(row) for row in within)

    def _decision(self, row: ScoredDecision) -> Decision:
        return Decision(
            cluster=row.entity_id,
            selected=row.flagged,
            outcome=None if row.outcome is None else row.outcome == "upheld",
            groups=tuple(getattr(row, name) for name in self.attributes),
        )


def _check_whole(instants: Sequence[datetime], since: datetime, until: datetime) -> None:
    """A log cut short would be judged on what it happens to show; none at all is for the measures to say."""
    for before, after in pairwise([since, *sorted(instants), until]) if instants else ():
        if after - before > _SILENCE:
            raise Unobservable(Cause.STALE, f"the decision log tells nothing from {iso(before)} to {iso(after)}")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """How a file's columns say what a decision log says; ``time`` may be empty."""

    cluster: str
    decided: str
    decided_positive: str
    outcome: str
    outcome_positive: str
    attributes: tuple[str, ...]
    time: str = ""


class FileDecisions:
    """A decision log in a CSV or Parquet file; without a time column the whole file is every interval."""

    def __init__(self, path: Path, columns: Columns, recorder: Recorder, *, sha256: str = "", remedy: str = "") -> None:
        self.attributes = columns.attributes
        self._path = path
        self._columns = columns
        self._recorder = recorder
        self._sha256 = sha256
        self._remedy = remedy

    def between(self, since: datetime, until: datetime) -> tuple[Decision, ...]:
        """Decisions of the interval; Unobservable when the file is absent, altered, or lacks a column."""
        import duckdb

        body = self._body(until)
        with tempfile.NamedTemporaryFile(suffix=self._path.suffix) as copy, duckdb.connect() as base:
            copy.write(body)
            copy.flush()
            try:
                base.execute("SET TimeZone = 'UTC'")  # an instant without a zone must not depend on where we run
                timeless = base.execute(self._timeless(), [copy.name]).fetchone() if self._columns.time else None
                rows = base.execute(self._query(), [copy.name, *self._window(since, until)]).fetchall()
            except duckdb.Error as error:
                words = str(error).splitlines()[0].replace(copy.name, str(self._path))[:200]
                raise Unobservable(Cause.MALFORMED, f"{self._path}: {words}") from None
        if timeless and timeless[0]:
            raise Unobservable(Cause.MALFORMED, f"{self._path}: {timeless[0]} rows have no {self._columns.time}")
        return tuple(
            Decision(cluster=cluster or "", selected=selected, outcome=outcome, groups=tuple(groups))
            for cluster, selected, outcome, *groups in rows
        )

    def _reader(self) -> str:
        if self._path.suffix == ".parquet":
            return "read_parquet(?)"
        # As RFC 4180 has it. Left to guess, DuckDB takes an open quotation mark for a letter, and every value is wrong.
        return "read_csv(?, all_varchar=true, header=true, delim=',', quote='\"', escape='\"')"

    def _timeless(self) -> str:
        """Rows that no interval can hold: they would be excluded without anybody having counted them."""
        return f"SELECT count(*) FROM {self._reader()} WHERE {_quoted(self._columns.time)} IS NULL"  # noqa: S608

    def _query(self) -> str:
        names = self._columns
        picked = ", ".join(
            [
                f"CAST({_quoted(names.cluster)} AS VARCHAR)",
                f"lower(CAST({_quoted(names.decided)} AS VARCHAR)) = {_literal(names.decided_positive)}",
                f"lower(CAST({_quoted(names.outcome)} AS VARCHAR)) = {_literal(names.outcome_positive)}",
                *(f"CAST({_quoted(name)} AS VARCHAR)" for name in names.attributes),
            ]
        )
        within = f" WHERE CAST({_quoted(names.time)} AS TIMESTAMPTZ) >= ? AND " if names.time else ""
        within += f"CAST({_quoted(names.time)} AS TIMESTAMPTZ) < ?" if names.time else ""
        return f"SELECT {picked} FROM {self._reader()}{within}"  # noqa: S608 - names are quoted, values are bound

    def _window(self, since: datetime, until: datetime) -> list[datetime]:
        return [since, until] if self._columns.time else []

    def _body(self, now: datetime) -> bytes:
        query = f"FILE {self._path}"
        found = self._recorder.replay(query)
        if found is not None:
            return found[1]
        if not self._path.is_file():
            raise Unobservable(Cause.NOT_CONFIGURED, f"the decision log {self._path} is not there{self._remedy}")
        if self._path.stat().st_size > _LARGEST:
            raise Unobservable(Cause.TOO_LARGE, f"{self._path} is larger than {_LARGEST:,} bytes")
        body = self._path.read_bytes()
        if self._sha256 and hashlib.sha256(body).hexdigest() != self._sha256:
            raise Unobservable(Cause.MALFORMED, f"{self._path} does not have the pinned SHA-256{self._remedy}")
        self._recorder.keep(probe="decisions.file", query=query, at=now, seconds=0, status=200, body=body, cause=None)
        return body


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.lower().replace("'", "''") + "'"
