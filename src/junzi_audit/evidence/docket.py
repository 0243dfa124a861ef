"""What earlier runs left open: breaches that no later run saw mended, and the packs that were prepared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from junzi_audit.evidence import results
from junzi_audit.evidence.earlier import sound_runs
from junzi_audit.evidence.results import Came
from junzi_audit.evidence.store import Store
from junzi_audit.findings import RunHeader
from junzi_audit.model import Verdict, Waiver, iso
from junzi_audit.seen.attested import Open
from junzi_audit.seen.packs import FOLDER

_BREACHES = frozenset({Verdict.BREACHED, Verdict.WAIVED})
_TOLD = 300
_PACK_BYTES = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Before:
    """``first``: when this target was first audited to an end, as far as is known; ``packs`` by their SHA-256."""

    first: datetime | None
    open: tuple[Open, ...]
    packs: Mapping[str, str]


class Docket:
    """What the finished runs of one target beside this one left open, and its waivers.

    Replays, and runs of a node broken on purpose, are passed over. What they told is kept as evidence, so a replay is
    told the same.
    """

    def __init__(
        self, reports: Path, store: Store, *, target: str, waivers: Mapping[str, Waiver], now: datetime
    ) -> None:
        self._reports = reports
        self._store = store
        self._target = target
        self._waivers = waivers
        self._now = now

    def before(self, duty: str, reach: timedelta) -> Before:
        """What is open now, and the duty's packs no older than ``reach``."""
        query = f"RUNS of {self._target} for {duty}"
        found = self._store.replay(query)
        if found is not None:
            return TypeAdapter(Before).validate_json(found[1])
        headers = list(sound_runs(self._reports, self._target, self._now))
        begun = [header.started for _, header in headers]
        seen = Before(
            first=min(begun, default=None), open=(*_open(headers), *self._waived()),
            packs=dict(_packs([file.parent for file, h in headers if h.started >= self._now - reach], duty)),
        )  # fmt: skip
        body = json.dumps(asdict(seen), default=iso, sort_keys=True).encode()
        self._store.keep(
            probe="docket", query=query, at=self._now, seconds=0, status=200, body=body, cause=None,
        )  # fmt: skip
        return TypeAdapter(Before).validate_json(body)

    def _waived(self) -> Iterator[Open]:
        for duty, waiver in sorted(self._waivers.items()):
            if waiver.granted <= self._now < waiver.expires:
                told = f"{waiver.reason} Approved by {waiver.approver} until {waiver.expires:%Y-%m-%d}."
                yield Open(kind="waiver", duty=duty, since=waiver.granted, told=told[:_TOLD])


def _open(headers: list[tuple[Path, RunHeader]]) -> Iterator[Open]:
    """Each duty's breach, since the oldest of the runs that found it so and after which nobody saw it met."""
    settled: set[str] = set()
    oldest: dict[str, Came] = {}
    newest: dict[str, Came] = {}
    for file, header in headers:
        if not set(header.due) - settled:
            continue
        for came in _skimmed(file):
            if came.verdict is Verdict.MET:
                settled.add(came.duty)
            elif came.verdict in _BREACHES and came.duty not in settled:
                newest.setdefault(came.duty, came)
                oldest[came.duty] = came
    for duty in sorted(oldest):
        yield Open(kind="breach", duty=duty, since=oldest[duty].started, told=newest[duty].reason[:_TOLD])


def _skimmed(file: Path) -> tuple[Came, ...]:
    try:
        return results.skim(file)
    except (OSError, ValueError):
        return ()


def _packs(folders: list[Path], duty: str) -> Iterator[tuple[str, str]]:
    """By digest, newest first; bytes that are no text or too many are no pack of ours."""
    for folder in folders:
        for file in sorted((folder / FOLDER / duty).glob("*.json")):
            body = file.read_bytes() if file.stat().st_size <= _PACK_BYTES else b""
            if body.isascii() and body:
                yield hashlib.sha256(body).hexdigest(), body.decode()
