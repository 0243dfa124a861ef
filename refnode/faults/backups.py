"""Faults of the newest backup: it lacks rows, is old, cannot be read, or came apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refnode.faults.fault import Fault
from refnode.temper import Temper


def _backup(word: str) -> Callable[[Temper, Any], Temper]:
    return lambda temper, _: replace(temper, backup=word)


FAULTS = (
    Fault(
        name="backup-loses-rows",
        does="the newest backup restores, and every 50th decision is missing in it",
        live=_backup("lossy"),
    ),
    Fault(name="backup-stale", does="the newest backup was taken 3 hours ago", live=_backup("stale")),
    Fault(
        name="backup-corrupt",
        does="pages of the newest backup were overwritten before it was packed",
        live=_backup("corrupt"),
    ),
    Fault(
        name="backup-orphans",
        does="every 50th decision of the newest backup names a bias audit that neither it nor its manifest has",
        live=_backup("orphans"),
    ),
)
