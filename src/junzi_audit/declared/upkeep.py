"""What a target's file says of tickets, packages and advisories, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar, Literal

from junzi_audit.seen.tickets import DAYS, SEVERITIES, Severity

_STRICT = {"extra": "forbid"}
_NO_URL = "is neither an http(s) URL without a password nor a path such as /sbom.json"


@dataclass(frozen=True, kw_only=True)
class Tracker:
    """Where bug tickets are: the API's URL of one repository or project; one that begins with / is on the primary.

    ``severities`` says which label means which severity, ``days`` how long a ticket of each may stay open.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    kind: Literal["github", "gitlab", "gitea"]
    url: str
    token_env: str
    severities: Mapping[str, Severity] = field(default_factory=lambda: {word: word for word in SEVERITIES})
    days: Mapping[Severity, float] = field(default_factory=lambda: dict(DAYS))


@dataclass(frozen=True, kw_only=True)
class Packages:
    """What is installed: a CycloneDX bill of materials, or a package list, as a URL or a file.

    A URL that begins with / is a page of the audit feed. One made more than ``stale_days`` ago tells nothing of today.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    kind: Literal["sbom", "list"] = "sbom"
    url: str = ""
    path: str = ""
    stale_days: float = 35


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An advisory that the duty's owner lives with, for a reason, until an instant."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str
    reason: str
    approver: str
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Advisories:
    """Known weaknesses as OSV records: a JSON file, a directory or .zip of such, or a URL of a file.

    ``days`` is the patch window of each severity; a database older than ``stale_days`` knows nothing of today.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    url: str = ""
    path: str = ""
    stale_days: float = 14
    days: Mapping[Severity, float] = field(default_factory=lambda: dict(DAYS))
    accepted: tuple[Accepted, ...] = ()


def mistakes(
    tracker: Tracker | None, packages: Packages | None, advisories: Advisories | None, *, owner: str
) -> Iterator[str]:
    """What is wrong, each with its table and key; ``owner`` is who may accept an advisory."""
    if tracker is not None:
        if not _is_url(tracker.url):
            yield f"[tracker] url: {tracker.url!r} {_NO_URL}"
        yield from _days("[tracker.days]", tracker.days)
    for name, table in (("packages", packages), ("advisories", advisories)):
        if table is None:
            continue
        if bool(table.url) is bool(table.path):
            yield f"[{name}] needs either url or path, and not both"
        if table.url and not _is_url(table.url):
            yield f"[{name}] url: {table.url!r} {_NO_URL}"
        if not table.stale_days > 0:
            yield f"[{name}] stale_days: {table.stale_days:g} is no number of days above 0"
    if advisories is not None:
        yield from _days("[advisories.days]", advisories.days)
        for entry in advisories.accepted:
            yield from _accepted(entry, owner)


def _days(place: str, days: Mapping[Severity, float]) -> Iterator[str]:
    missing = [severity for severity in SEVERITIES if severity not in days]
    if missing:
        yield f"{place} {missing[0]}: missing; every severity has its days"
        return
    told = [days[severity] for severity in SEVERITIES]
    if not all(0 < shorter <= longer <= 3650 for shorter, longer in pairwise(told)):
        yield f"{place} must be above 0 and at most 3650, and no shorter for a lower severity"


def _accepted(entry: Accepted, owner: str) -> Iterator[str]:
    place = f"[[advisories.accepted]] {entry.id}"
    if entry.approver != owner:
        yield f"{place} approver: only the duty's owner, {owner!r}, may accept it, not {entry.approver!r}"
    if entry.expires.tzinfo is None:
        yield f"{place} expires is an instant with a zone, such as 2026-01-31T00:00:00Z"
    if len(entry.reason.split()) < 3:
        yield f"{place} reason: say in a sentence why"


def _is_url(url: str) -> bool:
    return bool(re.fullmatch(r"(https?://[^/@\s?#]+(?=/|$)|/(?!/))[^\s?#]*", url))
