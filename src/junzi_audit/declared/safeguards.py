"""What a target's file says of its backups, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from junzi_audit.seen.backups import FOREIGN_KEYS, TIERS

_COLUMN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){1,2}")


@dataclass(frozen=True, kw_only=True)
class Backup:
    """The ``[backup]`` table.

    ``path`` (a file, or a glob of which the newest counts) or ``url`` names the manifest; the backup is the file that
    the manifest names, beside it. A URL that begins with / is a page of the audit feed. ``kind``: a SQLite file, a
    custom-format ``pg_dump``, or a tar or zip archive that holds one of them. ``tier``: the outage whose recovery times
    it must keep. ``links``: columns that refer, each with the column referred to; one may hold a JSON list.
    ``excused``: how many broken references of each column may be the source's own, where the manifest says so.
    ``decisions``: the column with the ids by which the audit feed names decisions. ``scratch``: where it is restored.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    kind: Literal["sqlite", "postgresql", "archive"]
    path: str = ""
    url: str = ""
    tier: int = 1
    decisions: str = "decisions.risk_id"
    links: Mapping[str, str] = field(default_factory=dict)
    excused: Mapping[str, int] = field(default_factory=dict)
    scratch: str = ""
    most_seconds: float = 900
    max_megabytes: float = 500
    restored_megabytes: float = 5000


def mistakes(table: Backup | None) -> Iterator[str]:
    """What is wrong with the table, in words that begin with the key."""
    if table is None:
        return
    if bool(table.path) is bool(table.url):
        yield "[backup] needs either url or path, and not both; each names the manifest"
    if table.url and not re.fullmatch(r"(https?://[^/@\s?#]+/|/(?!/))[^\s?#]+", table.url):
        yield f"[backup] url: {table.url!r} is neither an http(s) URL without a password nor a path such as /backup/x"
    if table.tier not in TIERS:
        told = ", ".join(f"{tier} ({each.outage})" for tier, each in TIERS.items())
        yield f"[backup] tier: {table.tier} is none; possible: {told}"
    for name in ("most_seconds", "max_megabytes", "restored_megabytes"):
        if not 0 < getattr(table, name) <= 1_000_000:
            yield f"[backup] {name}: {getattr(table, name):g} is not above 0 and at most 1,000,000"
    if not _COLUMN.fullmatch(table.decisions):
        yield f"[backup] decisions: {table.decisions!r} is no table.column"
    for pair in table.links.items():
        for word in pair:
            if not _COLUMN.fullmatch(word):
                yield f"[backup.links] {pair[0]}: {word!r} is no table.column"
    for name, number in table.excused.items():
        if name not in (*table.links, FOREIGN_KEYS):
            yield f"[backup.excused] {name!r} is neither in [backup.links] nor {FOREIGN_KEYS!r}"
        if number < 0:
            yield f"[backup.excused] {name}: {number} is below 0"
