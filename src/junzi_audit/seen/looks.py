"""What one look at a stream saw: counts of clusters by group, size and hits. Standard library only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date

#: The name of the stream that asks for no attribute: every decision is in it, whoever it was about.
EVERYONE = "all decisions"


def among(group: str, outcome: bool) -> str:
    """The name of the records of a group that have this outcome."""
    return f"{group} | outcome={'yes' if outcome else 'no'}"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Cell:
    """``clusters`` independent units (an entity on a day, a minute) of a group, each with ``hits`` in ``size`` records.

    One row of ``GROUP BY day, group, hits, size`` over units. Records without clusters have size 1.
    """

    group: str
    size: int
    hits: int
    clusters: int

    def __post_init__(self) -> None:
        if not (0 <= self.hits <= self.size and self.size > 0 and self.clusters > 0):
            raise ValueError(f"this cell cannot come from counting: {self}")

    @property
    def wrong(self) -> int:
        """Of the records of a cluster ``among`` an outcome: decided yes with outcome no, or no with outcome yes."""
        return self.size - self.hits if self.group.endswith("=yes") else self.hits


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one look saw. ``day`` is the day the records were observed; late ones never enter an earlier look.

    ValueError when two cells have the same group, size and hits.
    """

    day: date
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if len({(cell.group, cell.size, cell.hits) for cell in self.cells}) < len(self.cells):
            raise ValueError(f"{self.day}: a cell is given twice")

    @property
    def digest(self) -> str:
        """SHA-256 over the day and its cells, in whatever order they came."""
        rows = [[cell.group, cell.size, cell.hits, cell.clusters] for cell in sorted(self.cells)]
        return hashlib.sha256(json.dumps([self.day.isoformat(), rows]).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """One attribute, or ``EVERYONE``, day by day.

    The selected by day of decision, and among each outcome by the day that it was known. Groups of ``odds`` are named
    by ``among``.
    """

    selection: tuple[Look, ...]
    odds: tuple[Look, ...]
