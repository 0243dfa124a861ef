"""Symptoms of the councils' registers: findings nobody took up, concerns unanswered, unpublished or left out."""

from datetime import timedelta
from typing import Any

from tests.refnode.asking import ask
from tests.refnode.view import View, instant, symptom


def _open(view: View) -> list[Any]:
    return [each for each in view.feed("/bias-findings") if each["state"] != "closed"]


@symptom("finding without owner or mitigation")
def _unowned(view: View) -> bool:
    return not all(each["owner"] and each["mitigation"] and each["due"] for each in _open(view))


@symptom("mitigation overdue")
def _overdue(view: View) -> bool:
    return any(instant(each["due"]) < view.now for each in _open(view) if each["due"])


@symptom("concern unanswered")
def _unanswered(view: View) -> bool:
    waiting = [each for each in view.feed("/concerns") if each["answered_at"] is None]
    return any(view.now - instant(each["received_at"]) > timedelta(days=21) for each in waiting)


@symptom("answer unpublished")
def _unpublished(view: View) -> bool:
    answered = [each for each in view.feed("/concerns") if each["answered_at"] is not None]
    late = [each for each in answered if view.now - instant(each["answered_at"]) > timedelta(days=7)]
    pages = [each["published_url"] for each in late]
    return not all(pages) or any(ask(view.app, page).status != 200 for page in pages[-5:])


@symptom("report left out")
def _dropped(view: View) -> bool:
    known = {each["report_id"] for each in view.feed("/concerns")}
    return any(each["report_id"] not in known for each in view.feed("/user-reports"))
