"""SARIF 2.1.0 as far as it is read, and which rule a result is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

_STRICT = {"extra": "ignore"}


@dataclass(frozen=True, kw_only=True)
class Text:
    """A message in plain words."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Level:
    """How grave the results of a rule are, unless they say otherwise."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    level: str = "warning"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a scanner looks for."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str
    defaultConfiguration: Level = Level()  # noqa: N815 - the format's own names, here and below
    helpUri: str = ""  # noqa: N815
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Component:
    """A scanner, or an extension of one, with its rules."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    version: str = ""
    semanticVersion: str = ""  # noqa: N815
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """The scanner that ran, with its extensions."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    driver: Component
    extensions: tuple[Component, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """Every rule; of two with one id, the driver's."""
        return {rule.id: rule for part in (*self.extensions, self.driver) for rule in part.rules}


@dataclass(frozen=True, kw_only=True)
class Notification:
    """What a scanner told of its own run."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    message: Text = Text()
    level: str = "warning"


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """How a scanner was run, and whether that went well."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    endTimeUtc: datetime | None = None  # noqa: N815
    executionSuccessful: bool = True  # noqa: N815
    toolExecutionNotifications: tuple[Notification, ...] = ()  # noqa: N815
    toolConfigurationNotifications: tuple[Notification, ...] = ()  # noqa: N815


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which component a rule is of; the driver when neither is told."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    index: int = -1
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The rule that a result names."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str = ""
    index: int = -1
    toolComponent: Part = Part()  # noqa: N815


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """Why a result is not to count; only when that was accepted."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    status: str = "accepted"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One result."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    message: Text
    ruleId: str = ""  # noqa: N815
    ruleIndex: int = -1  # noqa: N815
    rule: Reference = Reference()
    level: str = ""
    kind: str = "fail"
    baselineState: str = ""  # noqa: N815
    locations: tuple[Mapping[str, Any], ...] = ()
    suppressions: tuple[Suppression, ...] | None = None
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one scanner; without results it did not look."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    tool: Tool
    invocations: tuple[Invocation, ...] = ()
    results: tuple[Found, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Log:
    """The whole report."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    version: Literal["2.1.0"]
    runs: tuple[Run, ...]


def rule_of(tool: Tool, result: Found) -> Rule | None:
    """By its number, unless the id tells of another rule, else by its id: "CVE-1/sub" is a case of "CVE-1"."""
    ids = [each for told in (result.ruleId, result.rule.id) if told for each in (told, *_wider(told))]
    numbered = _numbered(_part(tool, result.rule.toolComponent), max(result.ruleIndex, result.rule.index))
    if numbered is not None and (not ids or numbered.id in ids):
        return numbered
    return next((tool.by_id[each] for each in ids if each in tool.by_id), None)


def _wider(told: str) -> Iterator[str]:
    """The ids that a hierarchical one lies below, the nearest first."""
    while "/" in told:
        told = told.rpartition("/")[0]
        yield told


def _part(tool: Tool, told: Part) -> Sequence[Rule]:
    """The rules of the extension that is meant, else the driver's; none of one that is not there."""
    if told.index < 0 and not told.name:
        return tool.driver.rules
    if told.index >= 0:
        return tool.extensions[told.index].rules if told.index < len(tool.extensions) else ()
    return next((each.rules for each in (tool.driver, *tool.extensions) if each.name == told.name), ())


def _numbered(rules: Sequence[Rule], index: int) -> Rule | None:
    return rules[index] if 0 <= index < len(rules) else None
