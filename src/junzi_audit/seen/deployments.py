"""Which models run where, how they got there, and what the gate said of them. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from junzi_audit.findings import Record
from junzi_audit.model import Verdict

#: The duty that the Board answers by signing the digest of a model.
MODEL_VETO = "governance.model-veto"
#: The key, among the ``decisions`` of a record, under which the Board attests the plan for going back.
ROLLBACK = "rollback"


class Condition(StrEnum):
    """What a release needs, by name."""

    APPROVAL = "approval"
    VETO = "veto"
    BIAS_DUTIES = "bias-duties"
    VULNERABILITIES = "vulnerabilities"
    DISPUTES = "disputes"
    ROLLBACK = "rollback"


@dataclass(frozen=True, kw_only=True)
class Held:
    """One condition held against what is known: MET holds, anything else does not.

    ``of``: which of several, as a rule a duty, else empty. ``evidence``: the record or the run that it rests on.
    """

    name: Condition
    verdict: Verdict
    why: str
    of: str = ""
    evidence: str = ""

    @property
    def label(self) -> str:
        """The condition's name, with which of several."""
        return f"{self.name}[{self.of}]" if self.of else str(self.name)


@dataclass(frozen=True, kw_only=True)
class Release:
    """A model that is to be deployed: ``digest`` is the SHA-256 of its artefact."""

    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class GateOutcome:
    """What the gate said of a release; ``refused`` names the conditions that did not hold, ``source`` the document."""

    release: Release
    at: datetime
    target: str
    refused: tuple[str, ...]
    source: str

    @property
    def passed(self) -> bool:
        """Whether every condition held."""
        return not self.refused


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What a gate log holds: ``problems`` has a sentence for each document that is no outcome."""

    place: str
    outcomes: tuple[GateOutcome, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Running:
    """A model seen at work: ``place`` is a node, or the decision log, which tells no digest (empty)."""

    place: str
    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One line of a node's history of deployments."""

    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    model_version: str
    model_digest: str
    deployed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How a duty came out in the newest run that counts.

    ``models``: by version, how many of the decisions in its evidence it made; ``releases``: what nodes said they ran,
    in that run and since; ``origins``: by the id of a score or an alert, the version that made it. ``fault``: why its
    evidence cannot be believed (empty: it can); ``short``: why it can refuse, and assures nothing (empty: it does).
    """

    run: str
    started: datetime
    record: Record
    models: Mapping[str, int] = field(default_factory=dict)
    releases: frozenset[Release] = frozenset()
    origins: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    short: str = ""
