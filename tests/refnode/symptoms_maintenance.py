"""Symptoms of maintenance: tickets that wait, packages with weaknesses, advisories nobody looks after."""

from datetime import datetime, timedelta
from typing import Any

from tests.refnode.asking import AUDIT, KEYS, ask
from tests.refnode.view import View, instant, symptom

DAYS = {"critical": 2, "high": 7, "medium": 30, "low": 90}


def _tickets(view: View) -> list[Any]:
    headers = {"authorization": f"token {KEYS['x-audit-key']}"}
    path = "/tracker/api/v1/repos/junzi/node/issues?state=open&type=issues&limit=50"
    if "tickets" not in view._kept:
        view._kept["tickets"] = ask(view.app, path, headers=headers).json
    return view._kept["tickets"]


def _label(ticket: Any) -> str:
    return str(ticket["labels"][0]["name"]) if ticket["labels"] else ""


@symptom("ticket old")
def _old(view: View) -> bool:
    return any(
        view.now - instant(each["created_at"]) > timedelta(days=DAYS[_label(each)])
        for each in _tickets(view)
        if _label(each)
    )


@symptom("tickets untriaged")
def _untriaged(view: View) -> bool:
    return not all(map(_label, _tickets(view)))


@symptom("tickets piling")
def _piling(view: View) -> bool:
    return len(_tickets(view)) > 15


@symptom("package weak")
def _weak(view: View) -> bool:
    told = {each["name"].lower(): each["version"] for each in ask(view.app, f"{AUDIT}/sbom.json").json["components"]}
    for advisory in ask(view.app, f"{AUDIT}/advisories.json").json:
        affected = advisory["affected"][0]
        fixed = affected["ranges"][0]["events"][1]["fixed"]
        if _numbers(told[affected["package"]["name"].lower()]) < _numbers(fixed):
            return True
    return False


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


@symptom("advisories stale")
def _stale(view: View) -> bool:
    modified: list[datetime] = [instant(each["modified"]) for each in ask(view.app, f"{AUDIT}/advisories.json").json]
    return view.now - max(modified) > timedelta(days=14)
