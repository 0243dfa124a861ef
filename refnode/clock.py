"""The node's clock: instants as whole milliseconds, stored relative to an anchor so that seeded data ends now."""

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms() -> int:
    """Give the wall clock in whole milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def rfc3339(epoch_ms: int) -> str:
    """Write an instant as `2026-03-01T12:00:00.000Z`."""
    seconds, millis = divmod(epoch_ms, 1000)
    moment = time.gmtime(seconds)
    return (
        f"{moment[0]:04d}-{moment[1]:02d}-{moment[2]:02d}T{moment[3]:02d}:{moment[4]:02d}:{moment[5]:02d}.{millis:03d}Z"
    )


def parse_rfc3339(text: str) -> int:
    """Read an instant with a zone as milliseconds since the epoch, rounded up; ValueError when it is none.

    Rounding up keeps both ends of a half-open interval exact, because everything stored is whole milliseconds.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        micros = (moment - EPOCH) // timedelta(microseconds=1)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error
    return math.ceil(micros / 1000)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Turns stored milliseconds into instants.

    anchor: the epoch milliseconds (a whole minute) that stored time 0 stands for.
    ahead: milliseconds by which the node's *announced* time runs ahead (0 unless a fault says so).
    """

    anchor: int
    ahead: int = 0

    def now(self) -> int:
        """Give the present as stored (anchor-relative) milliseconds."""
        return now_ms() - self.anchor

    def announced(self) -> int:
        """Give the present as the node announces it, in epoch milliseconds."""
        return now_ms() + self.ahead

    def text(self, stored: int) -> str:
        """Write a stored time as RFC 3339."""
        return rfc3339(self.anchor + stored)

    def maybe(self, stored: int | None) -> str | None:
        """Write a stored time as RFC 3339, or give None for none."""
        return None if stored is None else rfc3339(self.anchor + stored)


def minute_of(epoch_ms: int) -> int:
    """Give the start of the minute that holds the instant."""
    return epoch_ms - epoch_ms % MINUTE
