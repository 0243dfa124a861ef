"""One check from set-up to record: whatever is raised on the way becomes a verdict with its cause."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from junzi_audit.evidence import results
from junzi_audit.findings import BaselineUse, Judgement, Record
from junzi_audit.model import Cause, Obligation, Unobservable, Verdict
from junzi_audit.outcome import Outcome
from junzi_audit.report.text import visible
from junzi_audit.run import Run

RUN = pytest.StashKey[Run]()
JUDGED = pytest.StashKey[tuple[Judgement, ...]]()
RECORD = pytest.StashKey[Record]()
_BEGUN = pytest.StashKey[tuple[datetime, float]]()


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The baselines a check asked for, by name: those it was given, and why it was not given the others."""

    used: dict[str, BaselineUse] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def unused(self, stored: tuple[str, ...]) -> list[str]:
        """A sentence for each stored baseline of the duty that it was not compared with."""
        unasked = "baseline {} is stored for this duty, but the check did not compare anything with it"
        left = [name for name in stored if name not in self.used]
        return [f"{self.refused.get(name, unasked.format(name))}." for name in left]


COMPARED = pytest.StashKey[Compared]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """A duty that must not run here is refused before anything of it runs."""
    run, duty = _of(item)
    if run is None or duty is None:
        return (yield)
    item.stash[_BEGUN] = (datetime.now(UTC), time.perf_counter())
    item.stash[COMPARED] = Compared()
    run.store.begin(duty.id)
    return (yield from _conducted(item, run, duty, refusal=run.refusal(duty)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Whatever comes of the check becomes one record; nothing judged is never a pass."""
    run, duty = _of(item)
    if run is None or duty is None or RECORD in item.stash:
        return (yield)
    result = yield from _conducted(item, run, duty)
    if JUDGED not in item.stash:
        outcome = Outcome.broken(duty, "it ended without judging anything")
    else:
        outcome = Outcome.judged(duty, item.stash[JUDGED])
    _note(item, run, outcome)
    return result


def _conducted(item: pytest.Item, run: Run, duty: Obligation, refusal: str = "") -> Generator[None, Any, Any]:
    """Run the phase; turn what it raises into an outcome, note it, and let pytest see its own kind of failure."""
    try:
        if refusal:
            raise Unobservable(Cause.REFUSED, refusal)
        return (yield)
    except Unobservable as error:
        outcome = Outcome.unseen(duty, error.cause, error.detail)
    except pytest.skip.Exception as error:
        outcome = Outcome.broken(duty, f"it skipped itself: {error.msg}")
    except pytest.fail.Exception as error:
        outcome = Outcome.judged(duty, item.stash.get(JUDGED, ()))
        if not outcome.judgements or outcome.verdict is Verdict.MET:  # not judge failed it, but the check itself
            outcome = Outcome.broken(duty, f"it failed without a judgement that does: {error.msg}")
    except (Exception, SystemExit) as error:
        broken = Outcome.broken(duty, f"{type(error).__name__}: {error}"[:500])
        _note(item, run, _with_breach(item, duty, broken), quiet=True)
        raise
    _note(item, run, _with_breach(item, duty, outcome))


def _with_breach(item: pytest.Item, duty: Obligation, outcome: Outcome) -> Outcome:
    """What came of the check; a breach that it had judged before something else went wrong stays one."""
    judged = Outcome.judged(duty, item.stash.get(JUDGED, ()))
    if not judged.judgements or judged.verdict is not Verdict.BREACHED or outcome.judgements:
        return outcome
    return replace(judged, reason=f"{judged.reason} Also: {outcome.reason}", cause=outcome.cause)


def _note(item: pytest.Item, run: Run, outcome: Outcome, *, quiet: bool = False) -> None:
    started, begun = item.stash[_BEGUN]
    compared = item.stash[COMPARED]
    whole = partial(
        Outcome.record, waiver=run.waiver_for(outcome.duty), now=run.started, started=started,
        seconds=round(time.perf_counter() - begun, 3), observations=run.store.end(),
        baselines=tuple(compared.used.values()),
    )  # fmt: skip
    record = whole(outcome.beside(compared.unused(run.shelf.of(outcome.duty.id))))
    if why := _unwritable(record):
        record = whole(Outcome.broken(outcome.duty, f"its figures cannot be written down: {why}"))
    item.stash[RECORD] = record
    if record.verdict is Verdict.WAIVED and record.waiver is not None:
        pytest.skip(f"waived until {record.waiver.expires:%Y-%m-%d} by {record.waiver.approver}; {record.reason}")
    if record.verdict is not Verdict.MET and not quiet:
        pytest.fail(visible(f"{record.verdict}: {record.reason}"), pytrace=False)


def _unwritable(record: Record) -> str:
    """Why a record is none for JSON, as when a figure is of a numerical library's own type; empty when it is."""
    try:
        results.decode(results.encode(record))
    except Exception as error:  # whatever a check put into it
        return f"{type(error).__name__}: {error}"[:300]
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The record travels with pytest's own report, also from a worker; the verdict is a property beside its outcome."""
    report = yield
    if isinstance(report.longrepr, tuple):  # of a skip; pytest names the file by its place on this machine
        file, line, _ = report.location
        report.longrepr = (file, line or 0, report.longrepr[2])
    record = item.stash.get(RECORD, None)
    if record is not None and (report.when == "call" or (report.when == "setup" and report.outcome != "passed")):
        report.junzi_record = results.encode(record)  # type: ignore[attr-defined]
        report.user_properties += [("duty", record.duty), ("verdict", str(record.verdict))]
    return report


def _of(item: pytest.Item) -> tuple[Run | None, Obligation | None]:
    run, mark = item.config.stash.get(RUN, None), item.get_closest_marker("obligation")
    return (run, run.plan[str(mark.args[0])]) if run is not None and mark else (None, None)
