"""Entries of the councils' registers, for the tests of what counts and reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from junzi_audit.seen.registers import BiasFinding, Concern

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def finding(**changes: Any) -> BiasFinding:
    """Open for ten days, taken up, and due in a month."""
    given: dict[str, Any] = {
        "finding_id": "f1", "attribute": "party", "group": "A", "measure": "selection_rate_gap", "gap": 0.2,
        "found_at": ago(days=10), "about": None, "owner": "the model desk", "mitigation": "a new threshold",
        "due": NOW + timedelta(days=30), "mitigated_at": None, "gap_after": None, "state": "mitigating",
    }  # fmt: skip
    return BiasFinding(**given | changes)


def concern(**changes: Any) -> Concern:
    """Of low severity, ten days old, acknowledged at once, answered in time and published the day after."""
    given: dict[str, Any] = {
        "concern_id": "c1", "kind": "concern", "channel": "letter", "received_at": ago(days=10),
        "acknowledged_at": ago(days=9), "answered_at": ago(days=5), "answer_published_at": ago(days=4),
        "published_url": "/concerns/c1", "severity": "low", "subject_type": None, "report_id": None,
        "state": "published",
    }  # fmt: skip
    return Concern(**given | changes)
