"""Where the outcomes of the deployment gate are kept, as a target's file states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The ``[gate]`` table: ``path``, a folder below the repository that audits, or ``url``, a page of a service.

    A URL that begins with a slash is below the primary. The gate itself writes to a folder only.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    path: str = ""
    url: str = ""


def mistakes(table: Gate | None) -> Iterator[str]:
    """What is wrong, each with its key."""
    if table is None:
        return
    if bool(table.path) == bool(table.url):
        yield "[gate] path: name a folder (path) or a page of a service (url), one of the two"
    path = PurePosixPath(table.path)
    if path.is_absolute() or ".." in path.parts:
        yield f"[gate] path: {table.path!r} leads out of the repository; name a folder within it"
    if table.url and not re.fullmatch(r"(https?://[^/@\s?#]+(?=/|$)|/(?!/))[^\s?#]*", table.url):
        yield f"[gate] url: {table.url!r} is neither an http(s) URL nor a path below the node"
