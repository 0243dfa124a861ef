"""What a look for weaknesses found: open ports, our findings, other scanners' results. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from junzi_audit.findings import Unseen
from junzi_audit.seen.tickets import Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Weakness:
    """One thing that should not be so. ``repeat`` is how a person sees it again, with no key in it."""

    id: str
    severity: Severity
    where: str
    what: str
    repeat: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one part of the scan came to: ``looked`` things were looked at, and some perhaps could not be.

    ``remarks`` say what did not apply, such as certificates where there is no TLS.
    """

    looked: int
    found: tuple[Weakness, ...] = ()
    unseen: tuple[tuple[str, Unseen], ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenPort:
    """A port that took a connection; ``service`` is what usually listens there."""

    host: str
    port: int
    service: str


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The open ports of one host, of the ``looked`` ones asked; ``spec`` says which these were.

    ``unseen``: of a host with addresses in two families, the one that did not answer.
    """

    host: str
    spec: str
    looked: int
    open: tuple[OpenPort, ...]
    unseen: tuple[tuple[str, Unseen], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One result of another scanner. ``score``: 0 to 10, None where it gives none; ``level``: SARIF's word.

    ``unrated`` says why neither tells how grave it is; empty when one does.
    """

    rule: str
    level: str
    score: float | None
    where: str
    what: str
    help: str
    suppressed: bool
    unrated: str = ""


@dataclass(frozen=True, kw_only=True)
class ScannerRun:
    """One run of another scanner. ``at`` is when it ended, else when its file was written.

    ``failure`` says why it did not look at everything, by its own word; empty when it did.
    """

    file: str
    tool: str
    version: str
    at: datetime
    results: tuple[Result, ...]
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """One port's TLS. ``expires`` is None when ``distrust`` says why the certificate was not taken.

    ``old``: the old protocols it accepts; ``unanswered``: those it neither accepted nor refused.
    """

    host: str
    port: int
    protocol: str
    distrust: str
    expires: datetime | None
    old: tuple[str, ...]
    unanswered: tuple[tuple[str, Unseen], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ciphers:
    """The cipher suites a port accepts, as (protocol, name), and the weaknesses found by name."""

    host: str
    port: int
    suites: tuple[tuple[str, str], ...]
    named: tuple[str, ...]
