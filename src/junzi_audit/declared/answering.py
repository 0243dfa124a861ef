"""What a target's file says of public concerns: where answers are published, and how many pages are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Concerns:
    """The ``[concerns]`` table.

    ``answers``: the URL below which answers are published, without a slash at its end; empty: the primary.
    ``pages``: published answers that are drawn and looked at, at most.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    answers: str = ""
    pages: int = 20


def mistakes(table: Concerns) -> Iterator[str]:
    """What is wrong, each with its key."""
    if table.answers and not re.fullmatch(r"https?://[^/@\s?#]+(/[^\s?#]*)?(?<!/)", table.answers):
        yield f"[concerns] answers: {table.answers!r} is no http(s) URL without a query and a slash at its end"
    if not 1 <= table.pages <= 200:
        yield f"[concerns] pages: {table.pages} is no number from 1 to 200"
