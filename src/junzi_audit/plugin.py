"""The conductor: markers, verdicts and exit status; the machinery that speaks pytest."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from junzi_audit import interrupts
from junzi_audit.engineer import EngineerView
from junzi_audit.interrupts import pytest_keyboard_interrupt, pytest_sessionfinish
from junzi_audit.model import Cadence
from junzi_audit.naming import PLAN, SUITES, check_of, duty_of
from junzi_audit.opening import RunError, check_faults, check_marker, check_writable, open_run
from junzi_audit.phases import RUN, pytest_runtest_call, pytest_runtest_makereport, pytest_runtest_setup
from junzi_audit.run import Run, Wanted
from junzi_audit.standins import PlanFile, pytest_make_collect_report
from junzi_audit.tables import TableError
from junzi_audit.workers import (
    begin,
    is_worker,
    pytest_configure_node,
    pytest_testnodedown,
    pytest_xdist_node_collection_finished,
    stop_for,
)
from junzi_audit.writer import Writer

__all__ = [
    "pytest_configure_node",
    "pytest_keyboard_interrupt",
    "pytest_make_collect_report",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_sessionfinish",
    "pytest_testnodedown",
    "pytest_xdist_node_collection_finished",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The words of our own; none is a name that a common plugin uses."""
    group = parser.getgroup("junzi", "JUNZI Audit")
    group.addoption("--target", default="embedded", metavar="NAME|URL", help="a file in targets/, or a node's URL")
    group.addoption(
        "--node-fault", action="append", default=[], metavar="NAME[:ARG]", help="break the embedded node so"
    )
    group.addoption("--node-seed", type=int, default=1, metavar="N", help="seed of the embedded node's data")
    group.addoption(
        "--record",
        type=Path,
        metavar="DIR",
        help="keep this run's evidence in DIR, for --replay; write --record=DIR when DIR is outside",
    )
    group.addoption("--replay", type=Path, metavar="DIR", help="judge the evidence of an earlier run again, offline")
    group.addoption(
        "--no-plots", action="store_false", dest="plots",
        help="tables only, some seconds sooner; `junzi-audit report RUN` draws later",
    )  # fmt: skip
    group.addoption(
        "--drill-live", action="store_true",
        help="hold emergency drills on a live target, which must carry the Board's written consent",
    )  # fmt: skip
    group.addoption("--propose", action="store_true", help="also write what this run would make the new baselines")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the markers; open the run when this session is to check duties."""
    config.addinivalue_line("markers", "obligation(duty): the duty of the plan that this check answers")
    for cadence in Cadence:
        config.addinivalue_line("markers", f"{cadence}: duties of that cadence")
    if not _is_audit(config):
        return
    shared = getattr(config, "workerinput", {}).get("junzi")
    wanted = Wanted(
        target=config.option.target, faults=tuple(config.option.node_fault), seed=config.option.node_seed,
        record=config.option.record, replay=config.option.replay, propose=config.option.propose,
        drill_live=config.option.drill_live,
    )  # fmt: skip
    try:
        worker = config.workerinput["workerid"] if shared else "main"  # type: ignore[attr-defined]
        check_marker(config.option.markexpr, [re.split(r"\W", each)[0] for each in config.getini("markers")])
        run = open_run(config.rootpath, wanted, shared=shared, worker=worker)
        if not shared and not config.option.collectonly:
            check_writable(run.folder)
    except (TableError, RunError, FileNotFoundError, NotADirectoryError) as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[RUN] = run
    if run.replayed is not None and not config.option.markexpr:  # what was not looked at then cannot be judged now
        config.option.markexpr = " or ".join(run.replayed.cadences)
    interrupts.begin(config)
    if not shared and not config.option.collectonly:
        if config.pluginmanager.is_blocked("junzi-writer"):
            raise pytest.UsageError("-p no:junzi-writer: an audit that writes nothing down is none; leave it out")
        run.launch()
        try:
            check_faults(run)
        except RunError as error:
            raise pytest.UsageError(str(error)) from None
        config.pluginmanager.register(Writer(config, run), "junzi-writer")
        config.pluginmanager.register(EngineerView(run.plan), "junzi-engineer-view")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> Generator[None, None, None]:
    """Whatever happened, a node that belongs to the run ends with it; the session is over, so Ctrl-C is quiet."""
    run = config.stash.get(RUN, None)
    with suppress(KeyboardInterrupt):
        if run is not None and not is_worker(config):
            run.close()
    try:
        yield
    except KeyboardInterrupt:
        if run is None:
            raise
    interrupts.end(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whoever asks for cadences collects their suites only: five minutes must not pay for the quarter's libraries."""
    run, asked = config.stash.get(RUN, None), set(config.option.markexpr.split(" or "))
    if run is None or collection_path.parent != run.root / SUITES or not asked <= set(Cadence):
        return None
    return True if collection_path.name in set(Cadence) - asked else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The plan's own files are collected too: they give the duties that no suite checks yet."""
    run = parent.config.stash.get(RUN, None)
    if run is not None and file_path.suffix == ".toml" and file_path.parent == run.root / PLAN:
        return PlanFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every check names a duty that exists, once, from the file named after it; what a recorded target lacks goes."""
    run = config.stash.get(RUN, None)
    if run is None:
        return
    try:
        _check_duties(run, items)
    except pytest.UsageError as mistake:
        items.clear()
        stop_for(config, mistake)
    outside = [item for item in items if run.target.scope and duty_of(item.nodeid) not in run.target.scope]
    if outside:
        config.hook.pytest_deselected(items=outside)
        items[:] = [item for item in items if item not in outside]


def _check_duties(run: Run, items: list[pytest.Item]) -> None:
    seen: dict[str, str] = {}
    for item in items:
        mark = item.get_closest_marker("obligation")
        duty = _checked_duty(run, item, str(mark.args[0]) if mark and mark.args else "")
        if duty in seen:
            raise pytest.UsageError(f"{item.nodeid} and {seen[duty]} both answer {duty}; a duty has one check")
        seen[duty] = item.nodeid


def _checked_duty(run: Run, item: pytest.Item, duty: str) -> str:
    if not duty:
        raise pytest.UsageError(f"{item.nodeid} names no duty; write @obligation('daily.…') above it")
    try:
        run.plan[duty]
    except TableError as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from None
    if duty_of(item.nodeid) != duty:
        expected = check_of(Path(), run.plan[duty])
        raise pytest.UsageError(f"{item.nodeid} answers {duty}, so it belongs into {expected}")
    return duty


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is due is written down before anything is looked at."""
    if not session.config.option.collectonly and not is_worker(session.config):
        begin(session.config, [item.nodeid for item in session.items])


def _is_audit(config: pytest.Config) -> bool:
    places = [config.rootpath / SUITES, config.rootpath / PLAN]
    named = [Path(str(config.invocation_params.dir), arg.split("::")[0]).resolve() for arg in config.args]
    return any(path.is_relative_to(place) or place.is_relative_to(path) for path in named for place in places)
