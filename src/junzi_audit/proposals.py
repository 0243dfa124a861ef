"""What a run would make the new normal: a draft from a check, kept with all that pins how its figures came about."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from junzi_audit import tables
from junzi_audit.model import iso

FOLDER = "proposals"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class ProposalError(tables.TableError):
    """A proposal cannot be made so, or cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a check would store: the value, and the ``n`` records it was made from.

    ``since`` and ``until`` bound these records in time (both or neither); ``model`` holds the versions of the model
    that made them, none where the thing has no model.
    """

    value: Mapping[str, Any]
    n: int
    since: datetime | None = None
    until: datetime | None = None
    model: Collection[str] = ()

    def __post_init__(self) -> None:
        if (self.since is None) is not (self.until is None):
            raise ValueError("a draft names both ends of its window, or neither")
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"a draft's window cannot end before it begins: {iso(self.since)} to {iso(self.until)}")
        if self.n < 0:
            raise ValueError(f"a draft cannot be made from {self.n} records")


@dataclass(frozen=True, kw_only=True)
class Window:
    """The interval [since, until) of the records."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    since: datetime
    until: datetime

    def __str__(self) -> str:
        return f"{iso(self.since)} to {iso(self.until)}"


@dataclass(frozen=True, kw_only=True)
class Code:
    """What the figure was computed with: our version; digests of the check's file, the plan and the target's file."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    version: str
    check: str
    plan: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """``RUN/proposals/NAME.json``. ``query`` is what the duty had asked by then; ``window`` is None without times."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    name: str
    duty: str
    target: str
    value: Mapping[str, Any]
    n: int
    window: Window | None
    query: tuple[str, ...]
    model: tuple[str, ...]
    code: Code

    @classmethod
    def of(cls, draft: object, *, name: str, duty: str, target: str, query: Collection[str], code: Code) -> Proposal:
        """The draft, tied to its duty; TypeError when the check gave something else, ProposalError for a bad name."""
        if not isinstance(draft, Draft):
            found = type(draft).__name__
            raise TypeError(f"propose of {name!r} gave a {found}; give junzi_audit.Draft(value=…, n=…) instead")
        if not _NAME.fullmatch(name):
            raise ProposalError(f"{name!r} cannot name a baseline; use letters, digits, - and _")
        window = Window(since=draft.since, until=draft.until) if draft.since and draft.until else None
        return cls(
            name=name, duty=duty, target=target, value=draft.value, n=draft.n, window=window,
            query=tuple(dict.fromkeys(query)), model=tuple(sorted(set(draft.model))), code=code,
        )  # fmt: skip


def plain(thing: Proposal) -> dict[str, Any]:
    """The fields as JSON values, instants as RFC 3339; TypeError for a value that JSON does not know."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(thing), default=_instant))
    return whole


def text(whole: Mapping[str, Any]) -> str:
    """As it is kept in a file: sorted and indented, so that two versions can be compared line by line."""
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(run: Path, proposal: Proposal) -> Path:
    """Keep the proposal with the run that made it."""
    path = run / FOLDER / f"{proposal.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(plain(proposal)), encoding="utf-8")
    return path


def names(run: Path) -> tuple[str, ...]:
    """The proposals that a run left."""
    return tuple(sorted(path.stem for path in (run / FOLDER).glob("*.json")))


def read(run: Path, name: str, target: str) -> Proposal:
    """The proposal of that name, made on that target; ProposalError with what there is instead."""
    possible, folder = names(run), run / FOLDER
    if not possible:
        raise ProposalError(f"{run}: holds no proposals; make some with `junzi-audit baseline propose`")
    if name not in possible:
        raise ProposalError(f"{folder}: no proposal is called {name!r}; {tables.nearest(name, possible)}")
    path = folder / f"{name}.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProposalError(f"{path}: cannot be read as JSON: {error}") from None
    found = tables.build(Proposal, raw, path=path, table=FOLDER, error=ProposalError)
    if (found.name, found.target) != (name, target):
        raise ProposalError(f"{path}: proposes {found.target}/{found.name}, but the run looked at {target}")
    return found


def _instant(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{value!r} is no JSON value, so a baseline cannot hold it")
