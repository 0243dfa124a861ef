"""What a target's file says of verifiable samples, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

#: The longest interval (seconds) between two rounds, and the longest wait, that a run can sit through.
_LONGEST = 3600


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How much is drawn, and where the seed comes from that decides what.

    ``seed``: "beacon" (a public beacon in drand's form: ``beacon_url``/ROUND, round 1 at the Unix time
    ``beacon_genesis``, then one every ``beacon_period`` seconds; the round is the first that is due ``margin_seconds``
    after the commitment), "file" (the text in ``path``), "public-dice" (the same, of dice thrown after the commitment:
    the run waits ``wait_seconds`` for it), or "run" (the run's own chance, which nobody else can check).
    ``risk`` is the chance of a wrong assurance. ``most`` items and ``megabytes`` at most of the last ``days``' sources
    are read; of ``alerts`` published alerts, the bytes of every source. A "fixed" plan allows ``errors_allowed``.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    seed: Literal["run", "beacon", "file", "public-dice"] = "run"
    beacon_url: str = ""
    beacon_genesis: int = 0
    beacon_period: float = 0
    margin_seconds: float = 10
    path: str = ""
    wait_seconds: float = 600
    plan: Literal["sequential", "fixed"] = "sequential"
    errors_allowed: int = 0
    risk: float = 0.05
    days: int = 28
    most: int = 400
    megabytes: float = 200
    alerts: int = 20


def mistakes(table: Sampling) -> Iterator[str]:
    """What is wrong, each with its key."""
    if table.seed == "beacon":
        if not re.match(r"https?://[^/@\s]+[^\s?#]*$", table.beacon_url):
            yield f"[sampling] beacon_url: {table.beacon_url!r} is not an http(s) URL without a password"
        if table.beacon_genesis <= 0:
            yield "[sampling] beacon_genesis: missing; it is the Unix time of the beacon's round 1"
        if not 0 < table.beacon_period <= _LONGEST:
            yield f"[sampling] beacon_period: {table.beacon_period:g} is no number of seconds above 0 to {_LONGEST}"
    elif table.seed in {"file", "public-dice"} and not table.path:
        yield f"[sampling] path: missing; a seed of kind {table.seed!r} is read from a file"
    for key in ("margin_seconds", "wait_seconds"):
        if not 0 <= getattr(table, key) <= _LONGEST:
            yield f"[sampling] {key}: {getattr(table, key):g} is no number of seconds from 0 to {_LONGEST}"
    if not 0 < table.risk < 0.5:
        yield f"[sampling] risk: {table.risk:g} is no chance above 0 and below 0.5"
    for key in ("days", "most", "megabytes", "alerts"):
        if getattr(table, key) <= 0:
            yield f"[sampling] {key}: {getattr(table, key):g} is not above 0: nothing would be looked at"
    if table.errors_allowed < 0:
        yield f"[sampling] errors_allowed: {table.errors_allowed} is below 0"
