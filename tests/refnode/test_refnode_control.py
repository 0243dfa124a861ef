"""The control plane: who may call it, what it refuses, incidents, and whether a node can go on."""

from typing import Any

import pytest
from sqlalchemy import text

from refnode.cli import main
from refnode.settings import Keys
from tests.refnode.asking import AUDIT, KEYS, PUBLIC, ask
from tests.refnode.conftest import Here, Open
from tests.refnode.plane import (
    BOARD,
    COUNCIL,
    REPORT,
    SECURITY,
    call,
    forget,
    lifted,
    planted,
    reported,
    resolved,
    told,
)

CALLS = (
    ("POST", "/eirp/report-incident"),
    ("GET", "/eirp/get-incident/x"),
    ("POST", "/eirp/escalate/x"),
    ("POST", "/eirp/resolve/x"),
    ("POST", "/gesp/trigger-safeguard"),
    ("POST", "/gesp/start-recovery"),
    ("POST", "/iri/trigger-failover"),
    ("GET", "/iri/backup-status"),
    ("GET", "/eat/verify-integrity"),
)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_only_the_control_key_opens_the_control_plane(one: Here, method: str, path: str) -> None:
    for headers in ({}, {"x-control-key": "wrong"}, {"x-control-key": ""}, {"x-audit-key": KEYS["x-audit-key"]}):
        answer = ask(one.app, path, method=method, headers=headers)
        assert answer.status == 401
        assert set(answer.json) == {"detail"}


def test_without_a_control_key_of_its_own_a_node_lets_nobody_in(here: Open) -> None:
    opened = here(keys=Keys(public=("one",), audit="two"))

    assert ask(opened.app, "/eat/verify-integrity", headers={"x-control-key": ""}).status == 401


def test_the_demonstration_control_key_stays_at_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JUNZI_API_KEY", "mine")
    monkeypatch.setenv("JUNZI_AUDIT_KEY", "mine-too")
    monkeypatch.delenv("JUNZI_CONTROL_KEY", raising=False)

    with pytest.raises(SystemExit):
        main(["--host", "0.0.0.0"])

    assert "JUNZI_CONTROL_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://host/", "http:///path", "http://[", "here"])
def test_a_subscriber_needs_a_web_address(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--subscriber", url])

    assert "is no http(s) URL" in capsys.readouterr().err


def test_the_document_lists_corrections_and_nothing_of_the_control_plane(one: Here) -> None:
    paths = call(one, "GET", "/openapi.json").json["paths"]

    assert f"{PUBLIC}/corrections/" in paths
    assert not any(path.startswith(("/eirp", "/gesp", "/iri", "/eat")) or "incidents" in path for path in paths)


@pytest.mark.parametrize(
    ("kind", "severity", "status"),
    [
        ("security", "Critical", "escalated"),
        ("downtime", "Critical", "escalated"),
        ("bias", "High", "classified"),
    ],
)
def test_an_agent_classifies_and_escalates_what_is_critical(one: Here, kind: str, severity: str, status: str) -> None:
    incident = reported(one, kind=kind, drill=True)

    assert (incident["severity"], incident["status"], incident["drill"]) == (severity, status, True)
    assert (incident["escalated_to"] == BOARD) is (status == "escalated")
    assert incident["classified_at"] >= incident["reported_at"]
    escalate = f"/eirp/escalate/{incident['incident_id']}"
    assert call(one, "POST", escalate, {"to": COUNCIL}).json["escalated_to"] == COUNCIL
    assert resolved(one, incident).json["status"] == "resolved"
    assert resolved(one, incident).status == 409
    assert call(one, "POST", escalate, {"to": BOARD}).status == 409
    assert incident["incident_id"] in {each["incident_id"] for each in told(one, "/incidents")}
    forget(one)
    assert call(one, "GET", f"/eirp/get-incident/{incident['incident_id']}").status == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/eirp/report-incident", {}, 400),
        ("/eirp/report-incident", SECURITY | {"kind": "gossip"}, 400),
        ("/eirp/report-incident", SECURITY | {"description": " "}, 400),
        ("/eirp/report-incident", SECURITY | {"urgent": True}, 400),
        ("/eirp/report-incident", SECURITY | {"kind": "false_alert"}, 400),
        ("/eirp/report-incident", SECURITY | {"alert_ids": ["ALR-none\u0000"]}, 404),
        ("/eirp/escalate/INC-none", {"to": BOARD}, 404),
        ("/eirp/escalate/%00", {"to": BOARD}, 404),
        ("/eirp/resolve/INC-none", {"summary": "over", "approved_by": "A"}, 404),
        ("/eirp/resolve/INC-none", {"summary": "over", "approved_by": " "}, 400),
        ("/gesp/trigger-safeguard", {"incident_id": "INC-none", "safeguard": "freeze-public-api"}, 404),
        ("/gesp/trigger-safeguard", {"incident_id": "INC-none", "safeguard": "panic"}, 400),
        ("/gesp/start-recovery", {"safeguard_id": "SFG-none", "approvals": []}, 404),
        ("/iri/trigger-failover", {}, 501),
    ],
)
def test_what_the_control_plane_refuses(one: Here, path: str, body: Any, status: int) -> None:
    assert call(one, "POST", path, body).status == status
    assert told(one, "/incidents") == []


def test_a_recovering_node_shows_no_alerts_before_it_is_whole_and_approved(here: Open) -> None:
    opened = here(recovering=True)
    (recovery,) = told(opened, "/safeguards")
    answer = call(opened, "GET", f"{PUBLIC}/alerts/")
    assert (answer.status, answer.headers["x-junzi-safeguard"]) == (503, "recovery")
    assert call(opened, "GET", f"{PUBLIC}/disputes/").status == 200
    assert call(opened, "GET", "/health").json["status"] == "ok"
    assert call(opened, "POST", f"{PUBLIC}/user_reports/", REPORT).status == 201
    newest = told(opened, "/sources?newest=1")[0]["source_id"]
    spoil(opened, "UPDATE sources SET content_hash = 'x' || content_hash WHERE source_id = :id", newest)

    assert lifted(opened, recovery, COUNCIL).status == 403
    refused = lifted(opened, recovery, BOARD)
    assert refused.status == 409
    assert any(newest in each for each in refused.json["problems"])
    assert call(opened, "GET", f"{PUBLIC}/alerts/").status == 503
    spoil(opened, "UPDATE sources SET content_hash = substr(content_hash, 2) WHERE source_id = :id", newest)

    assert lifted(opened, recovery, BOARD).status == 200
    assert call(opened, "GET", f"{PUBLIC}/alerts/").status == 200


def spoil(here: Here, sql: str, key: str) -> None:
    with here.node.store.writing() as connection:
        assert connection.execute(text(sql), {"id": key}).rowcount == 1


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE sources SET content = X'00' WHERE source_id = :source", "does not have the bytes"),
        ("UPDATE alerts SET source_ids = '[]' WHERE alert_id = :alert", "names no source"),
        ("UPDATE alerts SET source_ids = '[\"gone\"]' WHERE alert_id = :alert", "not there"),
        ("UPDATE alerts SET bias_audit_id = NULL WHERE alert_id = :alert", "no bias audit that passed"),
        ("UPDATE decisions SET audit_result = '' WHERE risk_id = :decision", "has no bias audit"),
    ],
)
def test_the_integrity_check_names_what_is_broken(here: Open, sql: str, problem: str) -> None:
    opened = here(scale=0.1)
    assert call(opened, "GET", "/eat/verify-integrity").json["ok"] is True
    day = opened.node.clock.text(opened.node.clock.now() - 86_400_000)
    ids = {
        "source": told(opened, "/sources?newest=1")[0]["source_id"],
        "alert": call(opened, "GET", f"{PUBLIC}/alerts/").json["items"][0]["alert_id"],
        "decision": told(opened, f"/decisions?since={day}")[0]["risk_id"],
    }

    with opened.node.store.writing() as connection:
        connection.execute(text(sql), ids)

    found = call(opened, "GET", "/eat/verify-integrity").json
    assert found["ok"] is False
    assert found["bias_audit"]["ok"] is True
    assert [problem in each for each in found["problems"]] == [True]


def test_the_integrity_check_sees_a_group_that_is_flagged_too_often(here: Open) -> None:
    opened = here(scale=0.1)
    people = [each.entity_id for each in opened.node.people.values() if each.role == "judge"]
    rows = [
        {"entity_id": people[n % len(people)], "risk_value": 9, "flagged": True, "publish": False} for n in range(1000)
    ]
    planted(opened, rows)

    found = call(opened, "GET", "/eat/verify-integrity").json

    assert (found["ok"], found["problems"], found["bias_audit"]["ok"]) == (False, [], False)
    assert "role" in found["bias_audit"]["detail"]


def test_the_backup_status_is_that_of_the_newest_backup(here: Open) -> None:
    opened = here(scale=0.1)
    first = call(opened, "GET", "/iri/backup-status").json
    manifest = call(opened, "GET", f"{AUDIT}/backup/manifest.json").json
    newest = call(opened, "GET", "/iri/backup-status").json

    assert first["taken_at"] < newest["taken_at"]
    assert (newest["taken_at"], newest["sha256"]) == (manifest["taken_at"], manifest["sha256"])
    assert newest["rows"] == sum(each["rows"] for each in manifest["tables"].values()) == first["rows"]
