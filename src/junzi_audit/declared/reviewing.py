"""What a target's file says of the random audit: how much people review, and where their answers are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Review:
    """The ``[review]`` table.

    Results are read from a directory (``path``) or a service (``url``), items with known answers from a file
    (``controls_path``) or a service (``controls_url``). A path is below the repository that audits; a URL that begins
    with a slash is below the primary; a URL goes before a path. ``items``: contradictions on a worksheet, at most, of
    those published in the last ``days``. ``token_env``: the variable with the services' key.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    path: str = "reviews/results"
    url: str = ""
    controls_path: str = "reviews/controls.json"
    controls_url: str = ""
    token_env: str = ""
    items: int = 150
    days: float = 92


def mistakes(table: Review) -> Iterator[str]:
    """What is wrong, each with its key."""
    for key in ("path", "controls_path"):
        path = PurePosixPath(getattr(table, key))
        if not path.parts or path.is_absolute() or ".." in path.parts:
            yield f"[review] {key}: {str(path)!r} leads out of the repository; name a place within it"
    for key in ("url", "controls_url"):
        url = getattr(table, key)
        if url and not re.fullmatch(r"(https?://[^/@\s?#]+(?=/|$)|/(?!/))[^\s?#]*", url):
            yield f"[review] {key}: {url!r} is neither an http(s) URL nor a path below the node"
    if not 1 <= table.items <= 2_000:
        yield f"[review] items: {table.items} is no number from 1 to 2,000"
    if not 0 < table.days <= 366:
        yield f"[review] days: {table.days:g} is no number of days above 0 and at most 366"
