"""Symptoms of a deployment: what runs, what the board said of it, and what the rehearsed gate left."""

import json
from typing import Any

from tests.refnode.asking import ask
from tests.refnode.view import View, symptom


def _running(view: View) -> str:
    return str(ask(view.app, "/health").json["model_digest"])


def _records(view: View) -> list[Any]:
    """What the board signed of the model that the gate let in, else of the one that runs."""
    gates = ask(view.app, "/council/gates").json
    digest = gates[0]["model_digest"] if gates else _running(view)
    path = f"/council/attestations?duty=governance.model-veto&subject={digest}"
    return list(json.loads(ask(view.app, path).body))


@symptom("model nobody approved")
def _unapproved(view: View) -> bool:
    path = f"/council/attestations?duty=governance.model-veto&subject={_running(view)}"
    return not json.loads(ask(view.app, path).body)


@symptom("model rejected")
def _rejected(view: View) -> bool:
    return any(each["decision"] == "rejected" for each in _records(view))


@symptom("no outcome of the gate")
def _ungated(view: View) -> bool:
    return not ask(view.app, "/council/gates").json


@symptom("no plan for going back")
def _planless(view: View) -> bool:
    return not any(each.get("decisions", {}).get("rollback") for each in _records(view))


@symptom("deployment told otherwise")
def _untold(view: View) -> bool:
    newest = view.feed("/deployments")[-1]
    health = ask(view.app, "/health").json
    return any(newest[key] != health[key] for key in ("model_version", "model_digest"))
