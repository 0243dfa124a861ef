"""What runs, held against what was signed and what the gate let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from junzi_audit.findings import Measurement, Reading, Unseen
from junzi_audit.measures import deployed as measures
from junzi_audit.measures.attestations import words
from junzi_audit.measures.deployed import Fleet
from junzi_audit.model import Cause
from junzi_audit.seen.attested import Attestation, Decision, Signature
from junzi_audit.seen.deployments import Deployment, GateOutcome, Outcomes, Release, Running
from tests.signing import ALL, NOW, OTHER, QUORUM, SUBJECT, attestation, attested

PLAN = {"rollback": f"plans/back.md {'d' * 64}"}
#: The first letter is Cyrillic.
MIXED = tuple(Signature(who=who.replace("Ada", "\u0410da"), role=role) for who, role in ALL)
V1, V2 = Release(version="v1", digest=SUBJECT), Release(version="v2", digest=OTHER)


def running(release: Release = V1, place: str = "https://one.example") -> Running:
    return Running(place=place, version=release.version, digest=release.digest)


def deployed(release: Release = V1, days_ago: float = 10) -> Deployment:
    return Deployment(
        model_version=release.version, model_digest=release.digest, deployed_at=NOW - timedelta(days=days_ago)
    )  # fmt: skip


def outcome(days_ago: float = 11, *refused: str, release: Release = V1) -> GateOutcome:
    at = NOW - timedelta(days=days_ago)
    return GateOutcome(release=release, at=at, target="staging", refused=refused, source="g.json")


def approved(**changes: Any) -> Attestation:
    return attestation(**{"days_ago": 12, "decisions": PLAN, **changes})


def fleet(
    *nodes: Running, history: tuple[Deployment, ...] = (deployed(),), signed: tuple[Attestation, ...] = (approved(),),
    unseen: dict[str, Unseen] | None = None,
) -> Fleet:  # fmt: skip
    models = measures.at_work(nodes or (running(),), history)
    return measures.fleet(models, unseen or {}, words(attested(*signed), QUORUM, NOW), QUORUM, NOW)


def gated(seen: Fleet, *outcomes: GateOutcome) -> Measurement:
    return figure(measures.ungated(seen, Outcomes(place="gates", outcomes=outcomes)))


def figure(reading: Reading) -> Measurement:
    assert isinstance(reading, Measurement)
    return reading


def figures(seen: Fleet) -> tuple[float, float, float]:
    readings = (measures.unapproved(seen), measures.vetoed(seen, ()), measures.without_rollback(seen))
    unapproved, vetoed, planless = (figure(each).value for each in readings)
    return unapproved, vetoed, planless


def test_where_a_record_cannot_be_read_no_rejection_can_be_ruled_out() -> None:
    unread = measures.vetoed(fleet(), ("b.yaml: no decision",))
    rejected = fleet(signed=(approved(), attestation(decision=Decision.REJECTED, days_ago=1)))

    assert isinstance(unread, Unseen)
    assert "cannot be ruled out: b.yaml: no decision" in unread.detail
    assert figure(measures.vetoed(rejected, ("b.yaml: no decision",))).value == 1


def test_a_model_approved_with_a_plan_and_let_in_is_well() -> None:
    seen = fleet()
    assert figures(seen) == (0, 0, 0)
    assert gated(seen, outcome()).value == 0
    shown = measures.table(seen, NOW)
    assert shown.chart is not None
    assert (shown.chart.value_label, shown.chart.limit_label) == ("days until the approval ends", "today")
    (row,) = shown.rows
    assert row[:5] == ("v1", 30, SUBJECT[:12], "https://one.example", "2026-02-22 12:00")


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        ((), (1, 0, 1)),
        ((approved(subject=OTHER),), (1, 0, 1)),
        ((approved(expires=NOW),), (1, 0, 1)),
        ((approved(decisions={}),), (0, 0, 1)),
        ((approved(decisions={"rollback": "later"}),), (0, 0, 1)),
        ((approved(decisions={}), approved(decision=Decision.NOTED, days_ago=3)), (0, 0, 0)),
        ((approved(), attestation(decision=Decision.REJECTED)), (0, 1, 0)),
        ((approved(), attestation(decision=Decision.REJECTED, days_ago=12)), (0, 1, 0)),
        ((approved(), attestation(decision=Decision.REJECTED, days_ago=13)), (0, 0, 0)),
        ((approved(days_ago=12 - 9 / 24), attestation(decision=Decision.REJECTED, days_ago=12)), (0, 1, 0)),
        ((approved(body="Bias Monitoring Council"), attestation(decision=Decision.REJECTED, days_ago=13)), (1, 1, 1)),
        ((approved(signatures=MIXED), attestation(decision=Decision.REJECTED, days_ago=13)), (1, 1, 1)),
        ((approved(expires=NOW), attestation(decision=Decision.REJECTED, days_ago=13)), (1, 0, 1)),
        ((approved(), attestation(decision=Decision.REJECTED, expires=NOW)), (0, 1, 0)),
        ((approved(), attestation(("Ada", "chair"), decision=Decision.REJECTED)), (0, 0, 0)),
        ((approved(), attestation(decision=Decision.REJECTED, days_ago=-1)), (0, 0, 0)),
    ],
)
def test_the_boards_word(signed: tuple[Attestation, ...], expected: tuple[float, float, float]) -> None:
    assert figures(fleet(signed=signed)) == expected


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ((), "no outcome of the gate before it was deployed on 2026-02-22 12:00"),
        ((outcome(9),), "it passed only on 2026-02-23 12:00"),
        ((outcome(12), outcome(11, "veto", "disputes")), "refused it on 2026-02-21 12:00: veto, disputes"),
        ((outcome(release=V2),), "no outcome of the gate"),
        ((outcome(release=Release(version="v1", digest=OTHER)),), "no outcome of the gate"),
    ],
)
def test_a_model_past_the_gate_is_named(outcomes: tuple[GateOutcome, ...], told: str) -> None:
    reading = gated(fleet(), *outcomes)
    assert (reading.value, told in reading.detail) == (1, True)


def test_a_node_whose_clock_is_a_little_behind_did_not_pass_the_gate_by() -> None:
    passed = replace(outcome(), at=deployed().deployed_at + timedelta(seconds=40))
    assert gated(fleet(), passed).value == 0
    assert gated(fleet(), replace(passed, at=deployed().deployed_at + timedelta(seconds=61))).value == 1
    refused = replace(outcome(11, "veto"), at=deployed().deployed_at - timedelta(seconds=9))
    assert gated(fleet(), refused, passed).value == 1, "it was asked before, and refused"


def test_the_last_deployment_counts_and_going_back_needs_no_new_outcome() -> None:
    again = (deployed(days_ago=10), deployed(V2, 5), deployed(days_ago=1))
    assert gated(fleet(history=again), outcome(11)).value == 0
    assert gated(fleet(history=again), outcome(11), outcome(2, "veto")).value == 1


def test_a_model_that_no_deployment_tells_of_is_ungated() -> None:
    assert "tells of no deployment" in gated(fleet(history=(deployed(V2),)), outcome()).detail


def test_a_version_that_only_decisions_name_is_found_by_its_deployment_or_by_nothing() -> None:
    log = Running(place="the decision log", version="v2", digest="")
    known = fleet(running(), log, history=(deployed(), deployed(V2)))
    assert [each.model.release for each in known.models] == [V1, V2]
    assert figures(known) == (1, 0, 1)
    unknown = fleet(running(), log)
    assert figures(unknown) == (1, 0, 1)
    assert "v2 (no digest…)" in figure(measures.unapproved(unknown)).detail


def test_nodes_that_run_the_same_are_one_model_and_a_silent_one_is_told() -> None:
    silent = Unseen(cause=Cause.TIMED_OUT, detail="no byte for 5 s")
    nodes = (running(), running(place="https://two.example"))
    seen = fleet(*nodes, unseen={"https://three.example": silent})
    assert len(seen.models) == 1
    reading = measures.unapproved(seen)
    assert isinstance(reading, dict)
    assert reading["https://three.example"] is silent
    assert reading["nodes that answer"].value == 0
