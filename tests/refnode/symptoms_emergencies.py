"""Symptoms of an emergency, found by one small drill: a biased group, a freeze, a recovery and a false alert."""

import json
from typing import Any

from refnode import corrections
from refnode.agents import responding
from refnode.agents.watching import Watch
from refnode.parts import Node
from tests.refnode.asking import AUDIT, KEYS, PUBLIC, Answer, ask
from tests.refnode.view import View, symptom

LABEL = "symptoms"
EACH = 30


def approvals(body: str) -> list[dict[str, str]]:
    return [{"who": "Somebody", "role": "chair", "body": body}]


class Drill:
    """One drill on a node in this process, of whose crew it does the work; `seen` is what went wrong."""

    def __init__(self, view: View) -> None:
        self.seen: set[str] = set()
        self._view = view
        self._node: Node = view.app._node  # type: ignore[attr-defined]

    def hold(self) -> None:
        watch = Watch(self._node)
        mine, others = self._plant()
        try:
            self._bias(watch, mine, others)
            self._security()
            self._false_alert(others[0])
        finally:
            self._call("DELETE", f"{AUDIT}/labelled?label={LABEL}")

    def _plant(self) -> tuple[list[str], list[str]]:
        people = list(self._node.people.values())
        progress = [each.entity_id for each in people if each.party == "Progress"][:EACH]
        rest = [each.entity_id for each in people if each.party != "Progress"][:EACH]
        told = [
            {"entity_id": key, "risk_value": 8 if key in progress else 2, "flagged": key in progress, "publish": n < 2}
            for keys in (progress, rest)
            for n, key in enumerate(keys)
        ]
        alerts = self._call("POST", f"{AUDIT}/labelled/decisions", {"decisions": told}).json["alert_ids"]
        return alerts[:2], alerts[2:]

    def _bias(self, watch: Watch, mine: list[str], others: list[str]) -> None:
        watch(self._node)
        safeguards = [each for each in self._feed("/safeguards") if each["state"] == "active"]
        if not safeguards:
            self.seen.add("bias unheeded")
            return
        shown = self._shown()
        assert shown.isdisjoint(mine)
        self._note(not shown.issuperset(others), "withholds too much")
        self._note(self._lift(safeguards[0], "nobody") != 403, "lifted without approval")
        self._lift(safeguards[0], "Bias Monitoring Council")
        self._note(not self._shown() & set(mine), "outputs stay withheld")

    def _security(self) -> None:
        incident = self._report("security")
        if incident["severity"] is None:
            self.seen.add("incident unclassified")
        freeze = self._trigger(incident, "freeze-public-api")
        if "x-junzi-safeguard" in self._view.public("/alerts/").headers:
            body = {"entity_id": "ENT-00001", "report_type": "other", "content": "in a freeze"}
            taken = self._call("POST", f"{PUBLIC}/user_reports/", body)
            self._note(self._view.public("/corrections/").status == 200, "freeze leaks")
            if self._lift(freeze, "nobody") == 403:
                self._note(self._view.public("/alerts/").status == 200, "refused and lifted")
        else:
            self.seen.add("freeze ignored")
            taken = None
        self._lift(freeze, "Ethical Governance Board")
        if taken is not None and taken.status == 202:
            kept = {each["report_id"] for each in self._feed("/user-reports")}
            self._note(taken.json["report_id"] not in kept, "held report lost")
        self._trigger(incident, "recovery")
        self._note(self._view.public("/alerts/").status == 200, "alerts before the recovery ends")

    def _false_alert(self, alert: str) -> None:
        incident = self._report("false_alert", alert)
        if incident["severity"] is None:
            return
        found = [each for each in self._feed("/corrections") if each["alert_id"] == alert]
        if not found:
            self.seen.add("false alert stays")
            return
        self._note(not found[0]["source_ids"] or found[0]["incident_id"] is None, "correction unsourced")
        self._note(alert not in {each["alert_id"] for each in self._feed("/alerts")}, "record erased")
        self._note(not incident["notified"], "subscribers untold")

    def _report(self, kind: str, *alerts: str) -> Any:
        body = {"kind": kind, "description": "a drill", "alert_ids": alerts, "drill": True}
        key = self._call("POST", "/eirp/report-incident", body).json["incident_id"]
        responding.respond(self._node)
        corrections.tell(self._node)
        return self._call("GET", f"/eirp/get-incident/{key}").json

    def _trigger(self, incident: Any, safeguard: str) -> Any:
        body = {"incident_id": incident["incident_id"], "safeguard": safeguard}
        return self._call("POST", "/gesp/trigger-safeguard", body).json

    def _lift(self, safeguard: Any, body: str) -> int:
        asked = {"safeguard_id": safeguard["safeguard_id"], "approvals": approvals(body)}
        return self._call("POST", "/gesp/start-recovery", asked).status

    def _shown(self) -> set[str]:
        return {each["alert_id"] for each in self._view.public("/alerts/?page_size=200").json["items"]}

    def _feed(self, path: str) -> list[Any]:
        return self._call("GET", f"{AUDIT}{path}?since={self._view.ago(minutes=5)}").lines

    def _call(self, method: str, path: str, body: Any = None) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        return ask(self._view.app, path, method=method, headers={**KEYS, "x-audit-label": LABEL}, body=sent)

    def _note(self, wrong: bool, name: str) -> None:
        if wrong:
            self.seen.add(name)


def _steady(view: View) -> bool:
    """Whether alerts are shown as they should be, however often they are asked for."""
    try:
        return all("items" in view.public("/alerts/").json for _ in range(6))
    except ValueError:
        return False


def _seen(view: View) -> set[str]:
    """Drilled once a view; on a node that is unwell already, nothing is."""
    if "drill" not in view._kept:
        drill = Drill(view)
        if _steady(view):
            drill.hold()
        view._kept["drill"] = sorted(drill.seen)
    return set(view._kept["drill"])


def _tell(name: str) -> None:
    symptom(name)(lambda view: name in _seen(view))


for _name in (
    "bias unheeded",
    "withholds too much",
    "lifted without approval",
    "outputs stay withheld",
    "incident unclassified",
    "freeze ignored",
    "freeze leaks",
    "refused and lifted",
    "held report lost",
    "alerts before the recovery ends",
    "false alert stays",
    "correction unsourced",
    "record erased",
    "subscribers untold",
):
    _tell(_name)
