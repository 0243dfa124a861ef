"""Every duty three ways on a real node: honest MET, tripped BREACHED on the right limit, unreachable INCONCLUSIVE.

Generated from the plan: a duty cannot enter it without being seen to fail, and each fault trips its own duties only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from junzi_audit import plan as plans
from junzi_audit.model import Cadence, Cause, Environment, Obligation, Verdict
from junzi_audit.naming import check_of
from tests.audited import ROOT, Audited, audit, keep_proof

ALL = [duty for duty in plans.load(ROOT / "obligations").obligations if check_of(ROOT, duty).is_file()]
#: Duties that take longer than all others together are seen three ways in tests of their own.
SLOW = {"weekly.regression-suite", "monthly.load-and-stress"}
CHECKED = [duty for duty in ALL if duty.id not in SLOW]
FAULTS = sorted({wire.fault for duty in CHECKED for wire in duty.tripwires})
#: Faults that change what other duties read, or take the port of a second node, without breaching them: never planted
#: together with another.
ALONE = {
    "endpoint-down", "garbage-json", "http-5xx", "scores-biased", "scores-drifted", "scores-collapsed",
    "model-replaced", "flags-wrong", "feed-stale", "ingest-volume", "slow-reads", "port-open",
}  # fmt: skip
#: These take longer than all others together: looked at when they are to be tripped. Drills have nodes of their own.
DRILLS = {duty.id for duty in CHECKED if duty.cadence is Cadence.EMERGENCY}
COSTLY = {"quarterly.backup-recovery", "quarterly.random-audit", *DRILLS}
#: A fault of one surface hides what another duty must read there: not met, not breached, not seen.
HIDDEN = {
    "endpoint-down": {"heartbeat.ethical-violations"},
    "scores-collapsed": {"weekly.model-drift"},  # three days of it are not yet four weeks
    "garbage-json": {
        "heartbeat.ethical-violations",
        "heartbeat.load-and-performance",
        "daily.data-ingestion",
        "quarterly.transparency-report",
    },
}
#: Faults of the wire, with the cause they leave. /metrics stays readable unless the whole node is silent: so the duty
#: that reads nothing else may still be judged; a public endpoint that gives no proper answer is down.
BLINDING = {
    "hang": Cause.TIMED_OUT,
    "slow-drip": Cause.TIMED_OUT,
    "html-answers": Cause.MALFORMED,
    "wrong-types": Cause.MALFORMED,
    "huge-body": Cause.TOO_LARGE,
    "redirect-elsewhere": Cause.REDIRECTED,
}
SILENT = {"hang", "slow-drip"}
STILL_SEEN = {
    "heartbeat.agent-health": Verdict.MET,
    "heartbeat.api-availability": Verdict.BREACHED,
    "monthly.bug-backlog": Verdict.MET,  # the tracker and the council are no part of the node's own surfaces
    "monthly.governance-review": Verdict.MET,
}
#: What answers these duties on a live target is not the node: a tracker, people.
ELSEWHERE = {"monthly.bug-backlog", "monthly.governance-review"}
#: Log lines whose fields have the wrong types are read well enough to be called malformed.
READ_ALL_THE_SAME = {"wrong-types": {"daily.error-logs": Verdict.BREACHED}}


def expected(duty: Obligation, fault: str) -> set[str]:
    return {limit for wire in duty.tripwires if wire.fault == fault for limit in wire.breaches}


def batches() -> list[tuple[str, ...]]:
    """Every fault alone where `make matrix` asks for the proof of each; else as many at once as trip other duties."""
    if os.environ.get("JUNZI_MATRIX"):
        return [(fault,) for fault in FAULTS]
    made: list[list[str]] = []
    for fault in FAULTS:
        mine = {duty.id for duty in CHECKED if expected(duty, fault)}
        fitting = (
            batch for batch in made
            if len(batch) < 12 and not ALONE & {fault, *batch}
            and not any(expected(duty, other) for other in batch for duty in CHECKED if duty.id in mine)
        )  # fmt: skip
        found = next(fitting, None)
        if found is None:
            made.append([fault])
        else:
            found.append(fault)
    return [tuple(batch) for batch in made]


def looked_at(folder: Path, duties: list[Obligation], *words: str, env: dict[str, str] | None = None) -> Audited:
    """Audit these duties only."""
    marker = " or ".join(sorted({duty.cadence for duty in duties}))
    names = " or ".join(check_of(ROOT, duty).stem for duty in duties)
    return audit(folder, "--no-plots", "-k", names, *words, marker=marker, env=env)


def test_an_honest_node_meets_every_duty(tmp_path: Path) -> None:
    audited = looked_at(tmp_path, CHECKED)

    assert audited.verdicts() == {duty.id: Verdict.MET for duty in CHECKED}, audited.said
    keep_proof("honest", audited.verdicts())


@pytest.mark.parametrize("faults", batches(), ids="+".join)
def test_a_fault_breaches_its_own_duties_and_no_other(faults: tuple[str, ...], tmp_path: Path) -> None:
    tripped = {
        duty.id: wire.verdict for duty in CHECKED for wire in duty.tripwires if wire.fault in faults
    }  # fmt: skip
    duties = [duty for duty in CHECKED if duty.id not in COSTLY or duty.id in tripped]
    audited = looked_at(tmp_path, duties, *(word for fault in faults for word in ("--node-fault", fault)))
    hidden = {duty: Verdict.INCONCLUSIVE for fault in faults for duty in HIDDEN.get(fault, ())}

    assert audited.verdicts() == {duty.id: Verdict.MET for duty in duties} | hidden | tripped, audited.said
    for fault in faults:
        for duty in duties:
            assert audited.tripped_limits(duty.id) >= expected(duty, fault), audited.said
    keep_proof(" + ".join(faults), audited.verdicts())


def test_an_unreachable_node_leaves_every_duty_inconclusive(tmp_path: Path) -> None:
    env = {"JUNZI_API_KEY": "k", "JUNZI_AUDIT_KEY": "k", "JUNZI_TRACKER_TOKEN": "k"}
    audited = looked_at(tmp_path, CHECKED, "--target", "http://127.0.0.1:9", env=env)

    assert audited.verdicts().keys() == {duty.id for duty in CHECKED}
    assert set(audited.verdicts().values()) == {Verdict.INCONCLUSIVE}, audited.said
    causes = {duty: record.cause for duty, record in audited.records.items() if duty not in ELSEWHERE}
    assert causes == {duty: Cause.REFUSED if duty in DRILLS else Cause.UNREACHABLE for duty in causes}, audited.said
    keep_proof("unreachable", audited.verdicts())


@pytest.mark.parametrize("fault", sorted(BLINDING))
def test_a_node_that_cannot_be_read_is_never_met(fault: str, tmp_path: Path) -> None:
    # Each drill would meet the same wire on a node of its own: once tells enough, and silence takes minutes.
    duties = [duty for duty in CHECKED if fault == "html-answers" or duty.id not in DRILLS]
    audited = looked_at(tmp_path, duties, "--node-fault", fault)
    seen = {} if fault in SILENT else {**STILL_SEEN, **READ_ALL_THE_SAME.get(fault, {})}

    assert audited.verdicts() == {duty.id: seen.get(duty.id, Verdict.INCONCLUSIVE) for duty in duties}, audited.said
    blind = {record.cause for record in audited.records.values() if record.verdict is Verdict.INCONCLUSIVE}
    assert blind == {BLINDING[fault]}, audited.said
    assert audited.status == (1 if seen else 20)
    keep_proof(fault, audited.verdicts())


def test_every_tripwire_is_a_fault_the_reference_node_knows() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "refnode", "--list-faults"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    known = {line.split("[")[0].split()[0] for line in listed.splitlines() if line.strip()}

    assert {wire.fault for duty in ALL for wire in duty.tripwires} | set(BLINDING) <= known


def test_every_checked_duty_may_run_where_it_is_proven() -> None:
    assert all(Environment.EMBEDDED in duty.where for duty in ALL)
