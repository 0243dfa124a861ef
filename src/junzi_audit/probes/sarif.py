"""Reports of other scanners as SARIF 2.1.0 files: who looked, when, and what was found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.documents import File
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.tools import kept
from junzi_audit.seen.weaknesses import Result, ScannerRun

_STRICT = {"extra": "ignore"}
#: Bytes of one report, and reports of one pattern.
_MOST, _FILES = 50_000_000, 100
_SCORE = "security-severity"


@dataclass(frozen=True, kw_only=True)
class _Text:
    __pydantic_config__: ClassVar[Any] = _STRICT
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class _Level:
    __pydantic_config__: ClassVar[Any] = _STRICT
    level: str = "warning"


@dataclass(frozen=True, kw_only=True)
class _Rule:
    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str
    defaultConfiguration: _Level = _Level()  # noqa: N815 - the format's own names, here and below
    helpUri: str = ""  # noqa: N815
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Component:
    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    version: str = ""
    semanticVersion: str = ""  # noqa: N815
    rules: tuple[_Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Tool:
    __pydantic_config__: ClassVar[Any] = _STRICT
    driver: _Component
    extensions: tuple[_Component, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Invocation:
    __pydantic_config__: ClassVar[Any] = _STRICT
    endTimeUtc: datetime | None = None  # noqa: N815
    executionSuccessful: bool = True  # noqa: N815


@dataclass(frozen=True, kw_only=True)
class _Reference:
    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class _Suppression:
    __pydantic_config__: ClassVar[Any] = _STRICT
    status: str = "accepted"


@dataclass(frozen=True, kw_only=True)
class _Found:
    __pydantic_config__: ClassVar[Any] = _STRICT
    message: _Text
    ruleId: str = ""  # noqa: N815
    ruleIndex: int = -1  # noqa: N815
    rule: _Reference = _Reference()
    level: str = ""
    kind: str = "fail"
    baselineState: str = ""  # noqa: N815
    locations: tuple[Mapping[str, Any], ...] = ()
    suppressions: tuple[_Suppression, ...] | None = None
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Run:
    __pydantic_config__: ClassVar[Any] = _STRICT
    tool: _Tool
    invocations: tuple[_Invocation, ...] = ()
    results: tuple[_Found, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class _Log:
    __pydantic_config__: ClassVar[Any] = _STRICT
    version: Literal["2.1.0"]
    runs: tuple[_Run, ...]


def listed(recorder: Recorder, root: Path, pattern: str) -> Mapping[str, datetime]:
    """The reports that a path or glob names, below ``root``, with when each was written; Unobservable of none."""

    def look() -> bytes:
        found = [each for each in sorted(root.glob(pattern)) if each.resolve().is_relative_to(root.resolve())]
        if not found:
            words = f"{pattern} names no report; write one with, for example, `trivy fs --format sarif --output FILE .`"
            raise Unobservable(Cause.NOT_CONFIGURED, words)
        if len(found) > _FILES:
            raise Unobservable(Cause.TOO_LARGE, f"{pattern} names {len(found)} reports; at most {_FILES} are read")
        told = {str(each.relative_to(root)): iso(_written(each)) for each in found}
        return json.dumps(told).encode()

    body = kept(recorder, probe="scan.reports", query=f"REPORTS {pattern}", act=look)
    return {name: utc(at) for name, at in json.loads(body).items()}


def report(recorder: Recorder, root: Path, name: str, *, written: datetime, now: datetime) -> tuple[ScannerRun, ...]:
    """Every run in one report; Unobservable when it cannot be read or is no SARIF 2.1.0."""
    answer = File(root=root, path=name, recorder=recorder).read("scan.sarif", now, _bounded)
    log = parse(_Log, answer)
    if not log.runs:
        raise Unobservable(Cause.MALFORMED, f"{name} tells of no run of any scanner")
    return tuple(_run(each, name, written) for each in log.runs)


def _run(run: _Run, file: str, written: datetime) -> ScannerRun:
    ends = [each.endTimeUtc for each in run.invocations if each.endTimeUtc is not None]
    driver = run.tool.driver
    return ScannerRun(
        file=file, tool=driver.name, version=driver.semanticVersion or driver.version,
        at=max(ends, default=written), results=tuple(_results(run)), failure=_failure(run),
    )  # fmt: skip


def _failure(run: _Run) -> str:
    """By the format, a run without results did not look, while one that found nothing has an empty list of them."""
    if not all(each.executionSuccessful for each in run.invocations):
        return "says that it failed (executionSuccessful)"
    return "holds no results, not even an empty list" if run.results is None else ""


def _results(run: _Run) -> Iterator[Result]:
    """What failed and is still there: not what passed, was only noted, or is gone since the report before."""
    by_id = {rule.id: rule for part in (*run.tool.extensions, run.tool.driver) for rule in part.rules}
    for each in run.results or ():
        if each.kind != "fail" or each.baselineState == "absent":
            continue
        rule = by_id.get(each.ruleId or each.rule.id) or _numbered(run.tool.driver.rules, each.ruleIndex)
        yield Result(
            rule=each.ruleId or each.rule.id or (rule.id if rule else "unnamed"),
            level=each.level or (rule.defaultConfiguration.level if rule else "warning"),
            score=_score(each.properties, rule.properties if rule else None),
            where=_place(each.locations), what=each.message.text, help=rule.helpUri if rule else "",
            suppressed=any(one.status == "accepted" for one in each.suppressions or ()),
        )  # fmt: skip


def _numbered(rules: Sequence[_Rule], index: int) -> _Rule | None:
    return rules[index] if 0 <= index < len(rules) else None


def _score(*told: Mapping[str, Any] | None) -> float | None:
    """The first score among these properties, 0 to 10."""
    for properties in told:
        try:
            score = float(str((properties or {})[_SCORE]))
        except (KeyError, ValueError):
            continue
        if 0 <= score <= 10:
            return score
    return None


def _place(locations: Sequence[Mapping[str, Any]]) -> str:
    """File and line of the first place, else its logical name."""
    try:
        physical = locations[0]["physicalLocation"]
        line = physical.get("region", {}).get("startLine")
        return str(physical["artifactLocation"]["uri"]) + (f":{line}" if line else "")
    except (IndexError, KeyError, TypeError, AttributeError):
        return ""


def _bounded(path: Path) -> bytes:
    if path.stat().st_size > _MOST:
        raise Unobservable(Cause.TOO_LARGE, f"{path.name} is larger than {_MOST:,} bytes")
    return path.read_bytes()


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
