"""What a backup is said to hold, and what its restored copy was found to hold. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

_STRICT = {"extra": "ignore", "strict": True}
#: Under which references that the schema itself declares are told.
FOREIGN_KEYS = "foreign keys"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What an outage of one tier may cost, in minutes: until all is back (RTO), and of lost work (RPO)."""

    outage: str
    rto: float
    rpo: float


#: The published tiers.
TIERS = {
    1: Allowance(outage="critical outage", rto=60, rpo=15),
    2: Allowance(outage="data corruption", rto=240, rpo=30),
    3: Allowance(outage="loss of a region", rto=720, rpo=60),
    4: Allowance(outage="total loss", rto=1440, rpo=120),
}


@dataclass(frozen=True, kw_only=True)
class Contents:
    """One table: its columns in their order, how many rows, and their digest whatever the order of the rows."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    columns: tuple[str, ...]
    rows: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What was written when the backup was taken: ``file`` holds it, with ``bytes`` bytes of that SHA-256.

    ``broken``: references that were broken in the source as well, by the column that refers.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    taken_at: datetime
    file: str
    bytes: int
    sha256: str
    tables: Mapping[str, Contents]
    broken: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the restoring, and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came of restoring. ``problem`` says why there is no copy that could be read; then the rest is empty.

    ``references``: how many each referring column holds; ``broken``: how many of them lead nowhere. ``severed``:
    referring columns that the copy lacks, or lacks what they refer to. ``absent``: the ids looked for that it lacks.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    problem: str = ""
    tables: Mapping[str, Contents] = field(default_factory=dict)
    references: Mapping[str, int] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)
    severed: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def seconds(self) -> float:
        """From the beginning until the copy was verified."""
        return sum(step.seconds for step in self.steps)
