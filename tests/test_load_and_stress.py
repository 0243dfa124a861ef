"""The load duty breached and not seen on a real node; that an honest one is met is measured alone, in tests/alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from junzi_audit.model import Cause, Verdict
from tests.audited import copied_repository, keep_proof, tripwires
from tests.shortened import DUTY, SHORT, audited, cut, gone, processes_of, small, verdicts


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("load") / "repository")


def test_every_fault_breaches_its_own_limit_whoever_makes_the_load(repository: Path, tmp_path: Path) -> None:
    """All faults at once, the load made by two workers and the process that leads them."""
    broken = tmp_path / "repository"
    copied_repository(broken)
    cut(broken, ramp="[25]", workers=2, **SHORT)
    wires = tripwires(DUTY)
    faults = tuple(wires)
    record = audited(broken, tmp_path / "run", *(word for fault in faults for word in ("--node-fault", fault)))

    breached = {limit for limit, found in verdicts(record).items() if Verdict.BREACHED in found}
    assert breached == {limit for limits in wires.values() for limit in limits} | {"p95_growth"}, record.reason
    keep_proof(" + ".join(wires), {DUTY: record.verdict})
    assert verdicts(record)["recovery_seconds"] == {Verdict.MET}
    assert len(processes_of(tmp_path / "run")) == 3
    assert all(gone(each) for each in processes_of(tmp_path / "run"))


def test_a_node_that_cannot_be_read_is_loaded_by_nobody(repository: Path, tmp_path: Path) -> None:
    record = audited(repository, tmp_path / "run", "--node-fault", "hang")

    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.TIMED_OUT)


def test_it_never_runs_on_a_live_target(repository: Path, tmp_path: Path) -> None:
    record = audited(repository, tmp_path / "run", "--target", "http://127.0.0.1:9")

    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.REFUSED)
