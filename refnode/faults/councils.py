"""Faults of the people: a council that reviewed nothing, something else, or rejected it; a board that did not meet."""

from dataclasses import replace
from typing import Any

from refnode.faults.fault import Fault
from refnode.temper import Temper


def _council(temper: Temper, **changes: Any) -> Temper:
    return replace(temper, council=replace(temper.council, **changes))


FAULTS = (
    Fault(
        name="review-missing",
        does="the council has signed no weekly review",
        live=lambda temper, _: _council(temper, reviews=False),
    ),
    Fault(
        name="review-of-another-digest",
        does="the council signs its weekly reviews of something else than it is asked about",
        live=lambda temper, _: _council(temper, astray=True),
    ),
    Fault(
        name="review-rejected",
        does="the councils reject what they review weekly, and every month's register",
        live=lambda temper, _: _council(temper, rejects=True),
    ),
    Fault(
        name="meeting-missing",
        does="the board last met 33 days ago",
        live=lambda temper, _: _council(temper, meets=False),
    ),
    Fault(
        name="meeting-inquorate",
        does="the board met today without its chair and its secretary, and properly 33 days ago",
        live=lambda temper, _: _council(temper, absent=2),
    ),
)
