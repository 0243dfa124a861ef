"""Faults that a random audit finds: wrong contradictions, unexplained scores, reviewers careless or away."""

from dataclasses import replace
from typing import Any

from refnode.faults.arguments import share
from refnode.faults.fault import Fault
from refnode.temper import Temper


def _reviewers(temper: Temper, **changes: Any) -> Temper:
    return replace(temper, reviewers=replace(temper.reviewers, **changes))


FAULTS = (
    Fault(
        name="contradictions-wrong",
        argument="SHARE",
        default="0.2",
        read=share,
        does="the built-in reviewers do not uphold that share of the contradictions",
        live=lambda temper, part: _reviewers(temper, wrong=part),
    ),
    Fault(
        name="scores-unexplained",
        argument="SHARE",
        default="0.05",
        read=share,
        does="that share of the scores does not follow from its stated factors, by 1.5 of 10",
        live=lambda temper, part: replace(temper, unexplained=part),
    ),
    Fault(
        name="reviews-missing",
        does="the built-in reviewers have answered no worksheet",
        live=lambda temper, _: _reviewers(temper, answers=False),
    ),
    Fault(
        name="reviewer-careless",
        does="the second of the built-in reviewers upholds whatever is on the worksheet",
        live=lambda temper, _: _reviewers(temper, careless=True),
    ),
)
