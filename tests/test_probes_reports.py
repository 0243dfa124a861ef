"""The public reports from a node that lists what it likes: places elsewhere, files that are not there, wrong bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.reports import Reports
from junzi_audit.report.disclosure import as_csv
from junzi_audit.seen.disclosure import Quarter
from tests.disclosing import QUARTER, listed, report
from tests.hostile import Hostile, Looking, answers, looking, server

__all__ = ["looking", "server"]

BASE = "/api"
BODY = report().pack().body


def line(**change: Any) -> dict[str, Any]:
    told = asdict(listed(hashlib.sha256(BODY).hexdigest())) | {
        "figures_url": f"{BASE}/reports/TR.json", "csv_url": f"{BASE}/reports/TR.csv", "approved_by": "somebody",
    }  # fmt: skip
    return {key: iso(each) if hasattr(each, "year") else each for key, each in {**told, **change}.items()}


@pytest.fixture
def reports(server: Hostile, looking: Looking) -> Callable[..., Reports]:
    def make(*lines: Any, body: bytes = BODY, table: bytes = as_csv(report()).encode()) -> Reports:
        server.pages = {
            f"{BASE}/reports/": answers(json.dumps(lines).encode()), f"{BASE}/reports/TR.json": answers(body),
            f"{BASE}/reports/TR.csv": answers(table),
        }  # fmt: skip
        return Reports(looking.surface(server.url + BASE), base=BASE)

    return make


def cause_of(look: Callable[[], object]) -> Cause:
    with pytest.raises(Unobservable) as caught:
        look()
    return caught.value.cause


def test_a_report_is_read_with_both_its_files(reports: Callable[..., Reports]) -> None:
    found = reports(line()).of(QUARTER)
    assert found is not None
    assert found.disclosure == report()
    assert (found.body, found.sha256) == (BODY, found.listed.sha256)
    assert found.rows is not None
    assert len(found.rows) == len(report().figures) + 1
    assert reports(line()).of(Quarter(begin=QUARTER.end, end=QUARTER.as_of)) is None
    assert reports().of(QUARTER) is None


def test_a_file_that_is_not_there_is_none(reports: Callable[..., Reports], server: Hostile) -> None:
    found = reports(line(figures_url=f"{BASE}/reports/gone.json", csv_url=f"{BASE}/reports/gone.csv"))
    for name, status in (("json", "404 Not Found"), ("csv", "410 Gone")):
        server.pages[f"{BASE}/reports/gone.{name}"] = answers(b"{}", status)
    seen = found.of(QUARTER)
    assert seen is not None
    assert (seen.body, seen.disclosure, seen.rows) == (None, None, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/reports/TR.json", "//elsewhere.example/reports/x", f"{BASE}/entities/1/profile",
        f"{BASE}/reports/../../secret", f"{BASE}/reports/", f"{BASE}/reports/a?b=c", f"{BASE}/reports/a\n", "",
        "TR.json",
    ],
)  # fmt: skip
def test_a_place_outside_the_reports_is_never_asked(url: str, reports: Callable[..., Reports], server: Hostile) -> None:
    assert cause_of(lambda: reports(line(csv_url=url)).of(QUARTER)) is Cause.MALFORMED
    assert set(server.asked) <= {f"{BASE}/reports/", f"{BASE}/reports/TR.json"}


def test_lists_and_files_that_are_none_are_malformed(reports: Callable[..., Reports]) -> None:
    wrong = json.loads(BODY)
    for lines, body in (
        ([{"report_id": "x"}], BODY),
        ([line(), line()], BODY),
        ([line(), line(report_id="another of the same period")], BODY),
        ([line(period_end="yesterday")], BODY),
        ([line()], b"<html>"),
        ([line()], json.dumps({**wrong, "what": "something else"}).encode()),
        ([line()], json.dumps({**wrong, "figures": [{**wrong["figures"][0], "value": "0.5"}]}).encode()),
        ([line()], json.dumps({**wrong, "figures": [{**wrong["figures"][0], "value": float("nan")}]}).encode()),
    ):
        assert cause_of(lambda lines=lines, body=body: reports(*lines, body=body).of(QUARTER)) is Cause.MALFORMED


def test_a_table_that_is_none_has_no_rows_of_figures(reports: Callable[..., Reports]) -> None:
    for table in (b"", b'section,"unclosed', b"\xff\x00", b"a\n" * 20_000):
        found = reports(line(), table=table).of(QUARTER)
        assert found is not None
        assert found.rows is not None
        assert len(found.rows) < 2
