"""What a target's file says of escalation: which duty's breach starts which procedure, and who is told how."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from junzi_audit.model import Verdict

_STRICT = {"extra": "forbid"}
_CHANNEL = (
    'write { url_env = "NAME" }: an address holds secrets, so only the name of its environment variable stands here'
)
_TOLD = (Verdict.BREACHED, Verdict.INCONCLUSIVE, Verdict.OVERDUE)


class Procedure(StrEnum):
    """The plan's emergency procedures, each exercised by the drill of that name, and a notice without one."""

    SECURITY = "security-breach"
    BIAS = "bias-anomaly"
    DOWNTIME = "system-downtime"
    FALSE_ALERT = "false-risk-alert"
    NOTIFY = "notify"

    @property
    def drill(self) -> str:
        """The duty that exercises it; empty for a mere notice."""
        return "" if self is Procedure.NOTIFY else f"emergency.{self}"


class Act(StrEnum):
    """What the node is made to do beside telling people: the public sees it, and it cannot be taken back."""

    NONE = "none"
    WITHHOLD = "withhold"
    FREEZE = "freeze"


#: The one procedure that each act belongs to.
PROCEDURE_OF = {Act.FREEZE: Procedure.SECURITY, Act.WITHHOLD: Procedure.BIAS}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One ``[[escalation.rules]]`` table; ``duties`` are ids, in which ``*`` stands for any letters."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    duties: tuple[str, ...]
    procedure: Procedure
    channels: tuple[str, ...]
    verdicts: tuple[Verdict, ...] = (Verdict.BREACHED,)
    acts: Act = Act.NONE

    def names(self, duty: str) -> bool:
        """Whether the rule is for that duty."""
        return any(fnmatchcase(duty, pattern) for pattern in self.duties)


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """The ``[escalation]`` table. Nothing leaves while ``dry_run`` is true; ``channels`` name environment variables."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    dry_run: bool = True
    channels: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def variable(self, channel: str) -> str:
        """The environment variable that holds the channel's address."""
        return str(self.channels[channel]["url_env"])

    def rule_for(self, duty: str, verdict: Verdict) -> Rule | None:
        """The first rule that is for that duty and verdict; None when nobody is to be told."""
        return next((rule for rule in self.rules if verdict in rule.verdicts and rule.names(duty)), None)


def mistakes(
    table: Escalation | None, *, duties: Collection[str], has_node: bool, nearest: Callable[[str, Iterable[str]], str]
) -> Iterator[str]:
    """What is wrong, each with its key. ``nearest`` ends a sentence about an unknown word with the closest known one.

    Nothing that stands where an address might stand is ever repeated.
    """
    if table is None:
        return
    for name, words in table.channels.items():
        variable = words.get("url_env") if isinstance(words, Mapping) and len(words) == 1 else None
        if not isinstance(variable, str) or not re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", variable):
            yield f"[escalation.channels] {name}: {_CHANNEL}"
    if not table.rules:
        yield "[[escalation.rules]]: there is none, so nobody would ever be told"
    for number, rule in enumerate(table.rules, start=1):
        place = f"[[escalation.rules]] {number}"
        yield from _unknown(place, rule, table, duties, nearest)
        yield from _impossible(place, rule, has_node=has_node)


def _unknown(
    place: str, rule: Rule, table: Escalation, duties: Collection[str], nearest: Callable[[str, Iterable[str]], str]
) -> Iterator[str]:
    if not rule.duties:
        yield f"{place} duties: empty, so the rule is for nothing"
    for pattern in rule.duties:
        if not any(fnmatchcase(duty, pattern) for duty in duties):
            known = duties if "*" not in pattern else {f"{duty.partition('.')[0]}.*" for duty in duties}
            yield f"{place} duties: the plan has no duty {pattern!r}; {nearest(pattern, known)}"
    if not rule.channels:
        yield f"{place} channels: empty, so nobody would be told"
    for name in rule.channels:
        if name not in table.channels:
            yield f"{place} channels: there is no channel {name!r}; {nearest(name, table.channels)}"
    if rule.procedure.drill and rule.procedure.drill not in duties:
        known = [each for each in Procedure if each.drill in {*duties, ""}]
        yield f"{place} procedure: the plan has no {rule.procedure.drill}; {nearest(rule.procedure, known)}"


def _impossible(place: str, rule: Rule, *, has_node: bool) -> Iterator[str]:
    if not rule.verdicts:
        yield f"{place} verdicts: empty, so the rule is for nothing"
    for verdict in rule.verdicts:
        if verdict not in _TOLD:
            yield f"{place} verdicts: {verdict} calls for nothing; possible: {', '.join(_TOLD)}"
        elif verdict is not Verdict.BREACHED and rule.procedure is not Procedure.NOTIFY:
            yield f"{place} verdicts: {verdict} proves nothing, so it starts no {rule.procedure}, only a notify"
    if rule.acts is Act.NONE:
        return
    if rule.procedure is not PROCEDURE_OF[rule.acts]:
        yield f"{place} acts: {rule.acts} belongs to {PROCEDURE_OF[rule.acts]}, not to {rule.procedure}"
    if not has_node:
        yield f"{place} acts: this target names no node that could {rule.acts} anything"
