"""The node's transparency reports: listed, the same as JSON and as CSV, of settled quarters, without small cells."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from refnode.api.disclosed import SMALLEST, WITHHELD, withheld
from refnode.api.reports import settled
from tests.refnode.asking import AUDIT, PUBLIC, ask
from tests.refnode.conftest import Open

Report = dict[str, Any]


def _listed(app: Any) -> list[Report]:
    return list(ask(app, f"{PUBLIC}/reports/").json)


def _report(app: Any, listed: Report) -> Report:
    return dict(ask(app, listed["figures_url"]).json)


def test_each_report_is_of_a_quarter_that_is_settled_and_its_files_agree(here: Open) -> None:
    app = here().app
    listed = _listed(app)
    assert [each["period_end"] for each in listed[:-1]] == [each["period_start"] for each in listed[1:]]
    for each in listed:
        published, until = (datetime.fromisoformat(each[name]) for name in ("published_at", "period_end"))
        assert published == until + timedelta(days=14) <= datetime.now(UTC)
        answer = ask(app, each["figures_url"])
        assert hashlib.sha256(answer.body).hexdigest() == each["sha256"]
        assert (json.dumps(answer.json, sort_keys=True, indent=1) + "\n").encode() == answer.body
        assert answer.json["as_of"] == each["published_at"]
        table = list(csv.DictReader(io.StringIO(ask(app, each["csv_url"]).body.decode(), newline="")))
        figures = answer.json["figures"]
        shown = [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in figures]
        assert table == shown


def test_a_report_needs_a_key_and_a_name_that_is_listed(here: Open) -> None:
    app = here().app
    for name in ("TR-2020-Q1.json", "TR-2020-Q1.csv", "x.json", ".json"):
        assert ask(app, f"{PUBLIC}/reports/{name}").status == 404
    listed = _listed(app)[-1]
    assert ask(app, listed["figures_url"], headers={}).status == 401
    assert ask(app, listed["csv_url"]).headers["content-type"] == "text/csv; charset=utf-8"


def test_the_figures_are_those_of_the_audit_feed(here: Open) -> None:
    app = here().app
    listed = _listed(app)[-1]
    since, until = listed["period_start"], listed["period_end"]
    told = {(row["figure"], row["group"]): row for row in _report(app, listed)["figures"]}
    decided = ask(app, f"{AUDIT}/decisions?since={since}&until={until}").lines
    north = [row for row in decided if row["region"] == "North"]
    assert told["selection rate", "region=North"]["n"] == len(north)
    flagged = sum(row["flagged"] for row in north)
    assert told["selection rate", "region=North"]["value"] == round(flagged / len(north), 4)
    wrong = [row for row in north if row["outcome"] == "dismissed"]
    assert told["false positive rate", "region=North"]["n"] == len(wrong)
    pairs = ask(app, f"{AUDIT}/validation").lines
    found = sum(pair["found"] and pair["contradicts"] for pair in pairs)
    assert told["recall", ""]["value"] == round(found / sum(pair["contradicts"] for pair in pairs), 4)


def test_no_small_cell_is_told(here: Open) -> None:
    app = here().app
    for listed in _listed(app):
        for row in _report(app, listed)["figures"]:
            if row["section"] == "disputes":
                assert row["why_not"] == WITHHELD if row["value"] is None else row["value"] >= SMALLEST
            assert (row["value"] is None) == (row["n"] is None) == bool(row["why_not"])


@pytest.mark.parametrize(
    ("cells", "gone"),
    [
        ({"a": (50,), "b": (40,), "c": (30,)}, set()),
        ({"a": (50,), "b": (40,), "c": (9,)}, {"b", "c"}),
        ({"a": (50,), "b": (4,), "c": (3,)}, {"a", "b", "c"}),
        ({"a": (50,), "b": (8,), "c": (9,)}, {"b", "c"}),
        ({"a": (50, 2), "b": (40, 30)}, {"a", "b"}),
        ({"a": (3,)}, {"a"}),
    ],
)
def test_what_is_withheld_cannot_be_worked_out(cells: dict[str, tuple[int, ...]], gone: set[str]) -> None:
    assert withheld({label: (counts, ()) for label, counts in cells.items()}) == gone


@pytest.mark.parametrize(
    ("left", "also", "gone"),
    [
        ({"a": 0, "b": 12, "c": 0}, "", set()),
        ({"a": 12, "b": 1, "c": 9}, "", {"b", "c"}),
        ({"a": 12, "b": 1, "c": 8}, "", {"a", "b", "c"}),
        ({"a": 0, "b": 12, "c": 0}, "a", {"a", "c"}),
    ],
)
def test_what_counts_leave_of_one_another_is_none_or_not_small(left: dict[str, int], also: str, gone: set[str]) -> None:
    sizes = {"a": 50, "b": 40, "c": 30}
    assert withheld({label: ((sizes[label],), (left[label],)) for label in sizes}, also) == gone


def test_quarters_are_calendar_quarters() -> None:
    for day, newest in (((2026, 1, 14), "2025-Q3"), ((2026, 1, 15), "2025-Q4"), ((2026, 4, 15), "2026-Q1")):
        at = datetime(*day, tzinfo=UTC)
        assert next(settled(round(at.timestamp() * 1000))).name == newest


def test_each_fault_is_only_what_it_says(here: Open) -> None:
    honest = _report(here().app, _listed(here().app)[-1])
    altered = here("report-altered").app
    told = _report(altered, _listed(altered)[-1])
    changed = [pair for pair in zip(honest["figures"], told["figures"], strict=True) if pair[0] != pair[1]]
    assert {(one["figure"], one["group"]) for one, _ in changed} == {("selection rate", "party")}
    assert _listed(here("report-unpublished").app) == []
