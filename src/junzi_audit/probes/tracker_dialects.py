"""How GitHub, GitLab and Gitea word one question: the key's header, the parameters of a list, the shape of a ticket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Params
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.personal import mask

_STRICT = {"extra": "ignore", "strict": True}
_LONGEST = 300
#: What we read of a ticket; nothing else of it (its text, the people in it) is kept as evidence.
_KEPT = (
    *("number", "iid", "title", "state", "created_at", "updated_at", "closed_at", "labels", "html_url", "web_url"),
    "pull_request",
)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A ticket as listed. ``closed_at`` may be absent of one that is closed: imported ones have none."""

    number: int
    title: str
    is_open: bool
    is_merge: bool
    created_at: datetime
    closed_at: datetime | None
    labels: tuple[str, ...]
    url: str


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """``opened`` lists what is open, ``closed`` what was closed and has changed since an instant."""

    header: str
    scheme: str
    opened: Params
    closed: Params
    since: str
    issues: Callable[[Answer], tuple[Issue, ...]]


@dataclass(frozen=True, kw_only=True)
class _Label:
    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str


@dataclass(frozen=True, kw_only=True)
class _Hub:
    """GitHub's issue, and Gitea's."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    number: int
    title: str
    state: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    labels: tuple[_Label | str, ...] | None
    html_url: str
    pull_request: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Lab:
    """GitLab's issue."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    iid: int
    title: str
    state: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    labels: tuple[str, ...]
    web_url: str


Stated = TypeVar("Stated", _Hub, _Lab)


def _states(found: tuple[Stated, ...], answer: Answer, opened: str) -> tuple[Stated, ...]:
    """The same; Unobservable for a state that is not of this dialect: whether such a ticket is open nobody knows."""
    strange = next((each.state for each in found if each.state not in {opened, "closed"}), None)
    if strange is not None:
        words = f"{answer.observation.query}: a ticket is {strange[:_LONGEST]!r}, neither {opened!r} nor 'closed'"
        raise Unobservable(Cause.MALFORMED, words)
    return found


def _hub(answer: Answer) -> tuple[Issue, ...]:
    found = _states(parse(tuple[_Hub, ...], answer), answer, "open")
    return tuple(
        Issue(
            number=each.number, title=each.title, is_open=each.state == "open", url=each.html_url,
            is_merge=each.pull_request is not None, created_at=each.created_at,
            closed_at=None if each.state == "open" else each.closed_at or each.updated_at,
            labels=tuple(label if isinstance(label, str) else label.name for label in each.labels or ()),
        )
        for each in found
    )  # fmt: skip


def _lab(answer: Answer) -> tuple[Issue, ...]:
    found = _states(parse(tuple[_Lab, ...], answer), answer, "opened")
    return tuple(
        Issue(
            number=each.iid, title=each.title, is_open=each.state == "opened", is_merge=False, url=each.web_url,
            created_at=each.created_at,
            closed_at=None if each.state == "opened" else each.closed_at or each.updated_at, labels=each.labels,
        )
        for each in found
    )  # fmt: skip


_HUB_PAGES = (("sort", "created"), ("direction", "asc"), ("per_page", "100"))
_LAB_PAGES = (("scope", "all"), ("order_by", "created_at"), ("sort", "asc"), ("per_page", "100"))
_TEA_PAGES = (("type", "issues"), ("limit", "50"))

DIALECTS: Mapping[str, Dialect] = {
    "github": Dialect(
        header="Authorization", scheme="Bearer", since="since", issues=_hub,
        opened=(("state", "open"), *_HUB_PAGES), closed=(("state", "closed"), *_HUB_PAGES),
    ),
    "gitlab": Dialect(
        header="PRIVATE-TOKEN", scheme="", since="updated_after", issues=_lab,
        opened=(("state", "opened"), *_LAB_PAGES), closed=(("state", "closed"), *_LAB_PAGES),
    ),
    "gitea": Dialect(
        header="Authorization", scheme="token", since="since", issues=_hub,
        opened=(("state", "open"), *_TEA_PAGES), closed=(("state", "closed"), *_TEA_PAGES),
    ),
}  # fmt: skip


def reduced(body: bytes) -> bytes:
    """A list of tickets with only what we read of each, personal data in titles masked; anything else as it is."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(raw, list):
        return body
    return json.dumps([_reduced(each) if isinstance(each, dict) else each for each in raw]).encode()


def _reduced(ticket: dict[str, Any]) -> dict[str, Any]:
    kept = {name: ticket[name] for name in _KEPT if name in ticket}
    if isinstance(title := kept.get("title"), str):
        # Half a surrogate pair, which JSON can hold and no file can, becomes a question mark.
        kept["title"] = mask(title[:_LONGEST].encode(errors="replace")).decode(errors="replace")
    if isinstance(labels := kept.get("labels"), list):
        kept["labels"] = [{"name": each.get("name")} if isinstance(each, dict) else each for each in labels]
    if isinstance(kept.get("pull_request"), dict):
        kept["pull_request"] = {}
    return kept
