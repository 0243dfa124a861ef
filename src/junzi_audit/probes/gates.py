"""The gate log: the outcomes that the deployment gate left, as files in a folder or as a page of a service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ValidationError

from junzi_audit import tables
from junzi_audit.model import Cause, Unobservable, Verdict, utc
from junzi_audit.probes.documents import Document, Page
from junzi_audit.seen.deployments import Condition, GateOutcome, Outcomes, Release

#: An outcome is a page of text, and what is more than this no gate has left.
_FILE_BYTES, _FILES = 200_000, 5_000


@dataclass(frozen=True, kw_only=True)
class _Held:
    __pydantic_config__: ClassVar[Any] = {"extra": "ignore"}
    name: Condition
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class _Written:
    """The keys of an outcome that count."""

    __pydantic_config__: ClassVar[Any] = {"extra": "ignore"}
    what: Literal["gate outcome"]
    target: str
    model_version: str
    model_digest: str
    at: str
    conditions: tuple[_Held, ...]


class Gates:
    """A target's gate log; what was read is kept as evidence."""

    def __init__(self, document: Document, place: str) -> None:
        self._document = document
        self._place = place

    def outcomes(self, now: datetime) -> Outcomes:
        """Every outcome up to now; Unobservable when the log cannot be read."""
        answer = self._document.read("gates", now, _squeezed)
        try:
            listed = json.loads(answer.body)
        except (ValueError, RecursionError):
            listed = None
        if not isinstance(listed, list):
            raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: no JSON list of the gate's outcomes")
        named = enumerate(listed[:_FILES], 1)
        pairs = [(f"outcome {n}", each) for n, each in named] if isinstance(self._document, Page) else listed
        found = [_outcome(str(name), each) for name, each in pairs]
        return Outcomes(
            place=self._place,
            outcomes=tuple(each for each in found if isinstance(each, GateOutcome) and each.at <= now),
            problems=tuple(each for each in found if isinstance(each, str)),
        )


def _outcome(name: str, raw: object) -> GateOutcome | str:
    """The outcome, or what is wrong with it. One that leaves a condition out did not hold it."""
    try:
        written = tables.adapter(_Written).validate_python(raw)
        at = utc(written.at)
    except (ValidationError, ValueError):
        return f"{name}: no outcome of the gate"
    held = {each.name for each in written.conditions} - {
        each.name for each in written.conditions if each.verdict is not Verdict.MET
    }
    return GateOutcome(
        release=Release(version=written.model_version, digest=written.model_digest), at=at, target=written.target,
        refused=tuple(str(each) for each in Condition if each not in held), source=name,
    )  # fmt: skip


def _squeezed(folder: Path) -> bytes:
    """A folder's documents with their names, as one; OSError when there is no such folder."""
    return json.dumps(list(_documents(folder))).encode()


def _documents(folder: Path) -> Iterator[tuple[str, Any]]:
    list(folder.iterdir())
    files = sorted(path for path in folder.rglob("*.json") if path.is_file() and not path.name.startswith("."))
    if len(files) > _FILES:
        raise Unobservable(Cause.TOO_LARGE, f"{len(files):,} outcomes of the gate; at most {_FILES:,} are read")
    for path in files:
        name = path.relative_to(folder).as_posix()
        inside = path.resolve().is_relative_to(folder.resolve()) and path.stat().st_size <= _FILE_BYTES
        try:
            yield name, json.loads(path.read_bytes()) if inside else None
        except (ValueError, RecursionError):
            yield name, None
