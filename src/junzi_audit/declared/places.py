"""Where people's signed-off records are kept, as a target's file states it, and what can be wrong with that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, kw_only=True)
class Attestations:
    """YAML files in a directory or a Git repository, or an HTTP service.

    ``path``: of a directory, below the repository that audits; of a Git repository, the folder within it. ``url``: of a
    Git repository (or its path), or of a service; one that begins with a slash is below the primary.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    kind: Literal["directory", "repository", "url"]
    path: str = ""
    url: str = ""
    token_env: str = ""


def mistakes(place: Attestations | None) -> Iterator[str]:
    """A sentence for everything that keeps the place from being found."""
    if place is None:
        return
    needed = "path" if place.kind == "directory" else "url"
    if not getattr(place, needed):
        yield f"[attestations] {needed}: missing; a {place.kind} cannot be found without it"
    path = PurePosixPath(place.path)
    if path.is_absolute() or ".." in path.parts:
        yield f"[attestations] path: {place.path!r} leads out of the repository; name a folder within it"
    if re.match(r"https?://[^/]*@", place.url):
        yield "[attestations] url: a URL must not carry a user or password; Git's own settings can hold them"
    elif place.kind == "repository" and place.url.startswith("-"):
        yield f"[attestations] url: {place.url!r} is no address of a Git repository"
    elif place.kind == "url" and place.url and not re.match(r"https?://[^/@]+(/.*)?$|/", place.url):
        yield f"[attestations] url: {place.url!r} is neither an http(s) URL nor a path below the node"
