"""The node's tables. Every time column is whole milliseconds relative to the anchor (see clock)."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()


def _time(name: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, index=index)


def _text(name: str, *, nullable: bool = False, index: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, index=index)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


meta = Table("meta", metadata, _key("name"), _text("value"))

entities = Table(
    "entities",
    metadata,
    _key("entity_id"),
    _text("name"),
    _text("jurisdiction"),
    _text("role"),
    _text("party"),
    _text("region"),
    _text("affiliations"),
    Column("public_figure", Boolean, nullable=False),
    # The small entity effect on the truth rate; never published.
    Column("leaning", Float, nullable=False),
    _time("created_at"),
    _time("updated_at"),
)

actions = Table(
    "actions",
    metadata,
    _key("action_id"),
    _text("entity_id"),
    _text("action_type"),
    _text("description"),
    _time("event_date"),
    _text("source_id"),
)

contradictions = Table(
    "contradictions",
    metadata,
    _key("contradiction_id"),
    _text("entity_id", index=True),
    _text("description"),
    Column("confidence", Float, nullable=False),
    _time("contradiction_date"),
    _text("source_1_id"),
    _text("source_2_id"),
)

promises = Table(
    "promises",
    metadata,
    _key("promise_id"),
    _text("entity_id", index=True),
    _text("promise"),
    _text("status"),
    _time("date_made"),
    _text("source_id"),
)

sources = Table(
    "sources",
    metadata,
    _key("source_id"),
    _text("feed"),
    _text("origin"),
    _text("url"),
    _time("captured_at", index=True),
    _text("content_hash"),
    _text("document_type"),
    Column("content", LargeBinary, nullable=False),
)

# item_id is no key here: a node that delivers an item twice must be able to show it.
items = Table(
    "items",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    _text("item_id"),
    _text("feed"),
    _text("kind"),
    _text("entity_id", nullable=True),
    _text("source_id"),
    _time("ingested_at", index=True),
    _time("event_date", nullable=True),
    # What was delivered instead of a time, when it could not be read as one.
    _text("event_text", nullable=True),
    _text("text"),
)

# A decision and its bias audit share a row: one never exists without the other.
decisions = Table(
    "decisions",
    metadata,
    _key("risk_id"),
    _text("entity_id"),
    _time("calculated_at", index=True),
    Column("risk_value", Float, nullable=False),
    Column("flagged", Boolean, nullable=False),
    # The ruling is known to the model from the start, and published once adjudicated_at has come.
    _text("outcome"),
    _time("adjudicated_at"),
    Column("bias_audit_id", Text, nullable=False, unique=True),
    _text("audit_result"),
    _time("audited_at", index=True),
)

# Pairs of statement and action with a person's label, and the scanner's confidence that they contradict.
validation = Table(
    "validation",
    metadata,
    _key("pair_id"),
    Column("contradicts", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
)

current_scores = Table(
    "current_scores",
    metadata,
    _key("entity_id"),
    _text("jurisdiction"),
    Column("risk_value", Float, nullable=False),
    _time("calculated_at"),
)

alerts = Table(
    "alerts",
    metadata,
    _key("alert_id"),
    _text("entity_id"),
    _text("alert_type"),
    _text("risk_id"),
    _time("published_at", index=True),
    _text("status"),
    _text("source_ids"),
    _text("bias_audit_id", nullable=True),
    Column("confidence", Float, nullable=False),
    Column("known_biased", Boolean, nullable=False),
)

disputes = Table(
    "disputes",
    metadata,
    _key("dispute_id"),
    _text("entity_id"),
    _text("subject_type"),
    _text("subject_id"),
    _text("dispute_type"),
    _text("severity"),
    Column("public_figure", Boolean, nullable=False),
    _text("state"),
    _time("submitted_at", index=True),
    _time("acknowledged_at", nullable=True),
    _time("escalated_at", nullable=True),
    _text("escalated_to", nullable=True),
    _time("resolved_at", nullable=True),
    _text("ruling", nullable=True),
    _text("description"),
    _text("evidence", nullable=True),
    _text("contact", nullable=True),
)

user_reports = Table(
    "user_reports",
    metadata,
    _key("report_id"),
    _text("entity_id"),
    _text("report_type"),
    _text("content"),
    _text("user_contact", nullable=True),
    _time("submitted_at"),
)

# What the auditor wrote on a staging node, and what was made from it.
labels = Table(
    "labels",
    metadata,
    _text("label", index=True),
    _text("kind"),
    _text("id"),
    _text("made_from", nullable=True),
)

heartbeats = Table("heartbeats", metadata, _text("agent"), _time("at"))
Index("heartbeats_at", heartbeats.c.at)

request_counts = Table(
    "request_counts",
    metadata,
    _time("minute", index=True),
    _text("endpoint"),
    _text("method"),
    Column("status", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("slow", Integer, nullable=False),
)

# `stamped` lines lack their timestamp, which is written in front of them when they are read (see journal).
log_lines = Table(
    "log_lines",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    _time("at", index=True),
    Column("stamped", Boolean, nullable=False),
    _text("line"),
)

# Emergencies. A scope is JSON with `since` and `until` as stored times; so are the times within `notified`.
incidents = Table(
    "incidents",
    metadata,
    _key("incident_id"),
    _text("kind"),
    _text("status"),
    _text("severity", nullable=True),
    _text("description"),
    _text("alert_ids"),
    _text("scope", nullable=True),
    Column("drill", Boolean, nullable=False),
    _text("reported_by"),
    _time("reported_at", index=True),
    _time("classified_at", nullable=True),
    _time("escalated_at", nullable=True),
    _text("escalated_to", nullable=True),
    _time("resolved_at", nullable=True),
    _text("summary", nullable=True),
    _text("approved_by", nullable=True),
    # Null until some node has begun to tell the subscribers.
    _text("notified", nullable=True),
)

safeguards = Table(
    "safeguards",
    metadata,
    _key("safeguard_id"),
    _text("incident_id", nullable=True),
    _text("safeguard"),
    _text("scope", nullable=True),
    _text("state"),
    _time("triggered_at", index=True),
    _time("effective_at", nullable=True),
    _time("lifted_at", nullable=True),
    _text("approvals"),
)

corrections = Table(
    "corrections",
    metadata,
    _key("correction_id"),
    _text("alert_id"),
    _text("entity_id"),
    _text("explanation"),
    _text("source_ids"),
    _text("incident_id", nullable=True),
    _time("published_at", index=True),
)

# What the public sent while the public API was frozen, in the order in which it came.
held = Table(
    "held",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    _text("kind"),
    _text("id"),
    _text("content"),
)
