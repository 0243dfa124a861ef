"""When a result was handed in: its own date, unless an earlier look says that it was not there yet. Standard library.

A reviewer's date is the reviewer's word. A run that looked more than a day after it and did not find these answers
knows better: they count from the first look that found them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from junzi_audit.model import DAY, iso, utc
from junzi_audit.seen.people import person
from junzi_audit.seen.worksheets import Heard, Result, Sheet

_WHAT = "results seen"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one run saw: for which worksheets it asked, and the digests of the answers that were there."""

    at: datetime
    worksheets: frozenset[str]
    results: frozenset[str]

    @property
    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        sheets, results = sorted(self.worksheets), sorted(self.results)
        return {"what": _WHAT, "at": iso(self.at), "worksheets": sheets, "results": results}


def seen(heard: Heard, sheets: Sequence[Sheet], now: datetime) -> Seen:
    """What this run sees."""
    results = frozenset(_digest(each) for each in heard.results)
    return Seen(at=now, worksheets=frozenset(sheet.digest for sheet in sheets), results=results)


def from_json(content: Mapping[str, Any]) -> Seen | None:
    """What ``Seen.content`` held; None for anything else."""
    try:
        if content["what"] != _WHAT:
            return None
        sheets, results = frozenset(map(str, content["worksheets"])), frozenset(map(str, content["results"]))
        return Seen(at=utc(content["at"]), worksheets=sheets, results=results)
    except (KeyError, TypeError, ValueError):
        return None


def dated(heard: Heard, looks: Sequence[Seen], now: datetime) -> Heard:
    """The results, those dated from the first look that found them which an earlier one did not find in time."""
    known = sorted((look for look in looks if look.at <= now), key=lambda look: look.at)
    dates = [_since(each, known, now) for each in heard.results]
    late = [
        f"{each.source}: dated {each.date:%Y-%m-%d}, not there until {since:%Y-%m-%d}: it counts from then"
        for each, since in zip(heard.results, dates, strict=True)
        if since > each.date
    ]
    results = tuple(replace(each, date=since) for each, since in zip(heard.results, dates, strict=True))
    return replace(heard, results=results, problems=(*heard.problems, *late))


def _since(result: Result, looks: Sequence[Seen], now: datetime) -> datetime:
    """When the result counts from; ``looks`` in the order of time."""
    asked = [look for look in looks if result.worksheet in look.worksheets]
    digest = _digest(result)
    first = next((look.at for look in asked if digest in look.results), now)
    return first if any(result.date + DAY < look.at < first for look in asked) else result.date


def _digest(result: Result) -> str:
    """Of who answered what on which worksheet, whatever the date."""
    told = [result.worksheet, person(result.reviewer), sorted(result.answers.items())]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
