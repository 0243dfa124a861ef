"""Faults of the councils' registers: bias findings that nobody takes up, and concerns that nobody answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refnode.faults.fault import Fault
from refnode.temper import Temper

Change = Callable[[Temper, Any], Temper]


def _concerns(word: str) -> Change:
    return lambda temper, _: replace(temper, concerns=temper.concerns | {word})


def _mitigations(word: str) -> Change:
    return lambda temper, _: replace(temper, mitigations=temper.mitigations | {word})


FAULTS = (
    Fault(
        name="mitigation-missing",
        does="one open bias finding has no owner, and another one no mitigation",
        live=_mitigations("missing"),
    ),
    Fault(
        name="mitigation-overdue",
        does="the oldest open bias finding was due 10 days ago",
        live=_mitigations("overdue"),
    ),
    Fault(
        name="concerns-unanswered",
        does="3 concerns of 30 to 60 days ago are acknowledged and not answered",
        live=_concerns("unanswered"),
    ),
    Fault(
        name="concerns-unpublished",
        does="2 answers of weeks ago are not published, and of the others no page is there",
        live=_concerns("unpublished"),
    ),
    Fault(
        name="concerns-dropped",
        does="3 user reports of 3 to 25 days ago are in no register",
        live=_concerns("dropped"),
    ),
)
