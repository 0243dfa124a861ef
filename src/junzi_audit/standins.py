"""Duties without a check, or whose check cannot be collected: they stay in the run, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.findings import Record
from junzi_audit.model import Cadence, Obligation
from junzi_audit.naming import check_of, duty_of
from junzi_audit.outcome import Outcome, last_error, unchecked
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
        report.result = [StandIn.from_parent(collector, name="unreadable", duty=run.plan[duty], made=_broken(why))]
    return report


class PlanFile(pytest.File):
    """One cadence of the plan, as the duties that have no check: each cannot pass, and cannot disappear."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item per duty of the file whose suite file does not exist."""
        run = self.config.stash[RUN]
        for duty in run.plan.of(Cadence(self.path.stem)):
            if not check_of(run.root, duty).is_file():
                yield StandIn.from_parent(self, name=duty.id.split(".")[1], duty=duty, made=unchecked)


class StandIn(pytest.Item):
    """Stands where a duty's test should; its record is known before anything runs, and is never MET."""

    def __init__(self, *, duty: Obligation, made: Callable[[Obligation, datetime], Record], **rest: Any) -> None:
        super().__init__(**rest)
        self.add_marker(pytest.mark.obligation(duty.id))
        self.add_marker(getattr(pytest.mark, duty.cadence.value))
        self._duty = duty
        self._made = made

    def setup(self) -> None:
        """Leave the record where the phases look for it."""
        self.stash[RECORD] = self._made(self._duty, datetime.now(UTC))

    def runtest(self) -> None:
        """Fail with the reason alone: there is no test whose traceback would tell more."""
        pytest.fail(self.stash[RECORD].reason, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The duty's id is the heading of the failure."""
        return self.path, None, self._duty.id


def _broken(why: str) -> Callable[[Obligation, datetime], Record]:
    def made(duty: Obligation, now: datetime) -> Record:
        return Outcome.broken(duty, why).record(
            waiver=None, now=now, started=now, seconds=0.0, observations=(), baselines=()
        )

    return made


def _why_not(report: pytest.CollectReport) -> str:
    """Why the file gives no test; empty when it gives one."""
    if report.skipped:
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        return f"its file skipped itself: {str(said).removeprefix('Skipped: ')}"
    if report.failed:
        return f"its file cannot be imported: {last_error(report.longreprtext)}"
    return "" if report.result else "its file holds no test"
