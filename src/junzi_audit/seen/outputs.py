"""What a node published, and what a random audit looks at: contradictions, and scores with their stated factors."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from junzi_audit.model import iso

_STRICT = {"extra": "ignore", "strict": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """One published contradiction between two sources."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    contradiction_id: str
    entity_id: str
    published_at: datetime
    confidence: float
    description: str
    source_ids: tuple[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of the record as JSON with sorted keys: what was published, to the letter."""
        return hashlib.sha256(json.dumps(asdict(self), default=iso, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A contradiction as a factor of a score."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    confidence: float
    upheld: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Factors:
    """All that a score is said to follow from."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    contradictions: tuple[Found, ...]
    promises: tuple[Literal["Pending", "Fulfilled", "Broken", "Stale"], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedScore:
    """One published score (0-10) with its factors."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    risk_id: str
    calculated_at: datetime
    risk_value: float
    factors: Factors
    model_version: str
