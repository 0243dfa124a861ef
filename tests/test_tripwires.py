"""Every duty three ways on a real node: honest MET, tripped BREACHED on the right limit, unreachable INCONCLUSIVE.

Generated from the plan: a duty cannot enter it without being seen to fail, and each fault trips its own duties only.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from junzi_audit import plan as plans
from junzi_audit import proofs
from junzi_audit.model import Cause, Environment, Obligation, Verdict
from junzi_audit.naming import check_of
from tests.audited import ROOT, Audited, audit

CHECKED = [duty for duty in plans.load(ROOT / "obligations").obligations if check_of(ROOT, duty).is_file()]
FAULTS = sorted({wire.fault for duty in CHECKED for wire in duty.tripwires})
#: A fault of one surface hides what another duty must read there: not met, not breached, not seen.
HIDDEN = {
    "endpoint-down": {"heartbeat.ethical-violations"},
    "garbage-json": {"heartbeat.ethical-violations", "heartbeat.load-and-performance", "daily.data-ingestion"},
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
STILL_SEEN = {"heartbeat.agent-health": Verdict.MET, "heartbeat.api-availability": Verdict.BREACHED}
#: Log lines whose fields have the wrong types are read well enough to be called malformed.
READ_ALL_THE_SAME = {"wrong-types": {"daily.error-logs": Verdict.BREACHED}}


def expected(duty: Obligation, fault: str) -> set[str]:
    return {limit for wire in duty.tripwires if wire.fault == fault for limit in wire.breaches}


def keep_proof(fault: str, audited: Audited) -> None:
    """The date of the last proof is shown in every report of this checkout."""
    proofs.keep(ROOT / "reports", fault, audited.verdicts(), datetime.now(UTC))


def test_an_honest_node_meets_every_duty(tmp_path: Path) -> None:
    audited = audit(tmp_path)

    assert audited.verdicts() == {duty.id: Verdict.MET for duty in CHECKED}, audited.said
    assert audited.status == 0
    keep_proof("honest", audited)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_breaches_its_own_duties_and_no_other(fault: str, tmp_path: Path) -> None:
    audited = audit(tmp_path, "--node-fault", fault)
    tripped = {duty.id for duty in CHECKED if expected(duty, fault)}

    assert {duty for duty, verdict in audited.verdicts().items() if verdict is Verdict.BREACHED} == tripped, (
        audited.said
    )
    for duty in CHECKED:
        assert audited.breached_limits(duty.id) >= expected(duty, fault), audited.said
        if duty.id not in tripped:
            hidden = duty.id in HIDDEN.get(fault, set())
            assert audited.records[duty.id].verdict is (Verdict.INCONCLUSIVE if hidden else Verdict.MET), audited.said
    assert audited.status == 1
    keep_proof(fault, audited)


def test_an_unreachable_node_leaves_every_duty_inconclusive(tmp_path: Path) -> None:
    env = {"JUNZI_API_KEY": "k", "JUNZI_AUDIT_KEY": "k"}
    audited = audit(tmp_path, "--target", "http://127.0.0.1:9", env=env)

    assert set(audited.verdicts().values()) == {Verdict.INCONCLUSIVE}, audited.said
    assert {record.cause for record in audited.records.values()} == {Cause.UNREACHABLE}, audited.said
    assert audited.status == 20
    keep_proof("unreachable", audited)


@pytest.mark.parametrize("fault", sorted(BLINDING))
def test_a_node_that_cannot_be_read_is_never_met(fault: str, tmp_path: Path) -> None:
    audited = audit(tmp_path, "--node-fault", fault)
    seen = {} if fault in SILENT else {**STILL_SEEN, **READ_ALL_THE_SAME.get(fault, {})}

    assert audited.verdicts() == {duty.id: seen.get(duty.id, Verdict.INCONCLUSIVE) for duty in CHECKED}, audited.said
    blind = {record.cause for record in audited.records.values() if record.verdict is Verdict.INCONCLUSIVE}
    assert blind == {BLINDING[fault]}, audited.said
    assert audited.status == (1 if seen else 20)
    keep_proof(fault, audited)


def test_every_tripwire_is_a_fault_the_reference_node_knows() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "refnode", "--list-faults"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    known = {line.split("[")[0].split()[0] for line in listed.splitlines() if line.strip()}

    assert set(FAULTS) | set(BLINDING) <= known


def test_every_checked_duty_may_run_where_it_is_proven() -> None:
    assert all(Environment.EMBEDDED in duty.where for duty in CHECKED)
