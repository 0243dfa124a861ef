"""The memory: one JSON record per stored expectation, with who approved it, why, and until when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from junzi_audit import proposals, tables
from junzi_audit.findings import BaselineUse
from junzi_audit.model import Cause, Obligation, Unobservable, iso

FOLDER = "baselines"
#: From how many on they are told in one sentence; every digest stands in the run's header.
_MANY = 3


class BaselineError(tables.TableError):
    """A baseline cannot be read, or may not be approved so."""


@dataclass(frozen=True, kw_only=True)
class Baseline(proposals.Proposal):
    """A proposal that was approved as normal. ``previous`` is the SHA-256 of the file before it, or empty."""

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
        return self.digest == _digest(proposals.plain(self))


class Shelf:
    """The baselines of one target: ``baselines/TARGET/NAME.json``."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder / target
        self.target = target

    def digests(self) -> dict[str, str]:
        """SHA-256 of every baseline file of the target, by name."""
        return {name: _sha256(self.path(name)) for name in self.names()}

    def recall(self, name: str, now: datetime, duty: Obligation | None = None) -> Baseline:
        """The approved expectation; Unobservable with the reason when absent, expired, edited by hand or another's.

        ``duty``: the one that asks; only what its owner approved for it is normal for it.
        """
        path = self.path(name)
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
        if duty is not None and (found.duty, found.approver) != (duty.id, duty.owner):
            told = f"the baseline {name} is of {found.duty}, approved by {found.approver}, not of {duty.id}"
            raise Unobservable(Cause.NO_BASELINE, told)
        return found

    def use(self, found: Baseline) -> BaselineUse:
        """What the record of a duty says of a baseline that it was compared with."""
        return BaselineUse(
            name=found.name, digest=_sha256(self.path(found.name)), approved=found.approved, approver=found.approver,
            why=found.why, previous=found.previous, expires=found.expires,
        )  # fmt: skip

    def names(self) -> tuple[str, ...]:
        """The baselines that are stored, valid or not."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.json")))

    def of(self, duty: str) -> tuple[str, ...]:
        """The baselines that are stored for a duty, by their own account; one that no program can read has none."""
        return tuple(name for name in self.names() if _duty(self.path(name)) == duty)

    def read(self, name: str) -> Baseline:
        """The baseline as it is stored, also expired or edited; BaselineError when it is none, or another's."""
        path = self.path(name)
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BaselineError(f"{path}: cannot be read as JSON: {error}") from None
        found = tables.build(Baseline, raw, path=path, table=name, error=BaselineError)
        if (found.target, found.name) != (self.target, name):
            raise BaselineError(f"{path}: holds {found.target}/{found.name}, which belongs elsewhere")
        return found

    def approve(self, draft: Baseline, duty: Obligation) -> Path:
        """Store the draft over the current one, chained to it; BaselineError when it may not be approved so."""
        if draft.approver != duty.owner:
            raise BaselineError(
                f"only {duty.owner!r}, who owns {duty.id}, may approve its baseline, not {draft.approver!r}"
            )
        if len(draft.why.split()) < 3:
            raise BaselineError("say in a sentence why this is the new normal (--why)")
        if draft.n < 1:
            raise BaselineError(f"{draft.name} was made from {draft.n} records: what nobody saw is no normal")
        path = self.path(draft.name)
        sealed = {**proposals.plain(draft), "previous": _sha256(path) if path.is_file() else ""}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(proposals.text({**sealed, "digest": _digest(sealed)}), encoding="utf-8")
        return path

    def path(self, name: str) -> Path:
        """Where a baseline of that name is kept."""
        return self._folder / f"{name}.json"


def changes(earlier: Mapping[str, str], now: Mapping[str, str], run: str) -> list[str]:
    """A sentence for each baseline whose file is not what it was in that earlier run; one for all where they are many.

    Both map names to SHA-256.
    """
    told: list[str] = []
    names = [name for name in sorted({*earlier, *now}) if earlier.get(name) != now.get(name)]
    if len(names) > _MANY:
        return [f"{len(names)} baselines are not what they were in run {run}: {', '.join(names)}"]
    for name in names:
        before, after = earlier.get(name, ""), now.get(name, "")
        if not before:
            told.append(f"baseline {name} is new since run {run}: digest {after[:12]}")
        elif not after:
            told.append(f"baseline {name} is gone since run {run}: its digest was {before[:12]}")
        else:
            told.append(f"baseline {name} changed since run {run}: digest {after[:12]}, before {before[:12]}")
    return told


def _duty(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["duty"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(whole: Mapping[str, Any]) -> str:
    """SHA-256 over all fields but the digest itself."""
    signed = {name: value for name, value in whole.items() if name != "digest"}
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
