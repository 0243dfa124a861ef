"""The published transparency reports: of the last finished quarters, each as it stood two weeks after its end."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from refnode.api.disclosed import SMALLEST, Span, figures
from refnode.api.problems import documented
from refnode.api.shapes import FiguresShown, ReportShown
from refnode.clock import DAY, EPOCH, rfc3339
from refnode.parts import Node
from refnode.roster import BOARD, PUBLIC

#: How many quarters are kept public, and the days after a quarter's end from which nothing in it changes.
SHOWN, SETTLING = 2, 14
CSV: dict[str, Any] = {
    "description": "The figures as a table.",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}
COLUMNS = ("section", "figure", "group", "value", "n", "unit", "why_not")


@dataclass(frozen=True, kw_only=True)
class Quarter:
    """A calendar quarter in UTC; its ends in epoch milliseconds."""

    name: str
    begin: int
    end: int

    @property
    def as_of(self) -> int:
        """The instant that its figures stand for, which is also that of publication."""
        return self.end + SETTLING * DAY


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report as it is published."""

    quarter: Quarter
    document: bytes
    table: bytes

    @property
    def key(self) -> str:
        """Its id."""
        return f"TR-{self.quarter.name}"

    @property
    def listed(self) -> dict[str, str]:
        """Its line in the list."""
        return {
            "report_id": self.key,
            "title": f"Public transparency report {self.quarter.name}",
            "period_start": rfc3339(self.quarter.begin),
            "period_end": rfc3339(self.quarter.end),
            "published_at": rfc3339(self.quarter.as_of),
            "approved_by": BOARD,
            "figures_url": f"{PUBLIC}/reports/{self.key}.json",
            "csv_url": f"{PUBLIC}/reports/{self.key}.csv",
            "sha256": hashlib.sha256(self.document).hexdigest(),
        }


def report_reads(node: Node) -> APIRouter:
    """Route the list of reports, and each of them as JSON and as CSV."""
    router = APIRouter(prefix=f"{PUBLIC}/reports")
    published = publisher(node)

    def named(key: str) -> Report:
        for report in published():
            if report.key == key:
                return report
        raise HTTPException(404, "unknown report")

    @router.get("/", response_model=list[ReportShown], responses=documented())
    def reports() -> Any:
        return [report.listed for report in published()]

    @router.get("/{report_id}.json", response_model=FiguresShown, responses=documented(404))
    def document(report_id: str) -> Response:
        return Response(named(report_id).document, media_type="application/json")

    @router.get("/{report_id}.csv", responses={200: CSV, **documented(404)}, response_class=Response)
    def table(report_id: str) -> Response:
        return Response(named(report_id).table, media_type="text/csv; charset=utf-8")

    return router


def publisher(node: Node) -> Callable[[], list[Report]]:
    """Give what tells the public reports, oldest first; each is written once, since nothing in it changes any more."""
    written: dict[str, Report] = {}

    def published() -> list[Report]:
        if node.temper.disclosure == "unpublished":
            return []
        quarters = settled(node.clock.anchor + node.clock.now())
        shown = [next(quarters) for _ in range(SHOWN)]
        for quarter in shown:
            if quarter.name not in written:
                written[quarter.name] = _written(node, quarter)
        return [written[quarter.name] for quarter in reversed(shown)]

    return published


def settled(now: int) -> Iterator[Quarter]:
    """Tell the quarters whose figures stand by now, newest first."""
    today = EPOCH + timedelta(milliseconds=now)
    year, number = today.year, (today.month - 1) // 3
    while True:
        year, number = (year, number - 1) if number else (year - 1, 3)
        begin, end = _start(year, number), _start(*((year, number + 1) if number < 3 else (year + 1, 0)))
        quarter = Quarter(name=f"{year}-Q{number + 1}", begin=begin, end=end)
        if quarter.as_of <= now:
            yield quarter


def _start(year: int, number: int) -> int:
    return round((datetime(year, 3 * number + 1, 1, tzinfo=UTC) - EPOCH) / timedelta(milliseconds=1))


def _written(node: Node, quarter: Quarter) -> Report:
    anchor = node.clock.anchor
    span = Span(begin=quarter.begin - anchor, end=quarter.end - anchor, as_of=quarter.as_of - anchor)
    told = figures(node.store, node.people, span)
    if node.temper.disclosure == "altered":
        told = [_altered(each) for each in told]
    document = {
        "what": "transparency report",
        "quarter": quarter.name,
        "since": rfc3339(quarter.begin),
        "until": rfc3339(quarter.end),
        "as_of": rfc3339(quarter.as_of),
        "smallest_cell": SMALLEST,
        "figures": told,
    }
    return Report(
        quarter=quarter,
        document=(json.dumps(document, sort_keys=True, indent=1) + "\n").encode(),
        table=_table(told),
    )


def _altered(figure: dict[str, Any]) -> dict[str, Any]:
    """Embellish one figure: what a node flags, told 5 points lower than it is."""
    told = (figure["figure"], figure["group"]) == ("selection rate", "party") and figure["value"] is not None
    return figure | {"value": round(figure["value"] - 0.05, 4)} if told else figure


def _table(told: list[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    rows.writerows(["" if figure[name] is None else figure[name] for name in COLUMNS] for figure in told)
    return out.getvalue().encode()
