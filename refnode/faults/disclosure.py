"""Faults of the transparency reports: a figure that is not so, no report at all, a body that did not approve."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refnode.faults.fault import Fault
from refnode.temper import Temper


def _disclosure(word: str) -> Callable[[Temper, Any], Temper]:
    return lambda temper, _: replace(temper, disclosure=word)


FAULTS = (
    Fault(
        name="report-altered",
        does="the published transparency reports tell a selection rate 5 points lower than it was",
        live=_disclosure("altered"),
    ),
    Fault(name="report-unpublished", does="no transparency report is published", live=_disclosure("unpublished")),
    Fault(
        name="report-unsigned",
        does="the Bias Monitoring Council approved no transparency report",
        live=_disclosure("unsigned"),
    ),
)
