"""Faults of maintenance: bugs that wait, and packages and advisories that nobody looks after."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refnode.faults.fault import Fault
from refnode.temper import Temper


def _tickets(word: str) -> Callable[[Temper, Any], Temper]:
    return lambda temper, _: replace(temper, tickets=temper.tickets | {word})


FAULTS = (
    Fault(
        name="tickets-old",
        does="3 of the open tickets, of critical, high and medium severity, are 20, 60 and 200 days old",
        live=_tickets("old"),
    ),
    Fault(
        name="tickets-untriaged",
        does="5 of the open tickets have lost the label that tells their severity",
        live=_tickets("untriaged"),
    ),
    Fault(
        name="tickets-piling",
        does="since 3 weeks, 4 tickets of low severity are opened each week and none of them is closed",
        live=_tickets("piling"),
    ),
    Fault(
        name="packages-vulnerable",
        does="the bill of materials tells of an old release of one package, with a known weakness",
        live=lambda temper, _: replace(temper, outdated=True),
    ),
    Fault(
        name="advisories-stale",
        does="the newest of the advisories that the node serves is 40 days old",
        live=lambda temper, _: replace(temper, advisories_age=40),
    ),
)
