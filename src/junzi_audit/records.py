"""What a node's answers hold, line by line, as docs/TARGET_CONTRACT.md words it. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

#: Fields we do not know are ignored; a known field of the wrong type is an error, never quietly converted.
_STRICT = {"extra": "ignore", "strict": True}

Ruling = Literal["upheld", "dismissed", "partial"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredDecision:
    """One risk score and what was decided and, later, ruled on it."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    risk_id: str
    entity_id: str
    calculated_at: datetime
    risk_value: float
    flagged: bool
    outcome: Literal["upheld", "dismissed"] | None
    adjudicated_at: datetime | None
    party: str | None
    jurisdiction: str | None
    role: str | None
    region: str | None
    bias_audit_id: str | None
    bias_audit: Literal["passed", "failed"] | None
    model_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BiasAudit:
    """One run of the BiasAuditAgent over one score."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    bias_audit_id: str
    risk_id: str
    result: Literal["passed", "failed"]
    audit_timestamp: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAlert:
    """An alert as the public sees it."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    alert_id: str
    entity_id: str
    alert_type: str
    timestamp: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """An alert with what it rests on, from the audit feed."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    alert_id: str
    entity_id: str
    risk_id: str
    published_at: datetime
    status: Literal["published", "withheld", "withdrawn"]
    source_ids: tuple[str, ...]
    bias_audit_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """One dispute and how far it came."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    dispute_id: str
    entity_id: str
    subject_type: Literal["alert", "contradiction", "risk_score"]
    subject_id: str | None
    dispute_type: str
    severity: Literal["high", "medium", "low"]
    public_figure: bool
    state: str
    submitted_at: datetime
    acknowledged_at: datetime | None
    escalated_at: datetime | None
    escalated_to: str | None
    resolved_at: datetime | None
    ruling: Ruling | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UserReport:
    """That the node took a user report, and about whom; never what it says or who sent it."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    report_id: str
    entity_id: str
    submitted_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One captured source; ``content_hash`` is the lower-case hex SHA-256 of the captured bytes."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    source_id: str
    feed: str
    origin: str
    url: str
    capture_timestamp: datetime
    content_hash: str
    document_type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """One heartbeat of one agent."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    agent: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestedItem:
    """One item as it came in; kept loose, because finding what is wrong with it is the duty."""

    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    item_id: str | None = None
    feed: str | None = None
    kind: str | None = None
    entity_id: str | None = None
    source_id: str | None = None
    ingested_at: str | None = None
    event_date: str | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HourCount:
    """Items that one feed brought in one hour."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    hour: datetime
    feed: str
    items: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MinuteCount:
    """Requests of one endpoint and status that ended in one minute; ``slow`` took longer than 0.5 s."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    minute: datetime
    endpoint: str
    status: int
    count: int
    slow: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationPair:
    """One labelled pair of statement and action: whether it ``contradicts``, and what the present scanner says."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    pair_id: str
    contradicts: bool
    found: bool
    confidence: float
    model_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A record that carries the auditor's label."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    kind: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskRow:
    """One row of the public risk scores."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    entity_id: str
    risk_score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One log line: its fields, where it is a JSON object, else only its text."""

    text: str
    is_json: bool
    timestamp: datetime | None = None
    level: str = ""
    trace_id: str = ""
    prefix: str = ""
    event: str = ""
    exception: str = ""
    acknowledges: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One timed read of one public endpoint: what was asked, and why it was no proper answer (if so)."""

    endpoint: str
    status: int
    seconds: float
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gauges:
    """One scrape of ``/metrics``: samples by metric name and label values, and when it was read."""

    at: datetime
    samples: dict[str, dict[tuple[tuple[str, str], ...], float]]

    def by(self, metric: str, label: str) -> dict[str, float]:
        """The metric's values summed per value of one label."""
        found: dict[str, float] = {}
        for labels, value in self.samples.get(metric, {}).items():
            key = dict(labels).get(label)
            if key is not None:
                found[key] = found.get(key, 0.0) + value
        return found
