"""The HTTP surfaces of a node, as a target's file states them: where each starts, and what it may take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

_MOST = 86_400


@dataclass(frozen=True, kw_only=True)
class Surface:
    """One HTTP surface: where it starts, which variable holds its key, and how long and how much we read."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    base: str
    key_env: str
    connect_seconds: float = 2
    read_seconds: float = 5
    total_seconds: float = 10
    max_megabytes: float = 10


@dataclass(frozen=True, kw_only=True)
class Control(Surface):
    """The ``[control]`` table: the control plane starts at the node's own root unless it says otherwise."""

    base: str = ""
    key_env: str = "JUNZI_CONTROL_KEY"


def mistakes(surfaces: Mapping[str, Surface]) -> Iterator[str]:
    """What is wrong with where they start and what they may take, each with table and key."""
    for name, table in surfaces.items():
        if table.base and not re.fullmatch(r"(/[^/\s?#]+)+", table.base):
            yield f"[{name}] base: {table.base!r} does not begin with a slash, or ends with one; write it like /v1"
        for key in ("connect_seconds", "read_seconds", "total_seconds", "max_megabytes"):
            if not 0 < getattr(table, key) <= _MOST:
                yield f"[{name}] {key}: {getattr(table, key):g} is no number above 0 and at most {_MOST:,}"
