"""Faults in an emergency: slow, unheeded or careless responses, and corrections that do not correct."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refnode.faults.arguments import seconds
from refnode.faults.fault import Fault
from refnode.temper import Temper


def _responding(temper: Temper, **changes: Any) -> Temper:
    return replace(temper, responding=replace(temper.responding, **changes))


def _wrong(name: str) -> Callable[[Temper, Any], Temper]:
    return lambda temper, _: _responding(temper, wrong=temper.responding.wrong | {name})


def _fault(name: str, does: str) -> Fault:
    return Fault(name=name, does=does, live=_wrong(name))


FAULTS = (
    Fault(
        name="classification-slow",
        argument="SECONDS",
        default="45",
        read=seconds,
        does="a reported incident is classified only after so many seconds",
        live=lambda temper, late: _responding(temper, classified_after=late),
    ),
    _fault("freeze-ignored", "a freeze is noted as active, and the public API goes on"),
    _fault("freeze-loses-writes", "while frozen, reports and disputes are answered 202 and never kept"),
    _fault("recovery-unapproved", "start-recovery lifts a safeguard that nobody approved"),
    _fault("recovery-unheeded", "start-recovery refuses what nobody approved, and lifts the safeguard all the same"),
    _fault("freeze-leaky", "while frozen, the public corrections are shown"),
    _fault("escalation-ignored", "BiasAuditAgent sees no anomaly, however often a group is flagged"),
    _fault("withholds-everything", "while outputs of a group are withheld, no alert of any group is shown"),
    _fault("outputs-stay-withheld", "withheld outputs do not come back when the safeguard is lifted"),
    _fault("correction-ignored", "a false alert that was reported stays public, and is not corrected"),
    _fault("correction-unsourced", "a correction names neither sources nor the incident"),
    _fault("downstream-untold", "no subscriber is told of a correction"),
    _fault("record-erased", "a false alert that is withdrawn is deleted from the audit feed too"),
    _fault("alerts-early", "alerts are shown although a recovery is under way"),
)
