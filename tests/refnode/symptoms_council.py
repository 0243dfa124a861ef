"""Symptoms of the node's own council: what it answers for a weekly and for a monthly subject."""

import json
from datetime import timedelta
from typing import Any

from tests.refnode.asking import ask
from tests.refnode.view import View, instant, symptom

SUBJECT = "a" * 64


def _records(view: View, duty: str) -> list[Any]:
    body = ask(view.app, f"/council/attestations?duty={duty}&subject={SUBJECT}").body
    return list(json.loads(body))


def _met(view: View) -> list[Any]:
    month = (view.now - timedelta(days=31)).date()
    return [each for each in _records(view, "monthly.m") if instant(each["date"]).date() > month]


@symptom("review missing")
def _unreviewed(view: View) -> bool:
    return not _records(view, "weekly.w")


@symptom("another subject reviewed")
def _astray(view: View) -> bool:
    return any(each["subject"] != SUBJECT for each in _records(view, "weekly.w"))


@symptom("review rejected")
def _rejected(view: View) -> bool:
    return any(each["decision"] != "approved" for each in _records(view, "weekly.w"))


@symptom("no meeting this month")
def _unmet(view: View) -> bool:
    return not _met(view)


@symptom("board without its chair")
def _headless(view: View) -> bool:
    return any("chair" not in {signed["role"] for signed in each["signatures"]} for each in _met(view))
