"""Random audits on disk: the one that is under way, the auditor's record of it, and the worksheets for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from junzi_audit.model import Unobservable
from junzi_audit.seen import handed
from junzi_audit.seen.packs import Pack
from junzi_audit.seen.worksheets import FOLDER, Audit, Heard, Sheet

_LEAD = (
    "The auditor's record of the draw. It tells which items are controls: no reviewer may see it.",
    "The worksheets for the reviewers are in the folder `worksheets` of the same run.",
)
_SEEN = (
    "Which worksheets this run asked for, and the digests of the answers that were there: a later one knows when.",
)
_COLUMNS = ("worksheet", "reviewer", "date", "item", "entity_id", "description", "source 1", "source 2", "verdict")
_BELOW_EQUALS = tuple("=+-@\t\r")


class Reviews:
    """The audits of one duty. ``earlier``: JSON documents that earlier runs left, by digest.

    An audit is under way from its draw for ``days``: until then no other is drawn, whatever the answers are.
    """

    def __init__(
        self, folder: Path, duty: str, earlier: Callable[[], Mapping[str, str]], keep: Callable[[Pack], Pack], *,
        now: datetime, days: timedelta,
    ) -> None:  # fmt: skip
        self._folder = folder / FOLDER / duty
        self._earlier = cache(earlier)
        self._keep = keep
        self._now = now
        self._days = days

    def under_way(self, limit: float, prepare: Callable[[], Audit]) -> Audit:
        """The oldest audit that is under way and was committed to this limit, or one that is prepared now."""
        known = (each for each in _audits(self._earlier().values()) if each.limit == limit)
        since = self._now - self._days
        started = [each for each in known if since <= each.drawn.published <= self._now]
        audit = min(started, key=lambda each: each.drawn.published) if started else prepare()
        self._keep(Pack(name="audit", title="Random audit", lead=_LEAD, content=audit.content, tables=()))
        return audit

    def heard(self, results: Heard, sheets: Sequence[Sheet]) -> Heard:
        """The results on these sheets, each dated as earlier runs know (see ``seen.handed``); noted for later ones."""
        looks = filter(None, map(handed.from_json, _documents(self._earlier().values())))
        seen = handed.seen(results, sheets, self._now)
        self._keep(Pack(name="results", title="Results seen", lead=_SEEN, content=seen.content, tables=()))
        return handed.dated(results, tuple(looks), self._now)

    def hand_out(self, sheets: Iterable[Sheet]) -> None:
        """Write each sheet as JSON and as CSV to be filled in."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for sheet in sheets:
            (self._folder / f"{sheet.name}.json").write_bytes(sheet.body)
            (self._folder / f"{sheet.name}.csv").write_bytes(_csv(sheet).encode())


def _audits(texts: Iterable[str]) -> Iterator[Audit]:
    """Documents that are no audit of ours are passed over."""
    for content in _documents(texts):
        try:
            plain = {key: value for key, value in content.items() if key != "what"}
            yield TypeAdapter(Audit).validate_python(plain)
        except (ValueError, TypeError, ValidationError, RecursionError, Unobservable):
            continue


def _documents(texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """The JSON objects among the texts."""
    for text in texts:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict) and "what" in content:
            yield content


def _csv(sheet: Sheet) -> str:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for each in sheet.rows:
        told = (each["item"], each["entity_id"], each["description"], *each["sources"])
        rows.writerow((sheet.digest, "", "", *map(_plain, told), ""))
    return out.getvalue()


def _plain(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: it comes from the node."""
    return f"'{text}" if text.startswith(_BELOW_EQUALS) else text
