"""Published pages that were looked at. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from junzi_audit.model import Cause


@dataclass(frozen=True, kw_only=True)
class Page:
    """Whether the page of a record ``shows`` it; with a ``cause``, that could not be seen, and ``why`` says more."""

    key: str
    shows: bool
    cause: Cause | None = None
    why: str = ""
