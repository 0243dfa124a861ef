"""What one look is: the GET that is asked, the answer that came back, and who keeps it as evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlencode

from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable

Params = Sequence[tuple[str, str]]


def segment(name: str) -> str:
    """An id from a node as one segment of a path; Unobservable for one that would lead to another page."""
    if name in {"", ".", ".."}:
        raise Unobservable(Cause.MALFORMED, f"the node uses {name!r} as an id, which no path can carry")
    return quote(name, safe="", errors="replace")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long we wait (seconds) and how much we read (bytes) of one answer."""

    connect: float = 2
    read: float = 5
    total: float = 10
    size: int = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One GET. ``headers`` may hold secrets: they are sent, and never kept."""

    probe: str
    url: str
    params: Params = ()
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    bounds: Bounds = Bounds()
    retry: bool = True
    redact: Callable[[bytes], bytes] | None = None

    @property
    def query(self) -> str:
        """What was asked, in words an auditor can repeat: method, URL and parameters, no header."""
        return f"GET {self.url}" + (f"?{urlencode(self.params)}" if self.params else "")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, with the observation that keeps it. ``cause`` is set when nothing usable did."""

    observation: Observation
    body: bytes
    cause: Cause | None = None

    @property
    def status(self) -> int:
        """The HTTP status; 0 when there was none."""
        return self.observation.status

    def usable(self) -> Answer:
        """Itself when it is a 200; Unobservable with the cause otherwise."""
        if self.cause is not None:
            raise Unobservable(self.cause, f"{self.observation.query}: {self.body.decode(errors='replace')}")
        if self.status == 200:
            return self
        causes = {401: Cause.UNAUTHORISED, 403: Cause.UNAUTHORISED, 429: Cause.THROTTLED}
        cause = causes.get(self.status, Cause.SERVER_ERROR if self.status >= 500 else Cause.MALFORMED)
        raise Unobservable(cause, f"{self.observation.query} answered {self.status}")


class Recorder(Protocol):
    """Where observations are kept, and where a replay finds them."""

    def replay(self, query: str) -> tuple[Observation, bytes, Cause | None] | None:
        """The recorded answer to the query; None when this is a live run. Unobservable when it was never recorded."""

    def keep(
        self, *, probe: str, query: str, at: datetime, seconds: float, status: int, body: bytes, cause: Cause | None
    ) -> Observation:
        """Store the bytes under their digest and note the observation for the duty being checked."""
