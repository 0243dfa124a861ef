"""Where backups are: pages that a node serves, or files; the backup itself is never kept as evidence."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from glob import glob
from pathlib import Path
from typing import Protocol, TypeVar

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.archives import Unrestorable
from junzi_audit.probes.asking import Answer, Recorder
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.backups import Manifest

T = TypeVar("T")
_GONE, _PIECE = 404, 1 << 20


class Place(Protocol):
    """Where a manifest is, and beside it the file that it names."""

    def newest(self, at: datetime) -> Manifest | None:
        """The newest manifest; None when there is none at all."""

    def fetch(self, manifest: Manifest, into: Path) -> None:
        """The backup as the file ``into``; Unrestorable when it is gone or is not the one of the manifest."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A manifest at ``path`` of a surface; ``large`` is the same surface with the bounds of a whole backup."""

    surface: Surface
    large: Surface
    path: str

    def newest(self, at: datetime) -> Manifest | None:
        """404 says that there is no backup."""
        answer = self.surface.get_all([self.surface.ask("backup.manifest", self.path)])[0]
        if answer.cause is None and answer.status == _GONE:
            return None
        return _manifest(answer.usable())

    def fetch(self, manifest: Manifest, into: Path) -> None:
        """What is kept of the answer is its size and digest: a backup holds what no evidence should."""
        path = f"{self.path.rpartition('/')[0]}/{manifest.file}"
        ask = self.large.ask("backup.file", path, redact=partial(_landed, into), retry=False)
        answer = self.large.get_all([ask])[0]
        if answer.cause is None and answer.status == _GONE:
            raise Unrestorable(f"{manifest.file} is gone")
        answer.usable()
        _compare(manifest, into)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Manifests below ``root``, named by ``path``: a file, or a glob of which the newest counts."""

    root: Path
    path: str
    recorder: Recorder

    def newest(self, at: datetime) -> Manifest | None:
        """The manifest with the latest instant; a folder that is not there is not an empty one."""
        query = f"FILES {self.path}"
        found = self.recorder.replay(query)
        if found is not None:
            answer = Answer(observation=found[0], body=found[1], cause=found[2])
        else:
            body = _unless_unreadable(self.path, self._newest)
            seen = self.recorder.keep(
                probe="backup.manifest", query=query, at=at, seconds=0, status=200 if body else _GONE, body=body,
                cause=None,
            )  # fmt: skip
            answer = Answer(observation=seen, body=body)
        return _manifest(answer) if answer.body else None

    def fetch(self, manifest: Manifest, into: Path) -> None:
        """A copy: the backup itself is not touched."""
        for folder in {Path(each).parent for each in self._matches()}:
            if (folder / manifest.file).is_file():
                _unless_unreadable(self.path, partial(shutil.copyfile, folder / manifest.file, into))
                return _compare(manifest, into)
        raise Unrestorable(f"{manifest.file} is gone")

    def _matches(self) -> list[str]:
        return glob(str(self.root / self.path))  # noqa: PTH207 - the pattern may be absolute

    def _newest(self) -> bytes:
        if not glob(str((self.root / self.path).parent)):  # noqa: PTH207
            raise FileNotFoundError(2, "there is no such folder")
        return max((Path(each).read_bytes() for each in self._matches()), key=_taken_at, default=b"")


def _manifest(answer: Answer) -> Manifest:
    manifest = parse(Manifest, answer)
    where = answer.observation.query
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}", manifest.file):
        raise Unobservable(Cause.MALFORMED, f"{where}: file is no plain name of a file beside the manifest")
    if manifest.taken_at.tzinfo is None:
        raise Unobservable(Cause.MALFORMED, f"{where}: taken_at is an instant without a zone")
    if not all(re.fullmatch(r"[0-9a-f]{64}", each.digest) for each in manifest.tables.values()):
        raise Unobservable(Cause.MALFORMED, f"{where}: a table's digest is no lower-case hex SHA-256")
    return manifest


def _taken_at(body: bytes) -> str:
    """For the order alone: a manifest that cannot be read comes first, and is told."""
    try:
        return iso(datetime.fromisoformat(json.loads(body)["taken_at"]))
    except (ValueError, KeyError, TypeError):
        return "~"


def _unless_unreadable(path: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as error:
        words = f"{path} cannot be read: {error.strerror or type(error).__name__}"
        raise Unobservable(Cause.UNREACHABLE, words) from None


def _landed(into: Path, body: bytes) -> bytes:
    into.write_bytes(body)
    return json.dumps({"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}).encode()


def _compare(manifest: Manifest, file: Path) -> None:
    """The bytes must be those that the manifest was written for."""
    digest = hashlib.sha256()
    with file.open("rb") as body:
        while piece := body.read(_PIECE):
            digest.update(piece)
    if (file.stat().st_size, digest.hexdigest()) != (manifest.bytes, manifest.sha256):
        raise Unrestorable(f"{manifest.file} does not have the size and SHA-256 that its manifest tells")
