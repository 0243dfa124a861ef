"""Where to look: ``targets/NAME.toml`` to a Target; secrets only by the name of an environment variable."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from junzi_audit import tables
from junzi_audit.declared import (
    answering,
    disclosed,
    drilling,
    escalating,
    gating,
    logged,
    places,
    pressure,
    rehearsed,
    reviewing,
    safeguards,
    sampled,
    scanning,
    surfaces,
    upkeep,
    variables,
    waived,
    words,
)
from junzi_audit.model import Environment, Obligation, Waiver

_STRICT = {"extra": "forbid"}
Surface = surfaces.Surface
#: The duty whose owner may accept an advisory.
_PATCHES = "monthly.security-patches"


class TargetError(tables.TableError):
    """A file in ``targets/`` is wrong, or names something that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Base URLs; an empty primary means that this target has no node (a recorded data set)."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    primary: str = ""
    secondaries: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A node that the audit starts itself: it prints one JSON line with ``url`` and ends when its stdin closes."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    command: tuple[str, ...]
    ready_seconds: float = 60


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Where the history of the node's counters is: the node's own audit feed, or a Prometheus server."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    history: Literal["node", "prometheus"] = "node"
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Logs:
    """Where the last day's log lines are: the node's audit feed, or a file of JSON lines."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    kind: Literal["node", "file"] = "node"
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Which days are business days: ISO weekdays of the weekend (Monday is 1) and dates of holidays."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    weekend: tuple[int, ...] = (6, 7)
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """Everything a run needs to know of what it looks at."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    environment: Environment
    description: str = ""
    scope: tuple[str, ...] = ()
    nodes: Nodes = Nodes()
    launch: Launch | None = None
    api: Surface = field(default_factory=lambda: Surface(base="/junzi/api/v1", key_env="JUNZI_API_KEY"))
    audit: Surface = field(
        default_factory=lambda: Surface(
            base="/junzi/audit/v1", key_env="JUNZI_AUDIT_KEY", total_seconds=30, max_megabytes=64
        )
    )
    metrics: Metrics = Metrics()
    logs: Logs = Logs()
    decisions: logged.Decisions = field(default_factory=logged.Decisions)
    agents: tuple[str, ...] = ()
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calendar: Calendar = Calendar()
    tracker: upkeep.Tracker | None = None
    packages: upkeep.Packages | None = None
    advisories: upkeep.Advisories | None = None
    attestations: places.Attestations | None = None
    load: pressure.Load | None = None
    scan: scanning.Scan | None = None
    writes: rehearsed.Writes = field(default_factory=rehearsed.Writes)
    regression: rehearsed.Regression | None = None
    sampling: sampled.Sampling = field(default_factory=sampled.Sampling)
    backup: safeguards.Backup | None = None
    control: surfaces.Control = field(default_factory=surfaces.Control)
    drills: drilling.Drills | None = None
    review: reviewing.Review = field(default_factory=reviewing.Review)
    concerns: answering.Concerns = field(default_factory=answering.Concerns)
    escalation: escalating.Escalation | None = None
    gate: gating.Gate | None = None
    transparency: disclosed.Transparency | None = None
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    digest: str = ""

    def waiver_for(self, duty: Obligation) -> Waiver | None:
        """The waiver of that duty, if any; whether it still holds is the caller's clock to say."""
        return self.waivers.get(duty.id)


def key_names(target: Target) -> list[str]:
    """The environment variables that hold the keys which a run sends to the node and to the places beside it."""
    places = (target.tracker, target.attestations)
    tokens = [place.token_env for place in places if place is not None and place.token_env]
    return [target.api.key_env, target.audit.key_env, target.control.key_env, *tokens]


def secret_names(target: Target) -> list[str]:
    """Every environment variable that the target's file names: each holds keys or an address, and may be a secret."""
    return list(dict.fromkeys(name for _, name in variables.named(dataclasses.asdict(target)) if name))


def load(folder: Path, word: str, obligations: tuple[Obligation, ...]) -> Target:
    """The target of that name, or of that URL: a URL nobody described is treated as live."""
    if re.match(r"https?://", word):
        return _at_url(folder, word.rstrip("/"), obligations)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", word):
        raise TargetError(f"--target {word!r} is neither the name of a file in {folder} nor an http(s) URL")
    path = folder / f"{word}.toml"
    raw = tables.read(path, TargetError)
    target = tables.build(Target, {**raw, "name": word}, path=path, table="", error=TargetError)
    _check(path, target, obligations)
    return dataclasses.replace(target, digest=tables.digest([path]))


def _at_url(folder: Path, url: str, obligations: tuple[Obligation, ...]) -> Target:
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise TargetError("--target: a URL must not carry a user or password; name environment variables in a file")
    if not parts.hostname:
        raise TargetError(f"--target {url!r} names no host")
    described = load(folder, "live", obligations)
    name = re.sub(r"[^a-z0-9]+", "-", parts.netloc.lower()).strip("-")
    return dataclasses.replace(
        described,
        name=name,
        environment=Environment.LIVE,
        description="a URL given on the command line, treated as live",
        nodes=Nodes(primary=url),
        metrics=Metrics(),
        scan=None,
        sampling=sampled.Sampling(),
        concerns=answering.Concerns(),
        drills=None,
        escalation=None,
        waivers={},
    )


def _check(path: Path, target: Target, obligations: tuple[Obligation, ...]) -> None:
    duties = {duty.id: duty for duty in obligations}
    for word in (*target.scope, *target.waivers):
        if word not in duties:
            raise TargetError(f"{path}: the plan has no duty {word!r}; {tables.nearest(word, duties)}")
    if target.scope and target.environment is not Environment.RECORDED:
        raise TargetError(f"{path}: scope: only a recorded data set may narrow what is due; a node owes the whole plan")
    if target.environment is Environment.RECORDED and (target.nodes.primary or target.launch):
        raise TargetError(
            f"{path}: environment: a recorded data set has no [nodes] and no [launch]; a node owes the whole plan"
        )
    if not target.nodes.primary and not target.launch and target.environment is not Environment.RECORDED:
        raise TargetError(f"{path}: [nodes] primary: missing, and there is no [launch] either")
    for url in (target.nodes.primary, *target.nodes.secondaries):
        if url and not re.match(r"https?://[^/@]+(:\d+)?(/.*)?$", url):
            raise TargetError(f"{path}: [nodes] {url!r} is not an http(s) URL without a password")
    for sentence in _mistakes(target, duties):
        raise TargetError(f"{path}: {sentence}")


def _mistakes(target: Target, duties: Mapping[str, Obligation]) -> Iterator[str]:
    """What the tables of the file say is wrong with them."""
    owner = duties[_PATCHES].owner if _PATCHES in duties else ""
    live = target.environment in {Environment.LIVE, Environment.RECORDED}
    launched = target.launch is not None
    urls = [url for url in (target.nodes.primary, *target.nodes.secondaries) if url]
    yield from words.unfilled("[launch] command", target.launch.command if target.launch else (), ("python",))
    yield from surfaces.mistakes({"api": target.api, "audit": target.audit, "control": target.control})
    yield from places.mistakes(target.attestations)
    yield from logged.mistakes(target.decisions)
    yield from upkeep.mistakes(target.tracker, target.packages, target.advisories, owner=owner)
    yield from rehearsed.mistakes(target.writes, target.regression, live=live, launched=launched)
    yield from pressure.mistakes(target.load, launched=launched)
    yield from reviewing.mistakes(target.review)
    yield from answering.mistakes(target.concerns)
    yield from scanning.mistakes(target.scan, nodes=urls, launched=launched)
    yield from safeguards.mistakes(target.backup)
    yield from disclosed.mistakes(target.transparency, target.decisions, today=datetime.now(UTC).date())
    yield from drilling.mistakes(
        target.drills, live=target.environment is Environment.LIVE, launched=launched, nodes=urls
    )  # fmt: skip
    yield from sampled.mistakes(target.sampling)
    yield from gating.mistakes(target.gate)
    yield from escalating.mistakes(target.escalation, duties=duties, has_node=bool(urls), nearest=tables.nearest)
    yield from variables.mistakes(dataclasses.asdict(target))
    yield from waived.mistakes(target.waivers, duties)
