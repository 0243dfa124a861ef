"""The engineer's view: pytest-html's table with the duty, who owns it, its verdict and the figure that decided."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from junzi_audit.evidence import results
from junzi_audit.findings import Judgement, Record, Unseen
from junzi_audit.plan import Plan
from junzi_audit.wording import beside, bound_in_full

_COLUMNS = ("Duty", "Owner", "Verdict", "Measured against limit")
_LONGEST = 300


class EngineerView:
    """pytest-html's public hooks only; every cell is escaped, because a stream's name may come from a node."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """What this page is, and where the other one lies."""
        report.title = "JUNZI Audit, the engineer's view (the board's is report.html)"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Our columns after the result; the links column is never used."""
        cells[1:1] = [f"<th>{name}</th>" for name in _COLUMNS]
        cells.pop()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """The record that travelled with the report; empty cells where there is none."""
        line = getattr(report, "junzi_record", None)
        record = results.decode(line) if line else None
        words = self._words(record) if isinstance(record, Record) else ("",) * len(_COLUMNS)
        cells[1:1] = [f"<td>{escape(word)}</td>" for word in words]
        cells.pop()

    def _words(self, record: Record) -> tuple[str, ...]:
        deciding = [each for each in record.judgements if each.verdict is (record.real_verdict or record.verdict)]
        figure = _figure(deciding[0]) if deciding else record.reason
        return record.duty, self._plan[record.duty].owner, str(record.verdict), figure[:_LONGEST]


def _figure(judgement: Judgement) -> str:
    limit, reading = judgement.limit, judgement.reading
    if isinstance(reading, Unseen):
        return f"{judgement.label}: {reading.cause}"
    measured = beside(reading.value, limit.bound, limit.unit)
    return f"{judgement.label}: {measured} against {bound_in_full(limit.bound, limit.unit)}"
