"""The vocabulary every room speaks: what is owed, by whom, and how it may come out. Standard library only."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

_STRICT = {"extra": "forbid"}
_COMPARATORS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}


class Cadence(StrEnum):
    """How often the plan asks; also the pytest marker that schedules the duty."""

    HEARTBEAT = "heartbeat"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    EMERGENCY = "emergency"
    GOVERNANCE = "governance"


class Impact(StrEnum):
    """What a breach costs the people JUNZI writes about; it also caps how long a waiver may last."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Kind(StrEnum):
    """How a duty is answered: by measuring, by people attesting, or by acting and undoing."""

    MEASURED = "measured"
    ATTESTED = "attested"
    DRILL = "drill"


class Environment(StrEnum):
    """What stands behind a target; a URL nobody described is treated as live."""

    EMBEDDED = "embedded"
    RECORDED = "recorded"
    STAGING = "staging"
    LIVE = "live"


class Verdict(StrEnum):
    """What a duty came out as. Unknown is never met: see ``worst``."""

    MET = "MET"
    BREACHED = "BREACHED"
    INCONCLUSIVE = "INCONCLUSIVE"
    AWAITING = "AWAITING"
    OVERDUE = "OVERDUE"
    WAIVED = "WAIVED"


#: From the one that decides the whole to the one that decides nothing.
SEVERITY = (
    Verdict.BREACHED,
    Verdict.INCONCLUSIVE,
    Verdict.OVERDUE,
    Verdict.AWAITING,
    Verdict.WAIVED,
    Verdict.MET,
)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict of the whole; nothing judged at all is INCONCLUSIVE, never MET."""
    return min(verdicts, key=SEVERITY.index, default=Verdict.INCONCLUSIVE)


class Cause(StrEnum):
    """Why something could not be judged."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    UNAUTHORISED = "unauthorised"
    THROTTLED = "throttled"
    SERVER_ERROR = "server error"
    MALFORMED = "malformed"
    TOO_LARGE = "too large"
    REDIRECTED = "redirected to another host"
    STALE = "stale"
    TOO_FEW = "too few records"
    UNDEFINED = "undefined"
    NO_BASELINE = "no baseline"
    NOT_CONFIGURED = "not configured"
    NOT_RECORDED = "not recorded"
    REFUSED = "refused here"
    BROKEN_CHECK = "the check itself broke"
    NO_CHECK = "no check yet"
    NOT_RUN = "not run"


class Unobservable(Exception):
    """The world could not be seen; turns into INCONCLUSIVE with its cause, never into a pass or a breach."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A comparison a figure must satisfy, such as ``<= 0.02``."""

    comparator: str
    value: float

    def holds(self, figure: float) -> bool:
        """Whether the figure satisfies the bound; NaN never does."""
        return bool(_COMPARATORS[self.comparator](figure, self.value))

    @property
    def is_ceiling(self) -> bool:
        """True when smaller is better."""
        return self.comparator.startswith("<")

    def __str__(self) -> str:
        return f"{self.comparator} {self.value:g}"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One bound of a duty: what must hold, in which unit, and who published the figure."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    bound: Bound
    unit: str
    meaning: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Tripwire:
    """A fault of the reference node that must give the duty the verdict (as a rule BREACHED) on the named limits."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    fault: str
    breaches: tuple[str, ...]
    verdict: Verdict = Verdict.BREACHED


@dataclass(frozen=True, kw_only=True)
class Quorum:
    """Who must sign for a body to have spoken: somebody in each of the roles, ``least`` different people in all."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    roles: tuple[str, ...]
    least: int


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """One duty of the plan, as its TOML table states it.

    ``quorum``: of the owner's members, where people answer; ``quorums``: by body, where several must.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str
    cadence: Cadence
    title: str
    clause: str
    owner: str
    impact: Impact
    why: str
    remedy: str
    escalates_to: str
    kind: Kind
    where: tuple[Environment, ...]
    controls: tuple[str, ...]
    limits: tuple[Limit, ...]
    tripwires: tuple[Tripwire, ...]
    quorum: Quorum | None = None
    quorums: Mapping[str, Quorum] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A signed-off exception; the real verdict stays beside it. Only the duty's owner may approve one."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    reason: str
    approver: str
    granted: datetime
    expires: datetime


#: The longest a waiver may last, by impact: the more it hurts, the sooner it is looked at again.
WAIVER_DAYS = {Impact.CRITICAL: 7, Impact.HIGH: 14, Impact.MEDIUM: 30, Impact.LOW: 90}


def utc(text: str) -> datetime:
    """An RFC 3339 instant as an aware UTC datetime; ValueError when it has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """The instant as RFC 3339 in UTC with a trailing Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


DAY = timedelta(days=1)
#: By how much the clocks of a node and of the auditor may differ (contract, section 8).
SKEW = timedelta(minutes=5)
#: The bodies of people that the plan names, beside its teams.
BOARD = "Ethical Governance Board"
BIAS_COUNCIL = "Bias Monitoring Council"
FEEDBACK_COUNCIL = "Community Feedback Council"
