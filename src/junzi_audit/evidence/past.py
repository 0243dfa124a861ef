"""What finished, sound runs of one target left of a quarter: what they found, and which API descriptions came."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from junzi_audit.evidence import results
from junzi_audit.evidence.earlier import skimmed, sound_runs
from junzi_audit.evidence.results import Came
from junzi_audit.evidence.store import Store
from junzi_audit.findings import BaselineUse, Measurement, Record
from junzi_audit.model import Verdict, iso
from junzi_audit.seen.disclosure import Look

_BREACHES = frozenset({Verdict.BREACHED, Verdict.WAIVED})
_API = "openapi"
#: Runs that are looked at, the newest: more than three quarters of heartbeats.
_LOOKED_AT = 100_000


@dataclass(frozen=True, kw_only=True)
class Found:
    """``looks``: oldest first. ``approved``: how many descriptions of the API were approved within the interval."""

    looks: tuple[Look, ...] = ()
    approved: int = 0


class Past:
    """The earlier runs of one target; what they told is kept as evidence, so a replay is told the same."""

    def __init__(self, reports: Path, store: Store, *, target: str, now: datetime) -> None:
        self._reports = reports
        self._store = store
        self._target = target
        self._now = now

    def of(self, since: datetime, until: datetime, *, measured: Collection[str], counted: Collection[str]) -> Found:
        """What these duties came out as in the interval; of those only ``counted``, nothing but that."""
        query = f"LOOKS at {self._target} from {iso(since)} to {iso(until)}"
        kept = self._store.replay(query)
        if kept is None:
            found = self._search(since, until, frozenset(measured), frozenset(counted))
            body = json.dumps(asdict(found), default=iso, sort_keys=True).encode()
            self._store.keep(probe="past", query=query, at=self._now, seconds=0, status=200, body=body, cause=None)
        else:
            body = kept[1]
        return TypeAdapter(Found).validate_json(body)

    def _search(self, since: datetime, until: datetime, measured: frozenset[str], counted: frozenset[str]) -> Found:
        looks: list[Look] = []
        approved: set[str] = set()
        for file, header in sound_runs(self._reports, self._target, self._now, most=_LOOKED_AT):
            if header.started < since:
                break
            if not counted.isdisjoint(header.due):
                looks += [_bare(came) for came in skimmed(file) if came.duty in counted]
            for record in _records(file) if not measured.isdisjoint(header.due) else ():
                uses = (use for use in record.baselines if isinstance(use, BaselineUse) and use.name == _API)
                approved |= {use.digest for use in uses if since <= use.approved < until}
                looks += [_look(record)] if record.duty in measured else []
        within = [look for look in looks if since <= look.started < until]
        return Found(looks=tuple(sorted(within, key=lambda look: look.started)), approved=len(approved))


def _records(file: Path) -> tuple[Record, ...]:
    """Each duty of a run as its last attempt left it; none of a run that did not finish or cannot be read whole."""
    try:
        log = results.read(file.parent)
    except (OSError, results.ResultsError):
        return ()
    if log.end is None or log.damaged:
        return ()
    return tuple({record.duty: record for record in log.records}.values())


def _bare(came: Came) -> Look:
    breached, met = came.verdict in _BREACHES, came.verdict is Verdict.MET
    return Look(duty=came.duty, started=came.started, breached=breached, met=met, figures={}, n={})


def _look(record: Record) -> Look:
    figures: dict[str, float] = {}
    n: dict[str, int] = {}
    for judged in record.judgements:
        name = judged.limit.name
        seen = judged.reading
        if not isinstance(seen, Measurement) or not math.isfinite(seen.value):
            continue
        if seen.value >= figures.get(name, seen.value):
            figures[name], n[name] = seen.value, seen.n
    return Look(
        duty=record.duty, started=record.started, breached=record.verdict in _BREACHES,
        met=record.verdict is Verdict.MET, figures=figures, n=n,
    )  # fmt: skip
