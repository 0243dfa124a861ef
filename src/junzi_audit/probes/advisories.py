"""Known weaknesses about what is installed, from OSV records in a file, a directory, a .zip, or behind a URL."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes.documents import Document, File
from junzi_audit.seen.vulnerabilities import Advisory, Database, Package, base_of, key

#: Bytes of all records together, unpacked: a .zip may hold much more than it weighs.
_MOST = 1_000_000_000
_PACKED = b"PK\x03\x04"


class Advisories:
    """One database of advisories; what is kept of a file or directory are the records about what is installed."""

    def __init__(self, document: Document, *, good_for: timedelta) -> None:
        self._document = document
        self._good_for = good_for

    def about(self, packages: Collection[Package], at: datetime) -> Database:
        """The advisories that name one of the packages. ``at``: when the database is read.

        Unobservable when it cannot be had, or a record of it is none.
        """
        wanted = {package.key for package in packages}
        answer = self._document.read("advisories", at, lambda path: _Reach.of(_files(path), wanted).as_bytes())
        # What was kept of a file is ours: it says how many records that file held, and no other document is believed.
        ours = isinstance(self._document, File)
        reach = _Reach.of(_unpacked(answer.observation.query, answer.body), wanted, ours=ours)
        return Database(
            advisories=tuple(_advisory(record) for record in reach.kept), ecosystems=frozenset(reach.ecosystems),
            records=reach.records, as_of=reach.as_of, good_for=self._good_for,
        )  # fmt: skip


@dataclass(kw_only=True)
class _Reach:
    """What is read of a database, and what is kept of it: also the shape of a file that says when it was fetched."""

    ecosystems: set[str]
    records: int
    fetched: datetime | None
    newest: datetime | None
    kept: list[dict[str, Any]]

    _own: ClassVar[tuple[str, ...]] = ("fetched", "ecosystems", "records")

    @property
    def as_of(self) -> datetime | None:
        return self.fetched or self.newest

    @classmethod
    def of(
        cls, files: Iterable[tuple[str, bytes]], wanted: Collection[tuple[str, str]], *, ours: bool = False
    ) -> _Reach:
        reach = cls(ecosystems=set(), records=0, fetched=None, newest=None, kept=[])
        for name, body in files:
            try:
                raw = json.loads(body)
            except (ValueError, RecursionError):
                raise Unobservable(Cause.MALFORMED, f"{name} is not JSON") from None
            try:
                reach._take(raw, wanted, ours=ours)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                raise Unobservable(Cause.MALFORMED, f"{name} does not hold OSV records") from None
        return reach

    def _take(self, raw: Any, wanted: Collection[tuple[str, str]], *, ours: bool) -> None:
        whole = raw if isinstance(raw, dict) and "advisories" in raw else {}
        records = whole["advisories"] if whole else raw if isinstance(raw, list) else [raw]
        if "fetched" in whole:
            fetched = utc(whole["fetched"])
            self.fetched = min(fetched, self.fetched or fetched)
        self.ecosystems |= {base_of(str(each)) for each in whole.get("ecosystems", ())}
        told = int(whole.get("records", len(records)))
        self.records += told if ours else len(records)
        for record in records:
            modified = utc(record["modified"])
            self.newest = max(modified, self.newest or modified)
            named = [each["package"] for each in record.get("affected") or () if each.get("package")]
            keys = {key(each["ecosystem"], each["name"]) for each in named}
            among = {ecosystem for ecosystem, _ in keys}
            # A record of several ecosystems is in the database of each: it says nothing of the others' records.
            self.ecosystems |= among if len(among) == 1 else set()
            if not keys.isdisjoint(wanted):
                self.kept.append(record)

    def as_bytes(self) -> bytes:
        told = {
            "fetched": iso(self.as_of) if self.as_of else None, "ecosystems": sorted(self.ecosystems),
            "records": self.records, "advisories": self.kept,
        }  # fmt: skip
        return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def _advisory(record: dict[str, Any]) -> Advisory:
    """A record with null for an absent list or table, as some databases write it, is a record all the same."""
    text = json.dumps({name: value for name, value in record.items() if value is not None})
    try:
        found = TypeAdapter(Advisory).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        words = f"the advisory {str(record.get('id'))[:60]!r}: {place}: {first['msg'][:120]}"
        raise Unobservable(Cause.MALFORMED, words) from None
    if any(at is not None and at.tzinfo is None for at in (found.modified, found.published, found.withdrawn)):
        raise Unobservable(Cause.MALFORMED, f"the advisory {found.id[:60]!r} has an instant without a zone")
    return found


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if not path.is_dir():
        yield from _unpacked(path.name, path.read_bytes())
        return
    size = 0
    for file in sorted(path.rglob("*.json")):
        size = _bounded(size + file.stat().st_size, path.name)
        yield file.name, file.read_bytes()


def _unpacked(name: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    if not body.startswith(_PACKED):
        yield name, body
        return
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [each for each in archive.infolist() if each.filename.endswith(".json")]
            _bounded(sum(each.file_size for each in members), name)
            for member in members:
                yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unobservable(Cause.MALFORMED, f"{name} is no .zip that can be read: {type(error).__name__}") from None


def _bounded(size: int, name: str) -> int:
    if size > _MOST:
        raise Unobservable(Cause.TOO_LARGE, f"{name} holds more than {_MOST:,} bytes of records")
    return size
