"""The published transparency reports, as everybody finds them."""

from __future__ import annotations

import csv
import hashlib
import io
import re

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import soundness
from junzi_audit.probes.asking import Answer
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.disclosure import Disclosure, Listed, Published, Quarter

_PAGE = "/reports/"
_PLACE = re.compile(r"/reports/[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")
_ROWS = 10_000
#: Nothing is public there.
_ABSENT = (404, 410)


class Reports:
    """The public list of reports, and the files that it names; ``base``: where the public API begins."""

    def __init__(self, surface: Surface, *, base: str) -> None:
        self._surface = surface
        self._base = base

    def listed(self) -> tuple[Listed, ...]:
        """Every report of the list; Unobservable(malformed) when it tells one twice."""
        found = self._surface.one(tuple[Listed, ...], "reports.list", _PAGE)
        soundness.once(_PAGE, "report_id", [each.report_id for each in found])
        soundness.once(_PAGE, "period", [(each.period_start, each.period_end) for each in found])
        return found

    def of(self, quarter: Quarter) -> Published | None:
        """The report on that quarter; None where the list has none. A file that is not there is None in it."""
        listed = next((each for each in self.listed() if each.is_of(quarter)), None)
        if listed is None:
            return None
        figures, table = self._file(listed.figures_url), self._file(listed.csv_url)
        return Published(
            listed=listed,
            body=figures.body if figures else None,
            sha256=hashlib.sha256(figures.body).hexdigest() if figures else "",
            disclosure=parse(Disclosure, figures) if figures else None,
            rows=_rows(table) if table else None,
        )

    def _file(self, url: str) -> Answer | None:
        place = url.removeprefix(self._base)
        if not url.startswith(self._base) or not _PLACE.fullmatch(place):
            raise Unobservable(
                Cause.MALFORMED, f"{_PAGE}: a report's file is not at a path such as {self._base}/reports/NAME.json"
            )
        answer = self._surface.get_all([self._surface.ask("reports.file", place)])[0]
        return None if answer.status in _ABSENT else answer.usable()


def _rows(table: Answer) -> tuple[tuple[str, ...], ...]:
    """The rows of the CSV; of what is none, no rows."""
    text = table.body.decode("utf-8", errors="replace")
    try:
        found = tuple(tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return ()
    return found if len(found) <= _ROWS else ()
