"""What earlier runs left open: breaches that no later run saw mended, and the packs that were prepared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from junzi_audit.evidence import results
from junzi_audit.evidence.earlier import skimmed, sound_runs
from junzi_audit.evidence.results import Came
from junzi_audit.evidence.store import Store
from junzi_audit.findings import RunHeader, differing
from junzi_audit.model import Limit, Verdict, Waiver, iso
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
        self, reports: Path, store: Store, *, target: str, waivers: Mapping[str, Waiver], now: datetime,
        plan_digest: str, limits: Mapping[str, Sequence[Limit]],
    ) -> None:  # fmt: skip
        self._reports = reports
        self._store = store
        self._target = target
        self._waivers = waivers
        self._now = now
        self._plan_digest = plan_digest
        self._limits = limits

    def before(self, duty: str, reach: timedelta) -> Before:
        """What is open now, and the duty's packs no older than ``reach``."""
        query = f"RUNS of {self._target} for {duty}"
        found = self._store.replay(query)
        if found is not None:
            return TypeAdapter(Before).validate_json(found[1])
        headers = list(sound_runs(self._reports, self._target, self._now))
        begun = [header.started for _, header in headers]
        seen = Before(
            first=min(begun, default=None), open=(*self._open(headers), *self._waived()),
            packs=dict(_packs([file.parent for file, h in headers if h.started >= self._now - reach], duty)),
        )  # fmt: skip
        body = json.dumps(asdict(seen), default=iso, sort_keys=True).encode()
        self._store.keep(
            probe="docket", query=query, at=self._now, seconds=0, status=200, body=body, cause=None,
        )  # fmt: skip
        return TypeAdapter(Before).validate_json(body)

    def _open(self, headers: list[tuple[Path, RunHeader]]) -> Iterator[Open]:
        """Each duty's breach, since the oldest of the runs that found it so and after which nobody saw it met.

        What was met by other limits than the plan has now mends nothing.
        """
        settled: set[str] = set()
        doubted: dict[str, list[Path]] = {}
        oldest: dict[str, Came] = {}
        newest: dict[str, Came] = {}
        for file, header in headers:
            if not set(header.due) - settled:
                continue
            for came in skimmed(file):
                duty = came.duty
                if came.verdict is Verdict.MET and header.plan_digest == self._plan_digest:
                    settled.add(duty)
                elif came.verdict is Verdict.MET:
                    doubted.setdefault(duty, []).append(file)
                elif came.verdict in _BREACHES and duty not in settled:
                    # Only a breach makes it worth reading what those runs were judged by.
                    if any(self._as_now(met, duty) for met in doubted.pop(duty, [])):
                        settled.add(duty)
                        continue
                    newest.setdefault(duty, came)
                    oldest[duty] = came
        for duty in sorted(oldest):
            yield Open(kind="breach", duty=duty, since=oldest[duty].started, told=newest[duty].reason[:_TOLD])

    def _as_now(self, file: Path, duty: str) -> bool:
        """Whether that run judged the duty by the limits that it has now; one that is no more has no others."""
        limits = self._limits.get(duty)
        if limits is None:
            return True
        try:
            records = [each for each in results.read(file.parent).records if each.duty == duty]
        except (OSError, results.ResultsError):
            return False
        return bool(records) and not differing(records[-1].judgements, limits)

    def _waived(self) -> Iterator[Open]:
        for duty, waiver in sorted(self._waivers.items()):
            if waiver.granted <= self._now < waiver.expires:
                told = f"{waiver.reason} Approved by {waiver.approver} until {waiver.expires:%Y-%m-%d}."
                yield Open(kind="waiver", duty=duty, since=waiver.granted, told=told[:_TOLD])


def _packs(folders: list[Path], duty: str) -> Iterator[tuple[str, str]]:
    """By digest, newest first; bytes that are no text or too many are no pack of ours."""
    for folder in folders:
        for file in sorted((folder / FOLDER / duty).glob("*.json")):
            body = file.read_bytes() if file.stat().st_size <= _PACK_BYTES else b""
            if body.isascii() and body:
                yield hashlib.sha256(body).hexdigest(), body.decode()
