"""A small transparency report, and what was published of it: for the tests of both."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

from junzi_audit.declared.disclosed import Transparency
from junzi_audit.measures import disclosure
from junzi_audit.model import DAY, utc
from junzi_audit.records import Dispute, ValidationPair
from junzi_audit.report.disclosure import as_csv
from junzi_audit.seen.counts import Counts
from junzi_audit.seen.disclosure import Disclosure, Listed, Past, Published, Quarter
from tests.grouped import labelled

QUARTER = Quarter(begin=utc("2026-07-01T00:00:00Z"), end=utc("2026-10-01T00:00:00Z"))
NOW = QUARTER.end + 30 * DAY
TABLE = Transparency(groups={"party": ("A", "B", "C")}, smallest=10)
#: Positives and negatives of each party, with how many of them were flagged.
COUNTS = labelled({"A": (400, 300), "B": (100, 80), "C": (60, 40)}, {"A": (500, 50), "B": (200, 40), "C": (90, 30)})


def dispute(number: int, **change: Any) -> Dispute:
    given = {
        "dispute_id": f"SECRET-{number}", "entity_id": "SECRET-ENTITY", "subject_type": "alert", "subject_id": "a1",
        "dispute_type": "SECRET-TYPE", "severity": "high", "public_figure": False, "state": "submitted",
        "submitted_at": QUARTER.begin + timedelta(hours=number), "acknowledged_at": None, "escalated_at": None,
        "escalated_to": None, "resolved_at": None, "ruling": None,
    }  # fmt: skip
    return Dispute(**{**given, **change})


def pairs(*labels: tuple[bool, bool]) -> tuple[ValidationPair, ...]:
    """Each whether it contradicts, and whether it was found."""
    return tuple(
        ValidationPair(pair_id=f"p{at}", contradicts=there, found=found, confidence=0.5, model_version="1")
        for at, (there, found) in enumerate(labels)
    )


def report(decided: Counts = COUNTS, **change: Any) -> Disclosure:
    given = {
        "pairs": pairs((True, True), (True, False), (False, True), (True, True)),
        "disputes": [dispute(number) for number in range(12)], "past": Past(),
    }  # fmt: skip
    return disclosure.report(QUARTER, change.pop("table", TABLE), decided=decided, **{**given, **change})


def listed(sha256: str = "", **change: Any) -> Listed:
    given = {
        "report_id": "TR-2026-Q3", "period_start": QUARTER.begin, "period_end": QUARTER.end,
        "published_at": QUARTER.as_of, "figures_url": "/r/TR.json", "csv_url": "/r/TR.csv", "sha256": sha256,
    }  # fmt: skip
    return Listed(**{**given, **change})


def published(told: Disclosure, **change: Any) -> Published:
    """As an honest node publishes it, but for the changes."""
    body = told.pack().body
    digest = hashlib.sha256(body).hexdigest()
    rows = tuple(map(tuple, csv.reader(io.StringIO(as_csv(told), newline=""))))
    given = {"listed": listed(digest), "body": body, "sha256": digest, "disclosure": told, "rows": rows}
    return Published(**{**given, **change})


def altered(told: Disclosure, figure: str, group: str, **change: Any) -> Disclosure:
    """The report with one of its figures changed."""
    assert any((each.figure, each.group) == (figure, group) for each in told.figures)
    return replace(
        told,
        figures=tuple(
            replace(each, **change) if (each.figure, each.group) == (figure, group) else each for each in told.figures
        ),
    )
