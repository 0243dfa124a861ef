"""What a proper answer of each public page looks like: enough of the contract to tell it from an error page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from junzi_audit.model import Unobservable
from junzi_audit.probes.asking import Answer
from junzi_audit.probes.parsing import is_json, parse
from junzi_audit.records import PublicAlert, RiskRow
from junzi_audit.seen.incidents import Correction

_STRICT = {"extra": "ignore", "strict": True}
#: A health answer older or newer than this is a copy somebody kept, or of a node that lost its clock.
_HEALTH_AGE = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class RiskPage:
    """A page of public risk scores."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    items: tuple[RiskRow, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class AlertPage:
    """A page of public alerts."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    items: tuple[PublicAlert, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class CorrectionPage:
    """A page of public corrections."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    items: tuple[Correction, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """A published contradiction, as far as its sources."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A published promise, as far as its source."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    promise_id: str
    source_id: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """An entity's profile, as far as whose it is."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    entity_id: str


@dataclass(frozen=True, kw_only=True)
class ScoredProfile:
    """An entity's profile, as far as its score; None where it shows none."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    risk_score: float | None


@dataclass(frozen=True, kw_only=True)
class _SourceShown:
    __pydantic_config__: ClassVar[Any] = _STRICT
    source_id: str


@dataclass(frozen=True, kw_only=True)
class _Page:
    __pydantic_config__: ClassVar[Any] = _STRICT
    items: tuple[dict[str, Any], ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class _Health:
    __pydantic_config__: ClassVar[Any] = _STRICT
    status: str
    time: datetime


_SHAPES: dict[str, Any] = {
    "/entities/{id}/profile": Profile,
    "/entities/{id}/contradictions": tuple[Contradiction, ...],
    "/risk_scores/": _Page,
    "/promises/{id}": tuple[Promise, ...],
    "/alerts/": _Page,
    "/sources/{id}": _SourceShown,
    "/disputes/": _Page,
    "/reports/": tuple[Any, ...],
}


def page_problem(page: str, answer: Answer) -> str:
    """Why the answer of a public page is no proper one; empty when it is."""
    return _problem(answer, _SHAPES.get(page))


def health_problem(answer: Answer) -> str:
    """Why a node's health is not what a healthy node says now; empty when it is."""
    if problem := _problem(answer, _Health):
        return problem
    health = parse(_Health, answer)
    if health.status != "ok":
        return "answered 200 with a status that is not ok"
    apart = abs(health.time - answer.observation.at)
    return f"answered with a time {apart.total_seconds():.0f} s from ours" if apart > _HEALTH_AGE else ""


def _problem(answer: Answer, shape: Any) -> str:
    if answer.cause is not None:
        return f"{answer.cause}: {answer.body.decode(errors='replace')}"
    if answer.status != 200:
        return f"answered {answer.status}"
    if not is_json(answer.body):
        return "answered 200 with something that is not JSON"
    try:
        parse(shape, answer)
    except Unobservable as error:
        return f"answered 200 with something else than the contract says ({error.detail.rpartition('GET ')[2][-160:]})"
    return ""
