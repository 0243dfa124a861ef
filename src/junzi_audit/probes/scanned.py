"""What a scan of a decision log is asked for and returns, beside counts, histograms and looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen.counts import Counts
from junzi_audit.seen.histograms import Histogram


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCount:
    """``rows`` decisions of one group on one UTC day (None: the log has no times), by decision and outcome."""

    day: date | None
    attribute: str
    group: str
    selected: bool
    outcome: bool | None
    rows: int


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What a decision log holds of an interval; ``untold``: what of it the log tells nothing of, in words."""

    untold: str = ""

    @property
    def hole(self) -> Unseen | None:
        """What is untold, to stand beside a reading of what is told; None when nothing is."""
        return Unseen(cause=Cause.STALE, detail=self.untold) if self.untold else None

    def whole(self) -> Self:
        """The same, if nothing is untold; else Unobservable(stale)."""
        if self.untold:
            raise Unobservable(Cause.STALE, self.untold)
        return self


@dataclass(frozen=True, kw_only=True)
class Groups(Interval):
    """What a decision log holds of its groups."""

    counts: Counts
    days: tuple[DayCount, ...]


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


@dataclass(frozen=True, kw_only=True)
class Values(Interval):
    """What a decision log holds of its values, by column; ``untimed`` rows belong to no window, nor to ``rows``."""

    rows: int
    histograms: Mapping[str, Histogram]
    categories: Mapping[str, Categories]
    untimed: int

    @property
    def counted(self) -> dict[str, Mapping[str, int]]:
        """Rows per category, by column."""
        return {name: each.counts for name, each in self.categories.items()}

    @property
    def missing(self) -> dict[str, tuple[int, int]]:
        """Rows without a value, and all rows, by column."""
        empty = {name: each.missing for name, each in self.histograms.items()}
        empty |= {name: each.missing for name, each in self.categories.items()}
        return {name: (rows, self.rows) for name, rows in empty.items()}
