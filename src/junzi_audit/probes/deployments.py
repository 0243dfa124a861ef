"""Which models run: what every node says of itself, what the decision log names, and the history of deployments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes import soundness
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.surface import Surface
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.deployments import Deployment, Running

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: So far back a decision still says what runs now.
_NOW = timedelta(hours=1)
#: A deployment from this far in our future says that one of the two clocks is wrong.
_SKEW = timedelta(minutes=1)
LOG = "the decision log"


@dataclass(frozen=True, kw_only=True)
class _Health:
    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    model_version: str
    model_digest: str


class Deployments:
    """The nodes' own word; ``decisions`` is None where the decision log is no part of the node."""

    def __init__(self, roots: Sequence[Surface], audit: Surface, decisions: Feed | None) -> None:
        self._roots = roots
        self._audit = audit
        self._decisions = decisions

    def running(self, now: datetime) -> tuple[tuple[Running, ...], dict[str, Unseen]]:
        """Every model at work, and the nodes that did not tell; Unobservable when not a single node did.

        The decision log adds the versions that made decisions in the last hour and that no node names.
        """
        found: list[Running] = []
        unseen: dict[str, Unseen] = {}
        for root in self._roots:
            try:
                found.append(_running(root))
            except Unobservable as error:
                unseen[root.url] = Unseen(cause=error.cause, detail=error.detail)
        if not found:
            first = next(iter(unseen.values()))
            raise Unobservable(first.cause, first.detail)
        others = {each.model_version for each in self._made(now)} - {each.version for each in found}
        return (*found, *(Running(place=LOG, version=version, digest="") for version in sorted(others))), unseen

    def history(self, now: datetime) -> tuple[Deployment, ...]:
        """Every deployment that the primary tells of; Unobservable when decisions belie when a version was first."""
        page = "/deployments"
        lines = self._audit.lines(Deployment, "feed.deployments", page)
        soundness.every(page, "model_digest is a SHA-256", lines, lambda line: _is_digest(line.model_digest))
        early = f"deployed_at is before {iso(now + _SKEW)}"
        soundness.every(page, early, lines, lambda line: line.deployed_at <= now + _SKEW)
        _check_begun(page, lines, self._made(now))
        return lines

    def _made(self, now: datetime) -> tuple[ScoredDecision, ...]:
        """The decisions of the last hour."""
        return self._decisions.decisions(now - _NOW, now) if self._decisions else ()


def _running(root: Surface) -> Running:
    told = root.one(_Health, "node.model", "/health")
    if not _is_digest(told.model_digest) or not told.model_version:
        raise Unobservable(Cause.MALFORMED, f"{root.url}/health: names no model by version and SHA-256")
    return Running(place=root.url, version=told.model_version, digest=told.model_digest)


def _check_begun(page: str, lines: Sequence[Deployment], made: Sequence[ScoredDecision]) -> None:
    """When a version came is the node's word, which its own decisions can belie."""
    newest_first = sorted(lines, key=lambda each: each.deployed_at, reverse=True)
    first = {line.model_version: line.deployed_at for line in newest_first}
    for each in made:
        begun = first.get(each.model_version, each.calculated_at)
        if each.calculated_at < begun - _SKEW:
            told = f"{each.model_version} decided at {iso(each.calculated_at)}, first deployed at {iso(begun)}"
            raise Unobservable(Cause.MALFORMED, f"{page}: {told}")


def _is_digest(text: str) -> bool:
    return bool(_SHA256.fullmatch(text))
