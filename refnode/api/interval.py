"""Reads `since` and `until` of a query into stored times."""

from dataclasses import dataclass

from fastapi import HTTPException

from refnode.clock import Clock, parse_rfc3339

FAR = 10**15


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A half-open interval of stored times: since is included, until is not."""

    since: int
    until: int

    @property
    def params(self) -> dict[str, int]:
        """Give the ends as query parameters."""
        return {"since": self.since, "until": self.until}


def read_interval(clock: Clock, since: str, until: str) -> Interval:
    """Read both ends; an empty end is open. Answers 400 for what is no instant with a zone."""
    return Interval(
        since=read_instant(clock, "since", since) if since else -FAR,
        until=read_instant(clock, "until", until) if until else FAR,
    )


def read_instant(clock: Clock, name: str, given: str) -> int:
    """Read an instant as a stored time; answers 400 for what is none with a zone."""
    try:
        return parse_rfc3339(given) - clock.anchor
    except ValueError as error:
        raise HTTPException(400, f"{name} must be an RFC 3339 instant such as 2026-03-01T12:00:00.000Z") from error
