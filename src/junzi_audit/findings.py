"""What was seen and what came of it: observations, measurements, judgements and records. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from junzi_audit.model import Cadence, Cause, Environment, Limit, Verdict, Waiver


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
