"""Records as people would write them, for the tests of attestations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import yaml

from junzi_audit.model import Quorum, utc
from junzi_audit.seen.attested import Attestation, Attested, Decision, Signature

NOW = utc("2026-03-04T12:00:00Z")
SUBJECT, OTHER = "a" * 64, "b" * 64
DUTY = "weekly.bias-audit-summary"
QUORUM = Quorum(roles=("chair", "statistician", "community member"), least=3)
ALL = (("Ada", "chair"), ("Ben", "statistician"), ("Cy", "community member"))


def attestation(*signed: tuple[str, str], days_ago: float = 1, **changes: Any) -> Attestation:
    """Signed by a quorum yesterday, unless said otherwise."""
    given = {
        "duty": DUTY, "subject": SUBJECT, "decision": Decision.APPROVED, "date": NOW - timedelta(days=days_ago),
        "expires": NOW + timedelta(days=30), "minutes": "minutes.md", "minutes_sha256": "c" * 64, "source": "a.yaml",
        "signatures": tuple(Signature(who=who, role=role) for who, role in signed or ALL),
    }  # fmt: skip
    return Attestation(**{**given, **changes})


def attested(*records: Attestation, problems: tuple[str, ...] = ()) -> Attested:
    return Attested(place="attestations", records=records, problems=problems)


def raw(**changes: Any) -> dict[str, Any]:
    """A record as YAML or JSON holds it; None leaves a key out."""
    given = {
        "duty": DUTY, "subject": SUBJECT, "decision": "approved", "date": "2026-03-03", "expires": "2026-05-01",
        "signatures": [{"who": who, "role": role} for who, role in ALL], "minutes": "https://minutes.example/9",
        **changes,
    }  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}


def text(**changes: Any) -> str:
    return str(yaml.safe_dump(raw(**changes), sort_keys=False))
