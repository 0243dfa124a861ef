"""The vocabulary every room speaks: what is owed, seen, counted and judged. Standard library only."""

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
    """A fault of the reference node that must make the duty BREACHED on the named limits."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    fault: str
    breaches: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """One duty of the plan, as its TOML table states it."""

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


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One look at the world: what was asked, when, and the digest of the bytes that came back."""

    id: str
    probe: str
    query: str
    at: datetime
    seconds: float
    status: int
    sha256: str
    size: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """How a person would rather see an exhibit's rows. Columns are named by index.

    ``intervals``: one row per group, value with low and high. ``series``: value (low, high) against a time or number in
    ``label``. ``bars``: one bar per row. ``limit`` draws a labelled line at that value.
    """

    kind: str
    label: int
    value: int
    low: int | None = None
    high: int | None = None
    limit: float | None = None
    limit_label: str = ""
    value_label: str = ""


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A table that explains a figure, with the chart drawn from the same rows (if any)."""

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    chart: Chart | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A figure that answers for itself.

    A census was counted exactly (``low == high == value``); an estimate carries its interval. ``n`` is how many records
    were looked at: zero can never be MET. ``missing`` says how many more records an inconclusive estimate needs.
    ``expected`` is the stored baseline's figure, where there is one.
    """

    value: float
    low: float
    high: float
    n: int
    missing: int = 0
    expected: float | None = None
    detail: str = ""
    exhibits: tuple[Exhibit, ...] = ()

    @property
    def is_census(self) -> bool:
        """True when the figure was counted, not estimated."""
        return self.low == self.value == self.high


def census(
    value: float, *, n: int, detail: str = "", expected: float | None = None, exhibits: tuple[Exhibit, ...] = ()
) -> Measurement:
    """A figure counted exactly over ``n`` records."""
    return Measurement(value=value, low=value, high=value, n=n, detail=detail, expected=expected, exhibits=exhibits)


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """One figure of a duty that could not be seen, while others could; ``exhibits`` show how far it got."""

    cause: Cause
    detail: str
    exhibits: tuple[Exhibit, ...] = ()


Reading = Measurement | Unseen | Mapping[str, Measurement | Unseen]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One limit held against one reading. ``stream`` names which of several (an agent, a feed), else empty."""

    limit: Limit
    stream: str
    verdict: Verdict
    reading: Measurement | Unseen
    reason: str

    @property
    def label(self) -> str:
        """The limit's name, with the stream where there is more than one."""
        return f"{self.limit.name}[{self.stream}]" if self.stream else self.limit.name


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


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one duty came out as in one run: one line of ``results.jsonl``."""

    duty: str
    verdict: Verdict
    reason: str
    started: datetime
    seconds: float
    cause: Cause | None = None
    judgements: tuple[Judgement, ...] = ()
    observations: tuple[Observation, ...] = ()
    baselines: tuple[str, ...] = ()
    real_verdict: Verdict | None = None
    waiver: Waiver | None = None


@dataclass(frozen=True, kw_only=True)
class RunHeader:
    """What was decided before anything was looked at; the first line of ``results.jsonl``.

    ``proven`` says when each duty was last seen to fail on a broken reference node, by ``make matrix`` here.
    """

    run: str
    started: datetime
    target: str
    environment: Environment
    nodes: tuple[str, ...]
    cadences: tuple[Cadence, ...]
    due: tuple[str, ...]
    plan_digest: str
    target_digest: str
    baseline_digests: Mapping[str, str]
    versions: Mapping[str, str]
    seed: int
    replay_of: str = ""
    notes: tuple[str, ...] = ()
    proven: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """The last line of ``results.jsonl``; without it the run did not finish."""

    finished: datetime
    verdict: Verdict
    exit_status: int


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
