"""What was seen and what came of it: observations, measurements, judgements and records. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    ``label``. ``bars``: one bar per row. ``histogram``: one bin per row, from the number in ``label`` to the one in
    ``end``, or named by ``label``; ``value`` is its share, not its density: bins of unequal width are drawn alike.
    ``spans``: one row each from ``low`` to ``high``; it failed where its ``value`` is no figure or above ``reference``.
    ``limit`` draws a labelled line at that value.

    ``reference`` is the column that the value is compared with, as a rule the baseline's: a second line (series), a
    mark on each row (intervals, bars) or an outline (histogram), named by ``reference_label``, else by the column's
    name. ``log`` gives a series a logarithmic axis, with zero and below at its bottom and what is infinite at its top.
    """

    kind: str
    label: int
    value: int
    low: int | None = None
    high: int | None = None
    limit: float | None = None
    limit_label: str = ""
    value_label: str = ""
    reference: int | None = None
    reference_label: str = ""
    end: int | None = None
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A table that explains a figure, with the chart drawn from the same rows (if any)."""

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    chart: Chart | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What many looks at one stream add up to against its claim: the budgeted answer to "is it broken?".

    ``value``: evidence after the latest look; ``threshold``: where it breaches, so that a claim that holds all year is
    called broken with at most 5 % chance; ``watch``: from where on nothing is assured; ``looks``: how many were taken.
    ``reached``: the most it ever was (a breach is latched).
    """

    value: float
    reached: float
    threshold: float
    watch: float
    looks: int

    @property
    def breaches(self) -> bool:
        """Whether it ever reached its threshold."""
        return self.reached >= self.threshold


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A figure that answers for itself.

    A census was counted exactly (``low == high == value``); an estimate carries its interval. ``n`` is how many records
    were looked at: zero can never be MET. ``missing`` says how many more records an inconclusive estimate needs.
    ``expected`` is the stored baseline's figure, where there is one. With ``evidence``, that alone can breach, and the
    interval only assures.
    """

    value: float
    low: float
    high: float
    n: int
    missing: int = 0
    expected: float | None = None
    detail: str = ""
    exhibits: tuple[Exhibit, ...] = ()
    evidence: Evidence | None = None

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


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """A figure that people have not given yet: ``value`` is what it has come to since ``since``, as a rule days.

    While the bound holds for it, the duty waits for them; afterwards it is overdue.
    """

    since: datetime
    value: float
    detail: str
    exhibits: tuple[Exhibit, ...] = ()


Reading = Measurement | Unseen | Awaited | Mapping[str, Measurement | Unseen | Awaited]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One limit held against one reading. ``stream`` names which of several (an agent, a feed), else empty."""

    limit: Limit
    stream: str
    verdict: Verdict
    reading: Measurement | Unseen | Awaited
    reason: str

    @property
    def label(self) -> str:
        """The limit's name, with the stream where there is more than one."""
        return f"{self.limit.name}[{self.stream}]" if self.stream else self.limit.name


def differing(judged: Sequence[Judgement], limits: Sequence[Limit]) -> tuple[str, ...]:
    """Names of the limits that were held otherwise than they stand now: another bound or unit, one more or one less."""
    then = {(each.limit.name, each.limit.bound, each.limit.unit) for each in judged}
    now = {(each.name, each.bound, each.unit) for each in limits}
    return tuple(sorted({name for name, *_ in then ^ now}))


@dataclass(frozen=True, kw_only=True)
class BaselineUse:
    """A stored baseline that a duty was compared with; ``digest`` and ``previous`` are SHA-256 of its files."""

    name: str
    digest: str
    approved: datetime
    approver: str
    why: str
    previous: str
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one duty came out as in one run: one line of ``results.jsonl``.

    A baseline that is a plain string was written by version 0.1.0, which said no more than name and digest.
    """

    duty: str
    verdict: Verdict
    reason: str
    started: datetime
    seconds: float
    cause: Cause | None = None
    judgements: tuple[Judgement, ...] = ()
    observations: tuple[Observation, ...] = ()
    baselines: tuple[BaselineUse | str, ...] = ()
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
