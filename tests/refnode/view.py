"""Reads a node as an auditor would, and keeps the table of symptoms to look for."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.types import ASGIApp

from tests.refnode.asking import AUDIT, PUBLIC, Answer, ask

HOSTS = {
    "legislative-records": "records.legislature.example",
    "court-filings": "filings.court.example",
    "press-releases": "press.government.example",
    "campaign-statements": "statements.campaign.example",
    "news-wire": "wire.news.example",
}
BUSINESS = {"high": 3, "medium": 14, "low": 7}
PERSONAL = re.compile(r"[\w.]+@[\w.]+\.\w+|\+\d[\d ]{9,}|\b\d{3}-\d\d-\d{4}\b")
VARIABLE = re.compile(r"\w+-\d+|\d+|\S+\.example")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class View:
    """Reads a node's feed and public API."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.now = datetime.now(UTC)
        self._kept: dict[str, list[Any]] = {}

    def ago(self, **span: float) -> str:
        return (self.now - timedelta(**span)).isoformat().replace("+00:00", "Z")

    def feed(self, path: str, since: str | None = None) -> list[Any]:
        full = f"{AUDIT}{path}" + (f"?since={since}" if since else "")
        if full not in self._kept:
            self._kept[full] = ask(self.app, full).lines
        return self._kept[full]

    def public(self, path: str) -> Answer:
        return ask(self.app, f"{PUBLIC}{path}")

    def metric(self, name: str) -> dict[str, float]:
        text = ask(self.app, "/metrics").body.decode()
        found = re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.M)
        return {labels: float(value) for labels, value in found}


Symptom = Callable[[View], bool]
SYMPTOMS: dict[str, Symptom] = {}


def symptom(name: str) -> Callable[[Symptom], Symptom]:
    def keep(see: Symptom) -> Symptom:
        SYMPTOMS[name] = see
        return see

    return keep
