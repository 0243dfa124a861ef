"""The decision log, wherever the target keeps it: counted where it lives, never carried about row by row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from junzi_audit.probes.scanned import Groups, Values
from junzi_audit.seen.looks import Looks

#: A log that tells nothing for longer than this has not been seen whole.
SILENCE = timedelta(days=1)


class Decisions(Protocol):
    """A decision log.

    ``timed``: whether its rows have times; without them, the whole log is every interval. ``reach``: how far back one
    look at it goes. An interval of which the log leaves more than a day untold is Unobservable(stale); with ``holes``
    it is counted all the same, and the check puts its ``hole`` beside what it reads, so that a breach stays a breach.
    """

    @property
    def timed(self) -> bool: ...  # noqa: D102

    @property
    def reach(self) -> timedelta: ...  # noqa: D102

    def groups(
        self, since: datetime, until: datetime, *, maturity: timedelta | None = None, holes: bool = False
    ) -> Groups:
        """Group counts of the interval, see ``scan.groups``."""

    def levels(self, since: datetime, until: datetime, *, maturity: timedelta, holes: bool = False) -> Groups:
        """The counts of every attribute within each level of the score, as intersections: "party x risk_level"."""

    def looks(self, since: datetime, until: datetime, *, maturity: timedelta) -> Mapping[str, Looks]:
        """Every attribute day by day, see ``scan.looks``; a day that is untold is no look."""

    def values(self, since: datetime, until: datetime, *, holes: bool = False) -> Values:
        """Histograms and categories of the declared columns, see ``scan.values``."""
