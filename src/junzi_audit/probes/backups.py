"""The newest backup, restored into a scratch place of our own, looked through, and cleaned up."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from junzi_audit.declared.safeguards import Backup
from junzi_audit.findings import Observation, Unseen
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes import postgres_copy, sqlite_copy
from junzi_audit.probes.archives import Unrestorable, kind_of, unpack
from junzi_audit.probes.asking import Answer, Recorder
from junzi_audit.probes.backup_places import Place
from junzi_audit.probes.copies import Copy, references
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.parsing import parse
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.backups import Manifest, Restored, Step

#: The live node's decisions, or why it could not say.
Made = tuple[ScoredDecision, ...] | Unseen
_Kept = tuple[Observation, bytes, Cause | None]
#: A decision this young may have been under way when the backup was taken.
_UNDER_WAY = timedelta(minutes=1)


class Backups:
    """What a target keeps against loss. Restoring touches nothing but a folder that is gone afterwards."""

    def __init__(self, place: Place, table: Backup, recorder: Recorder, *, root: Path) -> None:
        self._place = place
        self._table = table
        self._recorder = recorder
        self._scratch = root / table.scratch if table.scratch else None

    def newest(self, at: datetime) -> Manifest | None:
        """What the newest backup should hold; None when there is none."""
        return self._place.newest(at)

    def made_before(self, manifest: Manifest | None, feed: Feed, since: datetime, until: datetime) -> Made:
        """The decisions of the interval that the live node tells of and the backup must hold; or why it cannot say."""
        if manifest is None:
            return ()
        try:
            told = feed.decisions(since, until)
        except Unobservable as failure:
            return Unseen(cause=failure.cause, detail=failure.detail)
        return tuple(each for each in told if each.calculated_at < manifest.taken_at - _UNDER_WAY)

    def restore(self, manifest: Manifest, made: Made) -> Restored:
        """Restored and looked through, once; Unobservable when that cannot be done here."""
        ids = [] if isinstance(made, Unseen) else [each.risk_id for each in made]
        query = f"RESTORE {manifest.file} of {iso(manifest.taken_at)}, SHA-256 {manifest.sha256}"
        found = self._recorder.replay(query)
        if found is None:
            found = self._kept(query, manifest, ids)
        answer = Answer(observation=found[0], body=found[1], cause=found[2])
        return parse(Restored, answer.usable())

    def _kept(self, query: str, manifest: Manifest, ids: Sequence[str]) -> _Kept:
        now = datetime.now(UTC)
        at, begun = now.replace(microsecond=now.microsecond // 1000 * 1000), time.perf_counter()
        cause: Cause | None = None
        try:
            body = json.dumps(asdict(self._restored(manifest, ids))).encode()
        except Unobservable as failure:
            cause, body = failure.cause, failure.detail.encode()
        seen = self._recorder.keep(
            probe="backup.restore", query=query, at=at, seconds=time.perf_counter() - begun,
            status=0 if cause else 200, body=body, cause=cause,
        )  # fmt: skip
        return seen, body, cause

    def _restored(self, manifest: Manifest, ids: Sequence[str]) -> Restored:
        watch = _Watch()
        try:
            with self._folder() as folder:
                file = folder / "backup"
                self._place.fetch(manifest, file)
                watch.lap("fetch, compare with the manifest")
                file, kind = self._database(file)
                watch.lap("find the database in it")
                with self._opened(kind, file, folder) as copy:
                    watch.lap("restore, check integrity")
                    found = self._looked_through(copy, ids, watch)
        except Unrestorable as why:
            watch.lap("given up")
            return Restored(problem=str(why), steps=tuple(watch.laps))
        # Taking the scratch place away again is no part of the recovery.
        return replace(found, steps=tuple(watch.laps))

    def _looked_through(self, copy: Copy, ids: Sequence[str], watch: _Watch) -> Restored:
        tables = copy.contents()
        watch.lap("count and digest every table")
        led = references(copy, self._table.links)
        watch.lap("follow the references")
        held = {str(value) for value in copy.values(self._table.decisions) or ()} if ids else set()
        absent = tuple(each for each in ids if each not in held)
        watch.lap("look for the decisions that the node tells of")
        followed = {name: each for name, each in led.items() if each is not None}
        return Restored(
            tables=tables, references={name: told for name, (told, _) in followed.items()},
            broken={name: broken for name, (_, broken) in followed.items()},
            severed=tuple(name for name in led if name not in followed), absent=absent,
        )  # fmt: skip

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        if self._scratch is not None and not self._scratch.is_dir():
            raise Unobservable(Cause.NOT_CONFIGURED, f"[backup] scratch: {self._table.scratch} is no folder")
        with tempfile.TemporaryDirectory(prefix="junzi-restore-", dir=self._scratch) as name:
            yield Path(name)

    def _database(self, file: Path) -> tuple[Path, str]:
        """The file that holds the database, and of which kind it is."""
        if self._table.kind == "archive":
            inner = file.with_name("database")
            unpack(file, inner, most=int(self._table.restored_megabytes * 1_000_000))
            return inner, kind_of(inner)
        if kind_of(file) != self._table.kind:
            raise Unrestorable(f"the file does not begin as one of kind {self._table.kind!r} does")
        return file, self._table.kind

    def _opened(self, kind: str, file: Path, folder: Path) -> AbstractContextManager[Copy]:
        if kind == "sqlite":
            return sqlite_copy.opened(file)
        return postgres_copy.opened(file, folder, seconds=self._table.most_seconds)


class _Watch:
    """How long each step took."""

    def __init__(self) -> None:
        self.laps: list[Step] = []
        self._begun = time.perf_counter()

    def lap(self, name: str) -> None:
        """The step of that name is done."""
        ended = time.perf_counter()
        self.laps.append(Step(name=name, seconds=round(ended - self._begun, 4)))
        self._begun = ended
