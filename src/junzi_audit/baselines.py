"""The memory: one JSON record per stored expectation, with who approved it, why, and until when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from junzi_audit import tables
from junzi_audit.model import Cause, Obligation, Unobservable, iso


class BaselineError(tables.TableError):
    """A baseline cannot be read, or may not be approved so."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What was approved as normal. ``value`` is what the duty's measure stored; ``previous`` is a SHA-256 or empty."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    name: str
    duty: str
    target: str
    value: Mapping[str, Any]
    run: str
    seen: datetime
    approver: str
    approved: datetime
    why: str
    expires: datetime
    previous: str
    digest: str

    @property
    def is_whole(self) -> bool:
        """Whether the content still has the digest that it was approved with."""
        return self.digest == _digest(self)


class Shelf:
    """The baselines of one target: ``baselines/TARGET/NAME.json``, read once each."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder / target
        self.target = target

    def digests(self) -> dict[str, str]:
        """SHA-256 of every baseline file of the target, by name."""
        return {
            path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(self._folder.glob("*.json"))
        }

    def recall(self, name: str, now: datetime) -> Baseline:
        """The approved expectation; Unobservable with the reason when absent, expired or edited by hand."""
        path = self._folder / f"{name}.json"
        if not path.is_file():
            raise Unobservable(
                Cause.NO_BASELINE,
                f"no baseline {self.target}/{name} is stored; approve one with "
                f"`junzi-audit baseline approve RUN {name} --approver … --why …`",
            )
        try:
            found = self.read(name)
        except BaselineError as error:
            raise Unobservable(Cause.NO_BASELINE, f"the baseline is not readable: {error}") from None
        if not found.is_whole:
            raise Unobservable(Cause.NO_BASELINE, f"{path} was edited by hand: its digest does not match its content")
        if found.expires <= now:
            raise Unobservable(Cause.STALE, f"the baseline {name} expired on {iso(found.expires)}")
        return found

    def names(self) -> tuple[str, ...]:
        """The baselines that are stored, valid or not."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.json")))

    def read(self, name: str) -> Baseline:
        """The baseline as it is stored, also expired or edited; BaselineError when it is none, or another's."""
        path = self._folder / f"{name}.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BaselineError(f"{path}: cannot be read as JSON: {error}") from None
        found = tables.build(Baseline, raw, path=path, table=name, error=BaselineError)
        if (found.target, found.name) != (self.target, name):
            raise BaselineError(f"{path}: holds {found.target}/{found.name}, which belongs elsewhere")
        return found

    def approve(self, draft: Baseline, duty: Obligation) -> Path:
        """Store the draft over the current one, chained to it; BaselineError when somebody else's to approve."""
        if draft.approver != duty.owner:
            raise BaselineError(
                f"only {duty.owner!r}, who owns {duty.id}, may approve its baseline, not {draft.approver!r}"
            )
        if len(draft.why.split()) < 3:
            raise BaselineError("say in a sentence why this is the new normal (--why)")
        path = self._folder / f"{draft.name}.json"
        previous = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        sealed = {**_plain(draft), "previous": previous}
        sealed["digest"] = _hash(sealed)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sealed, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def _plain(baseline: Baseline) -> dict[str, Any]:
    whole = {name: getattr(baseline, name) for name in (part.name for part in fields(Baseline)) if name != "digest"}
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in whole.items()}


def _digest(baseline: Baseline) -> str:
    return _hash(_plain(baseline))


def _hash(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
