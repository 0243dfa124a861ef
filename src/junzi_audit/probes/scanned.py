"""What a scan of a decision log is asked for and returns, beside counts, histograms and looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from junzi_audit.counts import Counts
from junzi_audit.histograms import Histogram
from junzi_audit.looks import Look


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
class Groups:
    """What a decision log holds of its groups."""

    counts: Counts
    days: tuple[DayCount, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """One attribute day by day: the selected by day of decision, and among each outcome by the day that it was known.

    Groups of ``odds`` are named by ``looks.among``.
    """

    selection: tuple[Look, ...]
    odds: tuple[Look, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Equal cells from ``low`` to ``high`` (closed) for one numeric column, frozen with its baseline."""

    column: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Categories:
    """Rows of one column per value (by name), and without a value."""

    counts: Mapping[str, int]
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """What a decision log holds of its values, by column; ``untimed`` rows belong to no window, nor to ``rows``."""

    rows: int
    histograms: Mapping[str, Histogram]
    categories: Mapping[str, Categories]
    untimed: int
