"""The public answers and bodies, as the OpenAPI document shows them."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Share = Annotated[float, Field(ge=0, le=1)]
RiskValue = Annotated[float, Field(ge=0, le=10)]
Level = Literal["low", "medium", "high"]
Jurisdiction = Literal["Local", "State", "Federal", "International"]
State = Literal["submitted", "triaged", "investigating", "escalated", "upheld", "dismissed", "partial"]
Key = Annotated[str, Field(min_length=1, max_length=64)]
Prose = Annotated[str, Field(min_length=1, max_length=20_000)]
Contact = Annotated[str, Field(max_length=400)]


class Problem(BaseModel):
    """Why a request was not answered."""

    detail: str


class Profile(BaseModel):
    """An entity as the public sees it."""

    entity_id: str
    name: str
    jurisdiction: Jurisdiction
    role: str
    party: str
    region: str
    affiliations: list[str]
    risk_score: RiskValue | None
    created_at: Instant
    updated_at: Instant


class ContradictionShown(BaseModel):
    """A contradiction with its two sources."""

    contradiction_id: str
    date: Instant
    confidence: Share
    description: str
    sources: Annotated[list[str], Field(min_length=2, max_length=2)]


class RiskScore(BaseModel):
    """The standing score of an entity."""

    entity_id: str
    risk_score: RiskValue
    risk_level: Level
    jurisdiction: Jurisdiction
    calculated_at: Instant


class PromiseShown(BaseModel):
    """A promise and how it stands."""

    promise_id: str
    promise: str
    status: Literal["Pending", "Fulfilled", "Broken", "Stale"]
    date_made: Instant
    source_id: str


class AlertShown(BaseModel):
    """An alert the public sees now."""

    alert_id: str
    entity_id: str
    alert_type: str
    timestamp: Instant
    confidence: Share


class CorrectionShown(BaseModel):
    """What the public is told of an alert that was false."""

    correction_id: str
    alert_id: str
    entity_id: str
    explanation: str
    source_ids: list[str]
    incident_id: str | None
    published_at: Instant


class SourceShown(BaseModel):
    """Where a finding comes from."""

    source_id: str
    origin: str
    url: str
    capture_timestamp: Instant
    content_hash: str
    document_type: str


class DisputeShown(BaseModel):
    """A dispute, without contact."""

    dispute_id: str
    entity_id: str
    dispute_type: str
    severity: Level
    state: State
    submitted_at: Instant


class ReportShown(BaseModel):
    """A published transparency report."""

    report_id: str
    title: str
    period_start: Instant
    period_end: Instant
    published_at: Instant
    approved_by: str
    figures_url: str
    csv_url: str
    sha256: str


class FigureShown(BaseModel):
    """A figure of a transparency report; without a value, why there is none."""

    section: str
    figure: str
    group: str
    value: float | None
    n: int | None
    unit: str
    why_not: str


class FiguresShown(BaseModel):
    """The figures of a transparency report."""

    what: Literal["transparency report"]
    quarter: str
    since: Instant
    until: Instant
    as_of: Instant
    smallest_cell: int
    figures: list[FigureShown]


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list in stable order; total counts all pages' items."""

    items: list[Item]
    page: int
    page_size: int
    total: int


class UserReport(BaseModel):
    """What somebody reports about an entity."""

    entity_id: Key
    report_type: Literal["contradiction", "risk_flag", "data_correction", "other"]
    content: Prose
    user_contact: Contact | None = None


class ReportTaken(BaseModel):
    """The receipt of a report."""

    report_id: str


class DisputeOpened(BaseModel):
    """What somebody disputes about an entity."""

    entity_id: Key
    dispute_type: Annotated[str, Field(min_length=1, max_length=64)]
    description: Prose
    evidence: Prose | Annotated[list[Prose], Field(max_length=50)] | None = None
    contact: Contact | None = None


class DisputeTaken(BaseModel):
    """The receipt of a dispute."""

    dispute_id: str
    state: Literal["submitted"] = "submitted"


class ReportHeld(ReportTaken):
    """The receipt of a report that is stored once the public API is no longer frozen."""

    held: Literal[True] = True


class DisputeHeld(DisputeTaken):
    """The receipt of a dispute that is stored once the public API is no longer frozen."""

    held: Literal[True] = True


class Health(BaseModel):
    """Whether the node is alive, and what runs."""

    status: Literal["ok", "frozen"]
    node: str
    version: str
    model_version: str
    model_digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    time: Instant
