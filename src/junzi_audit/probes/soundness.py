"""Whether the records of an answer can be what was asked for: within the interval, each once, each possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from junzi_audit.model import Cause, Unobservable, iso

T = TypeVar("T")
_NO_SLACK = timedelta(0)


def within(
    page: str, instants: Sequence[datetime], since: datetime, until: datetime, *, slack: timedelta = _NO_SLACK
) -> None:
    """Unobservable when an instant lies outside of the interval; ``slack`` lets the cell that holds ``since`` in."""
    outside = [at for at in instants if not since - slack <= at < until]
    if outside:
        words = f"{len(outside)} of {len(instants)} lines lie outside of what was asked, the first at {iso(outside[0])}"
        raise Unobservable(Cause.MALFORMED, f"{page} from {iso(since)} to {iso(until)}: {words}")


def once(page: str, name: str, keys: Sequence[Hashable]) -> None:
    """Unobservable when a key comes twice: repeated records would be counted twice."""
    again = sum(count > 1 for count in Counter(keys).values())
    if again:
        raise Unobservable(Cause.MALFORMED, f"{page}: {again} of {len(keys)} lines repeat the {name} of another")


def every(page: str, claim: str, rows: Sequence[T], holds: Callable[[T], bool]) -> None:
    """Unobservable naming the first line for which the claim does not hold."""
    for number, row in enumerate(rows, start=1):
        if not holds(row):
            raise Unobservable(Cause.MALFORMED, f"{page}, line {number}: not so: {claim}")
