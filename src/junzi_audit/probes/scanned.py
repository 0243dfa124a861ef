"""What a scan of a decision log returns: frozen sums, bins and counts, in the words of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCount:
    """``rows`` decisions of one group on one UTC day (None: the log has no times), by decision and outcome."""

    day: date | None
    attribute: str
    group: str
    selected: bool
    outcome: bool | None
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupSums:
    """One group's three tallies, each as n, hits, clusters, x², x·m, m² (see ``measures.tally``)."""

    group: str
    selection: tuple[int, ...]
    positives: tuple[int, ...]
    negatives: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttributeSums:
    """One attribute's groups, by name, and its excluded rows as (reason, rows)."""

    name: str
    groups: tuple[GroupSums, ...]
    excluded: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """What a decision log holds of its groups: ``rows`` were looked at."""

    rows: int
    attributes: tuple[AttributeSums, ...]
    days: tuple[DayCount, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Equal cells from ``low`` to ``high`` (closed) for one numeric column, frozen with its baseline."""

    column: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bins:
    """Rows of one column per cell, below and above the grid, and without a number (missing or NaN)."""

    grid: Grid
    counts: tuple[int, ...]
    below: int
    above: int
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Kinds:
    """Rows of one column per value (by name), and without a value."""

    column: str
    counts: tuple[tuple[str, int], ...]
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """What a decision log holds of its values; ``untimed`` rows belong to no window and are not among ``rows``."""

    rows: int
    bins: tuple[Bins, ...]
    kinds: tuple[Kinds, ...]
    untimed: int
