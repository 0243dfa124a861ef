"""What one look is: the request that is asked, the answer that came back, and who keeps it as evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote, urlencode

from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable

Params = Sequence[tuple[str, str]]

#: Headers that hold no secret; all others may.
_PLAIN = {"content-type", "x-audit-label"}


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
    """One request, as a rule a GET. ``headers`` may hold secrets: they are sent, and never kept.

    Any other method is a write, which a target must allow, unless it is ``dry``: nothing is changed by it, by contract.

    ``heads`` names headers of the answer, in lower case, that are read and kept as evidence of their own.
    """

    probe: str
    url: str
    params: Params = ()
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    bounds: Bounds = Bounds()
    retry: bool = True
    redact: Callable[[bytes], bytes] | None = None
    heads: tuple[str, ...] = ()
    method: str = "GET"
    body: bytes = b""
    dry: bool = False

    @property
    def query(self) -> str:
        """What was asked, in words an auditor can repeat: method, URL, parameters and the body's digest, no header."""
        sent = f" with a body of SHA-256 {sha256(self.body).hexdigest()}" if self.body else ""
        return f"{self.method} {self.url}" + (f"?{urlencode(self.params)}" if self.params else "") + sent

    @property
    def secrets(self) -> list[str]:
        """What was sent and must never be kept: every header but those that say nothing of us."""
        return [value for name, value in self.headers.items() if name.lower() not in _PLAIN]

    @property
    def heads_query(self) -> str:
        """Under which the headers of the answer are kept."""
        return f"HEADERS of {self.query}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, with the observation that keeps it. ``cause`` is set when nothing usable did."""

    observation: Observation
    body: bytes
    cause: Cause | None = None
    heads: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status; 0 when there was none."""
        return self.observation.status

    def came(self) -> Answer:
        """Itself, whatever its status; Unobservable with the cause when none came."""
        if self.cause is not None:
            raise Unobservable(self.cause, f"{self.observation.query}: {self.body.decode(errors='replace')}")
        return self

    def usable(self) -> Answer:
        """Itself when it is a 200; Unobservable with the cause otherwise."""
        if self.came().status == 200:
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
