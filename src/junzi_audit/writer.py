"""The controller's side of a run: results to disk as they come, then reports, summary and exit status."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from junzi_audit.evidence import results
from junzi_audit.findings import Record, RunEnd
from junzi_audit.model import Cause, Verdict
from junzi_audit.naming import duty_of
from junzi_audit.outcome import Outcome, last_error
from junzi_audit.run import Run

_JUDGED_ENDS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class Writer:
    """A plugin of one session, in the process that the person started (workers only send)."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run
        self._failed: set[str] = set()
        config.option.verbose = config.option.verbose or 1
        config.option.reportchars = ""
        config.option.no_header = True
        if hasattr(config.option, "htmlpath") and not config.option.htmlpath:
            config.option.htmlpath = str(run.folder / "pytest-report.html")

    def pytest_report_collectionfinish(self) -> str:
        """What this run looks at, before it looks."""
        target = self._run.target
        return f"target: {target.name} ({target.environment}{', ' + target.description if target.description else ''})"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One fsynced line per duty, the moment its report arrives; a worker that died leaves a line too."""
        line = getattr(report, "junzi_record", None)
        if line is not None:
            record = results.decode(line)
            assert isinstance(record, Record)
            failed = report.failed or duty_of(report.nodeid) in self._failed
            self._run.add(_unmet(record, "pytest says that it failed") if failed else record)
        elif str(report.when) == "???" and (duty := duty_of(report.nodeid)):
            self._run.add(self._died(duty))
        elif report.when == "call" and report.failed and (duty := duty_of(report.nodeid)):
            self._failed.add(duty)  # a part of the check, whose own report is still to come
        elif report.when == "teardown" and report.failed and (duty := duty_of(report.nodeid)):
            self._note_unclean(duty, report)

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """While it runs, the verdict stands where pytest has its word; pytest's own outcome stays what it is."""
        verdict = dict(report.user_properties).get("verdict")
        if verdict is None or report.when == "teardown" or (report.when == "setup" and report.passed):
            return None
        colour = {"passed": "green", "failed": "red", "skipped": "yellow"}[report.outcome]
        return report.outcome, str(verdict)[0], (str(verdict), {colour: True})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Finish the run when pytest did; an interrupted one stays plainly incomplete, and keeps pytest's status."""
        if self._run.header is None:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR if self._run.mistake else exitstatus
            return
        end: RunEnd | None = None
        if exitstatus in _JUDGED_ENDS:
            end = self._run.finish()
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR if self._run.lost else end.exit_status
        self._write_report()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter):  # type: ignore[no-untyped-def]
        """One aligned line per duty due, at the very end, and where the reports are."""
        result = yield
        if self._run.header is not None:
            self._summarise(terminalreporter)
            if self._run.lost:
                terminalreporter.write_line(f"ERROR: {self._run.lost}; this run has no verdict", red=True)
        elif self._run.mistake:
            terminalreporter.write_line(f"ERROR: {self._run.mistake}", red=True)
        return result

    def _summarise(self, terminal: pytest.TerminalReporter) -> None:
        from junzi_audit.report.terminal import summary

        run = self._run
        assert run.header is not None
        terminal.section("JUNZI Audit")
        width = terminal._tw.fullwidth
        for line in summary(
            run.plan.obligations, run.header, run.records, run.end, width=width, colour=terminal.hasmarkup
        ):
            terminal.write_line(line)
        shown = os.path.relpath(run.folder, self._config.invocation_params.dir)
        terminal.write_line(f"report:   {shown}/report.html")
        terminal.write_line(f"evidence: {shown}/results.jsonl")

    def _write_report(self) -> None:
        from junzi_audit.report.html import write

        run = self._run
        assert run.header is not None
        try:
            plots = self._config.option.plots
            write(run.folder, run.plan.obligations, run.header, run.records, run.end, plots=plots)
        except Exception as error:  # the evidence is safe on disk; a report that breaks must not hide the verdict
            told = f"the report could not be written ({type(error).__name__}: {error}); try `junzi-audit report latest`"
            sys.stderr.write(f"{told}\n")

    def _note_unclean(self, duty: str, report: pytest.TestReport) -> None:
        """What a check leaves behind is part of it: whatever it judged as met is not, if its clean-up broke."""
        last = next((record for record in reversed(self._run.records) if record.duty == duty), None)
        unclean = _unmet(last, f"it broke while it cleaned up: {last_error(report.longreprtext)}") if last else None
        if unclean is not last and unclean is not None:
            self._run.add(unclean)

    def _died(self, duty: str) -> Record:
        outcome = Outcome.broken(self._run.plan[duty], "the worker process died while checking it")
        now = datetime.now(UTC)
        return outcome.record(waiver=None, now=now, started=now, seconds=0.0, observations=(), baselines=())


def _unmet(record: Record, why: str) -> Record:
    """The record; what was judged as met, or waived, by a check that did not end well is neither."""
    if record.verdict not in (Verdict.MET, Verdict.WAIVED):
        return record
    return replace(
        record, verdict=Verdict.INCONCLUSIVE, cause=Cause.BROKEN_CHECK, reason=f"The check itself broke: {why}.",
        real_verdict=None, waiver=None,
    )  # fmt: skip
