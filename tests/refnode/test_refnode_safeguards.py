"""Safeguards: a freeze, withheld outputs, a false alert put right, and nodes that share them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from refnode import corrections
from refnode.agents.watching import Watch
from tests.refnode.asking import AUDIT, KEYS, PUBLIC, ask
from tests.refnode.conftest import Beside, Here, Open
from tests.refnode.plane import (
    BOARD,
    COUNCIL,
    DISPUTE,
    LABEL,
    REPORT,
    SECURITY,
    call,
    decisions,
    forget,
    lifted,
    planted,
    reported,
    resolved,
    sent,
    shown,
    told,
    triggered,
)


@pytest.mark.parametrize(
    "scope",
    [
        None,
        {"attribute": "party", "group": "Nobody", "since": "2026-01-01T00:00:00Z"},
        {"attribute": "height", "group": "tall", "since": "2026-01-01T00:00:00Z"},
        {"attribute": "party", "group": "Unity", "since": "yesterday"},
        {"attribute": "party", "group": "Unity", "since": "2026-01-01T00:00:00Z", "until": "2026-01-01"},
    ],
)
def test_withholding_needs_a_scope_that_says_whose_and_since_when(one: Here, scope: Any) -> None:
    incident = reported(one)
    body = {"incident_id": incident["incident_id"], "safeguard": "withhold-outputs", "scope": scope}

    assert call(one, "POST", "/gesp/trigger-safeguard", body).status == 400
    assert told(one, "/safeguards") == []
    forget(one)


def test_a_freeze_shows_nothing_holds_what_is_sent_and_ends_with_the_boards_word(here: Open) -> None:
    opened = here()
    incident = reported(opened)
    freeze = triggered(opened, incident, "freeze-public-api")

    for path in ("/alerts/", "/entities/ENT-00001/profile", "/corrections/", "/openapi.json", "/no-such-page"):
        answer = call(opened, "GET", f"{PUBLIC}{path}")
        assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.headers["x-junzi-safeguard"] == "freeze-public-api"
        assert int(answer.headers["retry-after"]) > 0
        assert "frozen" in answer.json["detail"]
    assert ask(opened.app, f"{PUBLIC}/alerts/", headers={}).status == 401
    assert call(opened, "GET", "/health").json["status"] == "frozen"
    assert call(opened, "GET", "/metrics").status == 200
    assert len(told(opened, "/alerts")) > 10
    assert call(opened, "POST", f"{PUBLIC}/user_reports/", REPORT | {"entity_id": "nobody"}).status == 404
    assert call(opened, "POST", f"{PUBLIC}/disputes/", {}).status == 400
    taken = [call(opened, "POST", f"{PUBLIC}/user_reports/", REPORT) for _ in range(3)]
    dispute = call(opened, "POST", f"{PUBLIC}/disputes/", DISPUTE | {"contact": "a@b.example"})
    assert {(each.status, each.json["held"]) for each in (*taken, dispute)} == {(202, True)}
    assert sent(opened) == []
    assert resolved(opened, incident).status == 409

    refused = [
        lifted(opened, freeze, COUNCIL),
        lifted(opened, freeze, BOARD, who=" "),
        lifted(opened, freeze, BOARD, role=""),
    ]
    assert [each.status for each in refused] == [403] * 3
    ended = lifted(opened, freeze, BOARD)

    assert (ended.status, ended.json["state"], ended.json["approvals"][0]["who"]) == (200, "lifted", "A. Person")
    assert sent(opened) == [each.json["report_id"] for each in taken]
    assert dispute.json["dispute_id"] in {each["dispute_id"] for each in told(opened, "/disputes")}
    assert call(opened, "GET", f"{PUBLIC}/alerts/").status == 200
    assert call(opened, "GET", "/health").json["status"] == "ok"
    assert call(opened, "POST", f"{PUBLIC}/user_reports/", REPORT).status == 201
    assert lifted(opened, freeze, BOARD).status == 409
    assert resolved(opened, incident).status == 200


def test_taking_the_label_away_lifts_the_freeze_and_keeps_what_others_sent(here: Open) -> None:
    opened = here()
    triggered(opened, reported(opened), "freeze-public-api")
    assert call(opened, "POST", f"{PUBLIC}/user_reports/", REPORT).status == 202
    others = call(opened, "POST", f"{PUBLIC}/user_reports/", REPORT, **{"x-audit-label": ""}).json["report_id"]

    forget(opened)

    assert sent(opened) == [others]
    assert call(opened, "GET", f"{PUBLIC}/alerts/").status == 200
    assert (told(opened, "/incidents"), told(opened, "/safeguards")) == ([], [])


def test_nothing_is_planted_for_an_unknown_entity_or_without_a_label(one: Here) -> None:
    rows = decisions(one, mine=1, others=1)
    unknown = [*rows, rows[0] | {"entity_id": "nobody"}]
    path = f"{AUDIT}/labelled/decisions"

    assert call(one, "POST", path, {"decisions": unknown}).status == 404
    assert call(one, "POST", path, {"decisions": rows}, **{"x-audit-label": ""}).status == 400
    assert call(one, "POST", path, {"decisions": []}).status == 400
    assert call(one, "POST", path, {"decisions": [rows[0] | {"risk_value": 11}]}).status == 400
    assert told(one, f"/labelled?label={LABEL}") == []


def test_withheld_outputs_are_gone_while_it_lasts_and_only_those(one: Here) -> None:
    before, scores = shown(one), call(one, "GET", f"{PUBLIC}/risk_scores/").json["total"]
    rows = decisions(one, mine=5, others=5)
    alerts = planted(one, rows)["alert_ids"]
    incident = reported(one, kind="bias")
    since = one.node.clock.text(one.node.clock.now() - 60_000)
    profile = f"{PUBLIC}/entities/{rows[0]['entity_id']}/profile"

    scope = {"attribute": "party", "group": "Progress", "since": since}
    over = triggered(one, incident, "withhold-outputs", scope | {"until": since})
    assert shown(one) == before | set(alerts)
    withheld = triggered(one, incident, "withhold-outputs", scope)

    assert withheld["scope"] == scope | {"until": None}
    assert shown(one) == before | set(alerts[2:])
    assert call(one, "GET", f"{PUBLIC}/alerts/").json["total"] == len(before) + 2
    assert call(one, "GET", f"{PUBLIC}/risk_scores/").json["total"] == scores - 5
    assert call(one, "GET", profile).json["risk_score"] is None
    status = {each["alert_id"]: each["status"] for each in told(one, f"/alerts?since={since}")}
    assert [status[key] for key in alerts] == ["withheld"] * 2 + ["published"] * 2
    assert lifted(one, withheld, BOARD).status == 403
    assert lifted(one, withheld, COUNCIL).status == 200
    assert lifted(one, over, COUNCIL).status == 200
    assert shown(one) == before | set(alerts)
    assert call(one, "GET", profile).json["risk_score"] == 9.5
    forget(one)
    assert shown(one) == before
    assert call(one, "GET", f"{PUBLIC}/risk_scores/").json["total"] == scores
    assert call(one, "GET", profile).json["risk_score"] != 9.5


def test_a_group_flagged_far_more_often_is_an_incident_once(one: Here) -> None:
    watch = Watch(one.node)
    planted(one, decisions(one, mine=29, others=40))
    assert watch(one.node) is None
    planted(one, decisions(one, mine=1, others=1))

    assert watch(one.node)
    assert watch(one.node) is None

    (incident,), (safeguard,) = told(one, "/incidents"), told(one, "/safeguards")
    assert (incident["kind"], incident["status"], incident["severity"]) == ("bias", "escalated", "High")
    assert (incident["reported_by"], incident["escalated_to"], incident["drill"]) == ("BiasAuditAgent", BOARD, True)
    assert safeguard["incident_id"] == incident["incident_id"]
    assert safeguard["scope"] == incident["scope"]
    assert (incident["scope"]["attribute"], incident["scope"]["group"]) == ("party", "Progress")
    assert lifted(one, safeguard, COUNCIL).status == 200
    assert resolved(one, incident).status == 200
    assert watch(one.node) is None
    planted(one, decisions(one, mine=30, others=30))
    assert watch(one.node)
    assert len(told(one, "/incidents")) == 2
    forget(one)
    assert (told(one, "/incidents"), told(one, "/safeguards"), watch(one.node)) == ([], [], None)


@contextmanager
def subscriber(status: int, seconds: float = 0.0) -> Iterator[tuple[str, list[Any]]]:
    """A real listener that keeps what it is told; `seconds` is how long it takes to answer."""
    heard: list[Any] = []
    done = threading.Event()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            done.wait(seconds)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", heard
        done.set()
        server.shutdown()


def test_a_false_alert_is_withdrawn_corrected_and_told(here: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "PATIENCE", 0.5)
    with subscriber(204) as (good, heard), subscriber(500) as (bad, _), subscriber(200, 5) as (late, _):
        opened = here(subscribers=(f"{good}?token=secret", bad, late, "http://127.0.0.1:9/"))
        alert, second = sorted(shown(opened))[:2]
        public = len(shown(opened))
        incident = reported(opened, kind="false_alert", alert_ids=[alert, second, alert])
        begun = time.perf_counter()
        corrections.tell(opened.node)
        took = time.perf_counter() - begun
        corrections.tell(opened.node)

    assert took < 3
    assert shown(opened).isdisjoint({alert, second})
    assert len(shown(opened)) == public - 2
    told_of = {each["alert_id"]: each for each in told(opened, "/alerts")}
    assert told_of[alert]["status"] == "withdrawn"
    page = call(opened, "GET", f"{PUBLIC}/corrections/").json
    assert (page["total"], {each["alert_id"] for each in page["items"]}) == (2, {alert, second})
    correction = next(each for each in page["items"] if each["alert_id"] == alert)
    assert correction in told(opened, "/corrections")
    assert correction in heard
    assert len(heard) == 2
    assert correction["incident_id"] == incident["incident_id"]
    assert correction["source_ids"] == told_of[alert]["source_ids"]
    assert alert in correction["explanation"]
    outcomes = call(opened, "GET", f"/eirp/get-incident/{incident['incident_id']}").json["notified"]
    by_place = {each["subscriber"]: each["status"] for each in outcomes}
    assert by_place == {good: 204, bad: 500, late: 0, "http://127.0.0.1:9/": 0}
    assert len(outcomes) == 8
    forget(opened)
    assert call(opened, "GET", f"{PUBLIC}/corrections/").json["total"] == 0


def test_nodes_that_share_a_database_follow_within_a_second(beside: Callable[..., Beside], tmp_path: Path) -> None:
    shared = ("--scale", "0.1", "--rate-limit", "0", "--database", f"sqlite:///{tmp_path / 'node.db'}")
    first, second = beside(*shared), beside(*shared)

    def asked(node: Beside, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        headers = {**KEYS, "content-type": "application/json", "x-audit-label": LABEL}
        with urlopen(Request(f"{node.url}{path}", sent, headers), timeout=5) as answer:
            return json.load(answer)

    def until(what: Callable[[], bool], seconds: float) -> float:
        begun = time.perf_counter()
        while not what():
            assert time.perf_counter() - begun < seconds
            time.sleep(0.02)
        return time.perf_counter() - begun

    key = asked(first, "/eirp/report-incident", SECURITY)["incident_id"]
    until(lambda: asked(second, f"/eirp/get-incident/{key}")["status"] == "escalated", 3)
    freeze = asked(first, "/gesp/trigger-safeguard", {"incident_id": key, "safeguard": "freeze-public-api"})
    assert asked(first, "/health")["status"] == "frozen"
    assert until(lambda: asked(second, "/health")["status"] == "frozen", 1) < 1
    held = asked(second, f"{PUBLIC}/user_reports/", REPORT)
    assert held["held"] is True
    approvals = [{"who": "A. Person", "role": "chair", "body": BOARD}]
    asked(first, "/gesp/start-recovery", {"safeguard_id": freeze["safeguard_id"], "approvals": approvals})
    until(lambda: asked(second, "/health")["status"] == "ok", 1)
    with urlopen(Request(f"{second.url}{AUDIT}/user-reports", headers=KEYS), timeout=5) as answer:
        assert held["report_id"] in {json.loads(line)["report_id"] for line in answer}
