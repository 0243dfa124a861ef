"""One database out of an archive or a plain file, told by its first bytes; no name in an archive is ever used."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from junzi_audit.model import Cause, Unobservable

_HEADS = {b"SQLite format 3\0": "sqlite", b"PGDMP": "postgresql"}
_LONGEST_HEAD = max(map(len, _HEADS))
_PIECE, _MOST_MEMBERS = 1 << 20, 1000
_ZIP = b"PK\x03\x04"
_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
    RuntimeError, NotImplementedError,
)  # fmt: skip


class Unrestorable(Exception):
    """The backup cannot be brought back; the message says why."""


def kind_of(path: Path) -> str:
    """``sqlite`` or ``postgresql`` by the file's first bytes, else nothing."""
    with path.open("rb") as file:
        return _kind(file.read(_LONGEST_HEAD))


def unpack(archive: Path, into: Path, *, most: int) -> None:
    """Write the one database of a tar or zip archive to the file ``into``.

    Unrestorable when the archive is damaged or holds no database or several; Unobservable beyond ``most`` bytes in all.
    """
    found = 0
    try:
        for member in _members(archive):
            # A damaged archive may end anywhere, and a small one may grow without end.
            head = member.read(_LONGEST_HEAD)
            wanted = bool(_kind(head))
            found += wanted
            if found > 1:
                raise Unrestorable("the archive holds several databases")
            most -= _copied(head, member, into if wanted else None, most)
    except _DAMAGE as error:
        raise Unrestorable(f"the archive cannot be read: {type(error).__name__}") from None
    if not found:
        raise Unrestorable("the archive holds neither a SQLite file nor a custom-format pg_dump")


def _kind(head: bytes) -> str:
    return next((kind for magic, kind in _HEADS.items() if head.startswith(magic)), "")


def _members(archive: Path) -> Iterator[IO[bytes]]:
    """Every regular file of the archive, open; links and devices are passed over."""
    with archive.open("rb") as file:
        zipped = file.read(len(_ZIP)) == _ZIP
    if zipped:
        with zipfile.ZipFile(archive) as whole:
            for info in whole.infolist()[:_MOST_MEMBERS]:
                if not info.is_dir():
                    with whole.open(info) as member:
                        yield member
        return
    with tarfile.open(archive, "r|*") as stream:
        for number, entry in enumerate(stream):
            if number >= _MOST_MEMBERS:
                return
            taken = stream.extractfile(entry) if entry.isreg() else None
            if taken is not None:
                with closing(taken):
                    yield taken


def _copied(head: bytes, member: IO[bytes], into: Path | None, most: int) -> int:
    """How many bytes the member has; written to ``into`` if there is one."""
    size, piece = 0, head
    with (into or Path("/dev/null")).open("wb") as file:
        while piece:
            size += len(piece)
            if size > most:
                raise Unobservable(Cause.TOO_LARGE, "the archive holds more than [backup] restored_megabytes")
            file.write(piece)
            piece = member.read(_PIECE)
    return size
