"""Where people answer: signed-off records in a directory, a Git repository or an HTTP service. Never judges them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from junzi_audit.declared import places
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.attestation_records import RecordError, duty_of, from_yaml, minutes_of, record
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.attested import Attestation, Attested, Decision

#: A record is a page of text; what is larger is none, and what is more than this was not written by people.
_FILE_BYTES, _FILES = 64_000, 2_000
_PACK_BYTES = 2_000_000
_CLONE_SECONDS = 60
_GIT = ("git", "-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null")

#: Into a spare folder: the folder that holds the files, and the commit it is at (empty: of no repository).
Fetch = Callable[[Path], tuple[Path, str]]


class Attestations(Protocol):
    """A place where people answer."""

    def of(self, duty: str, subjects: Sequence[str]) -> Attested:
        """What it holds of the duty; a service is asked for these subjects (SHA-256), newest first."""


class FiledAttestations:
    """YAML files anywhere below one folder, with the packs they are about beside them as ``*.json``.

    The evidence is the text of every file, so a replay reads them again. ``fetch`` brings the folder and says which
    commit it is at; Unobservable when there is none. ``below``: the folder's path within its repository, from whose top
    minutes are named; those that are there must have the digest that was signed.
    """

    def __init__(self, place: str, fetch: Fetch, recorder: Recorder, now: datetime, below: str = "") -> None:
        self._place = place
        self._below = below
        self._fetch = fetch
        self._recorder = recorder
        self._now = now

    def of(self, duty: str, subjects: Sequence[str]) -> Attested:
        """Every record of the duty, whatever its subject: one for another digest is told, not hidden."""
        files, minutes = self._files()
        raw: list[tuple[str, Any]] = []
        problems = [f"{name}: {text}" for name, text in files.items() if not name.endswith((".yaml", ".yml", ".json"))]
        for name, text in files.items():
            if name.endswith((".yaml", ".yml")):
                try:
                    raw.append((name, from_yaml(text, name)))
                except RecordError as error:
                    problems.append(str(error))
        records, wrong = _sound(duty, raw)
        faults = {each.source: fault for each in records if (fault := _minutes_fault(each, minutes))}
        problems += [f"{source}: {fault}" for source, fault in faults.items()]
        # A rejection stands whatever became of its minutes.
        records = tuple(r for r in records if r.source not in faults or r.decision is Decision.REJECTED)
        packs = [text.encode() for name, text in files.items() if name.endswith(".json")]
        return Attested(
            place=self._place, records=records, problems=(*problems, *wrong),
            packs={hashlib.sha256(pack).hexdigest(): pack for pack in packs},
        )  # fmt: skip

    def _files(self) -> tuple[dict[str, str], dict[str, str]]:
        """The text of every file, and the digest of the minutes that a record names, empty where they are gone."""
        query = f"ATTESTATIONS {self._place}"
        found = self._recorder.replay(query)
        if found is None:
            begun = time.perf_counter()
            with tempfile.TemporaryDirectory(prefix="junzi-audit-") as spare:
                folder, commit = self._fetch(Path(spare))
                files = dict(_texts(folder))
                minutes = dict(_minutes(folder, self._below, files))
            body = json.dumps({"commit": commit, "files": files, "minutes": minutes}, sort_keys=True).encode()
            self._recorder.keep(
                probe="attestations.files", query=query, at=self._now, seconds=time.perf_counter() - begun, status=200,
                body=body, cause=None,
            )  # fmt: skip
        else:
            body = found[1]
        told = json.loads(body)
        return dict(told["files"]), dict(told.get("minutes", {}))


class ServedAttestations:
    """A service that answers ``?duty=…&subject=…`` with a JSON list of records; each look is kept by the transport."""

    def __init__(self, surface: Surface, path: str) -> None:
        self._surface = surface
        self._path = path

    def of(self, duty: str, subjects: Sequence[str]) -> Attested:
        """The records it answers for any of the subjects, each once."""
        raw: list[tuple[str, Any]] = []
        for subject in subjects:
            answer = self._surface.get("attestations.service", self._path, (("duty", duty), ("subject", subject)))
            try:
                listed = json.loads(answer.body)
            except (ValueError, RecursionError):
                listed = None
            if not isinstance(listed, list):
                raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: no JSON list of records")
            raw += [(f"record {number} for {subject[:12]}", each) for number, each in enumerate(listed[:_FILES], 1)]
        records, problems = _sound(duty, raw)
        once = {
            (each.subject, each.body, each.decision, each.date, each.signatures): each for each in reversed(records)
        }
        return Attested(place=self._surface.url + self._path, records=tuple(once.values()), problems=problems)


def filed(place: places.Attestations, root: Path, recorder: Recorder, now: datetime) -> FiledAttestations:
    """A place of files that a target names, in the repository at ``root`` or in another one."""
    if place.kind == "directory":
        return FiledAttestations(place.path, directory(root / place.path), recorder, now, place.path)
    local = root / place.url
    return FiledAttestations(
        place.url, repository(str(local) if local.is_dir() else place.url, place.path), recorder, now,
        place.path,
    )  # fmt: skip


def directory(folder: Path) -> Fetch:
    """A folder of this machine; Unobservable when it is not there."""

    def fetch(_: Path) -> tuple[Path, str]:
        if not folder.is_dir():
            raise Unobservable(
                Cause.NOT_CONFIGURED,
                f"the target keeps attestations in {folder.name}/, and there is no such folder; "
                "`junzi-audit attest` makes it with the first record",
            )
        return folder, ""

    return fetch


def repository(url: str, below: str) -> Fetch:
    """The newest commit of a Git repository, cloned for the time of the look; Unobservable when it cannot be."""

    def fetch(spare: Path) -> tuple[Path, str]:
        if shutil.which("git") is None:
            raise Unobservable(
                Cause.NOT_CONFIGURED,
                "attestations are kept in a Git repository, and git is not installed: `apt-get install git`, or "
                "`brew install git`",
            )
        copy = spare / "copy"
        _git("clone", "--quiet", "--depth", "1", "--no-tags", "--", url, str(copy))
        commit = _git("-C", str(copy), "rev-parse", "HEAD").strip()
        folder = copy / below
        if not folder.is_dir():
            raise Unobservable(Cause.NOT_CONFIGURED, f"{url}: the repository holds no folder {below!r}")
        return folder, commit

    return fetch


def _git(*words: str) -> str:
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - words of ours, and an address that the target names
            [*_GIT, *words], capture_output=True, text=True, errors="replace", timeout=_CLONE_SECONDS, check=False,
            env=env, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unobservable(Cause.TIMED_OUT, f"git {words[0]} did not end within {_CLONE_SECONDS} s") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise Unobservable(Cause.UNREACHABLE, f"the repository of attestations cannot be cloned: {said[:200]}")
    return done.stdout


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every record and pack; a file that cannot be one is given as what is wrong with it, unnamed."""
    endings = {".yaml": _FILE_BYTES, ".yml": _FILE_BYTES, ".json": _PACK_BYTES}
    visible = (path for path in folder.rglob("*") if not path.relative_to(folder).as_posix().startswith("."))
    found = sorted(path for path in visible if path.suffix in endings and path.is_file())
    if len(found) > _FILES:
        raise Unobservable(Cause.TOO_LARGE, f"{len(found):,} files of attestations; at most {_FILES:,} are read")
    for path in found:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            yield f"{name} ", "a link, which is not followed"
        elif path.stat().st_size > endings[path.suffix]:
            yield f"{name} ", f"larger than {endings[path.suffix]:,} bytes, so it is no record"
        else:
            yield name, path.read_bytes().decode("utf-8", errors="replace")


def _minutes(folder: Path, below: str, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The digest of each file that a record names as its minutes; empty for one that should lie here and does not."""
    depth = len(PurePosixPath(below).parts)
    top = folder.absolute() if not depth else folder.absolute().parents[depth - 1]
    for name, text in files.items():
        if name.endswith((".yaml", ".yml")):
            with suppress(RecordError):
                told = minutes_of(from_yaml(text, name))
                found = _digest(top, folder, told)
                if found or (depth and PurePosixPath(told).is_relative_to(below)):
                    yield told, found


def _digest(top: Path, folder: Path, minutes: str) -> str:
    """Of the file, below the repository's top or below the place; empty when there is none, or it leads out."""
    for base in (top, folder):
        with suppress(OSError, ValueError):
            file = (base / minutes).resolve()
            if minutes and file.is_relative_to(base.resolve()) and file.is_file():
                with file.open("rb") as body:
                    return hashlib.file_digest(body, "sha256").hexdigest()
    return ""


def _minutes_fault(record: Attestation, minutes: Mapping[str, str]) -> str:
    """What is wrong with the minutes of a record; empty when nothing is, or they lie elsewhere."""
    found = minutes.get(record.minutes)
    if found == "":
        return f"minutes: {record.minutes} is not found"
    if found is None or record.minutes_sha256 in ("", found):
        return ""
    return f"minutes: {record.minutes} no longer has the SHA-256 that was signed"


def _sound(duty: str, raw: Sequence[tuple[str, Any]]) -> tuple[tuple[Attestation, ...], tuple[str, ...]]:
    """The records of the duty, and a sentence for each that is none; one that does not say its duty concerns all."""
    records: list[Attestation] = []
    problems: list[str] = []
    for name, each in raw:
        if duty_of(each) not in ("", duty):
            continue
        try:
            records.append(record(each, name))
        except RecordError as error:
            problems.append(str(error))
    return tuple(records), tuple(problems)
