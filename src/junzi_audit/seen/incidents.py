"""Emergencies as a node tells of them: incidents, safeguards and public corrections. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

_STRICT = {"extra": "ignore", "strict": True}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which outputs are meant: decisions on entities of one group, calculated from ``since`` on, before ``until``."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    attribute: str
    group: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """That a subscriber was told of a correction; ``status`` is its HTTP answer, 0 when there was none."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    subscriber: str
    at: datetime
    status: int


@dataclass(frozen=True, kw_only=True)
class Incident:
    """One incident, from its report to its end; an instant is None until it has come."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    incident_id: str
    kind: Literal["security", "bias", "downtime", "false_alert"]
    status: Literal["reported", "classified", "escalated", "resolved"]
    severity: Literal["Low", "Medium", "High", "Critical"] | None
    scope: Scope | None
    drill: bool
    reported_at: datetime
    classified_at: datetime | None
    escalated_at: datetime | None
    escalated_to: str | None
    resolved_at: datetime | None
    notified: tuple[Notice, ...]


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A person of a body who says that a safeguard may end."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    who: str
    role: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Safeguard:
    """What protects the public while an incident lasts."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    safeguard_id: str
    incident_id: str | None
    safeguard: Literal["freeze-public-api", "withhold-outputs", "recovery"]
    state: Literal["active", "lifted"]
    triggered_at: datetime
    lifted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Integrity:
    """What a node's own check of its records came to, its bias audit included."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    ok: bool
    checked: int


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A public correction of an alert, with what it rests on."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    correction_id: str
    alert_id: str
    explanation: str
    source_ids: tuple[str, ...]
    incident_id: str | None
    published_at: datetime
