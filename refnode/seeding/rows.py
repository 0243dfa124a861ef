"""The seeded rows that later rooms build upon, each a tuple in its table's column order."""

from typing import NamedTuple


class Entity(NamedTuple):
    """A public person or institution."""

    entity_id: str
    name: str
    jurisdiction: str
    role: str
    party: str
    region: str
    affiliations: str
    public_figure: bool
    leaning: float
    created_at: int
    updated_at: int


class Capture(NamedTuple):
    """A source as it was captured."""

    source_id: str
    feed: str
    origin: str
    url: str
    captured_at: int
    content_hash: str
    document_type: str
    content: bytes


class Decision(NamedTuple):
    """A risk decision with its bias audit and the ruling to come."""

    risk_id: str
    entity_id: str
    calculated_at: int
    risk_value: float
    flagged: bool
    outcome: str
    adjudicated_at: int
    bias_audit_id: str
    audit_result: str
    audited_at: int


class Alert(NamedTuple):
    """A published or withdrawn alert."""

    alert_id: str
    entity_id: str
    alert_type: str
    risk_id: str
    published_at: int
    status: str
    source_ids: str
    bias_audit_id: str | None
    confidence: float
    known_biased: bool


class Contradiction(NamedTuple):
    """A statement and an action that do not fit, with the two sources that say so."""

    contradiction_id: str
    entity_id: str
    description: str
    confidence: float
    contradiction_date: int
    source_1_id: str
    source_2_id: str


class Dispute(NamedTuple):
    """A dispute with the whole of its life so far."""

    dispute_id: str
    entity_id: str
    subject_type: str
    subject_id: str
    dispute_type: str
    severity: str
    public_figure: bool
    state: str
    submitted_at: int
    acknowledged_at: int | None
    escalated_at: int | None
    escalated_to: str | None
    resolved_at: int | None
    ruling: str | None
    description: str
    evidence: str | None
    contact: str | None
