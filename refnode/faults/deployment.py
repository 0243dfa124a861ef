"""Faults of deployment: a model nobody approved, one that was rejected, one past the gate, one without a way back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refnode.faults.fault import Fault
from refnode.temper import Temper


def _deployed(word: str) -> Callable[[Temper, Any], Temper]:
    return lambda temper, _: replace(temper, deployment=temper.deployment | {word})


FAULTS = (
    Fault(
        name="model-unapproved",
        does="the node runs a model of the usual name with another digest, which nobody approved",
        live=_deployed("unapproved"),
    ),
    Fault(
        name="model-vetoed",
        does="the board rejected the model 3 days ago, and it still runs",
        live=_deployed("vetoed"),
    ),
    Fault(
        name="gate-skipped",
        does="the model was deployed without an outcome of the gate",
        live=_deployed("ungated"),
    ),
    Fault(
        name="rollback-unplanned",
        does="the board approved the model without a plan for going back",
        live=_deployed("planless"),
    ),
)
