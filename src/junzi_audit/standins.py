"""Duties whose check cannot even be collected: they stay in the run as broken, and the others go on."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from junzi_audit.model import Obligation
from junzi_audit.naming import duty_of
from junzi_audit.outcome import Outcome, last_error
from junzi_audit.phases import RECORD, RUN


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A suite file that breaks, skips itself or holds no test gives one item that says so, instead of nothing."""
    report = yield
    run, duty = collector.config.stash.get(RUN, None), duty_of(f"{collector.nodeid}::")
    if (
        run is None
        or not isinstance(collector, pytest.Module)
        or not any(duty == each.id for each in run.plan.obligations)
    ):
        return report
    why = _why_not(report)
    if why:
        report.outcome, report.longrepr = "passed", None
        report.result = [BrokenCheck.from_parent(collector, name="unreadable", duty=run.plan[duty], why=why)]
    return report


class BrokenCheck(pytest.Item):
    """Stands where a duty's test should: INCONCLUSIVE, because the check itself broke."""

    def __init__(self, *, duty: Obligation, why: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.add_marker(pytest.mark.obligation(duty.id))
        self.add_marker(getattr(pytest.mark, duty.cadence.value))
        self._outcome = Outcome.broken(duty, why)

    def setup(self) -> None:
        """The record is known before anything runs."""
        now = datetime.now(UTC)
        self.stash[RECORD] = self._outcome.record(
            waiver=None, now=now, started=now, seconds=0.0, observations=(), baselines=()
        )

    def runtest(self) -> None:
        """Fail with the reason alone: the traceback is of an import, not of a test."""
        pytest.fail(f"{self.path}: {self._outcome.reason}", pytrace=False)


def _why_not(report: pytest.CollectReport) -> str:
    """Why the file gives no test; empty when it gives one."""
    if report.skipped:
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        return f"its file skipped itself: {str(said).removeprefix('Skipped: ')}"
    if report.failed:
        return f"its file cannot be imported: {last_error(report.longreprtext)}"
    return "" if report.result else "its file holds no test"
