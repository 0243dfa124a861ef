"""Reports of other scanners as SARIF 2.1.0 files: who looked, when, and what was found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.documents import File
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.sarif_log import Log, Run, rule_of
from junzi_audit.probes.tools import kept
from junzi_audit.seen.weaknesses import Result, ScannerRun

#: Bytes of one report, and reports of one pattern.
_MOST, _FILES = 50_000_000, 100
_SCORE = "security-severity"
#: Kinds of result that are no weakness; what is open or to be reviewed may be one.
_HARMLESS = frozenset({"pass", "informational", "notApplicable"})


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
    log = parse(Log, answer)
    if not log.runs:
        raise Unobservable(Cause.MALFORMED, f"{name} tells of no run of any scanner")
    return tuple(_run(each, name, written) for each in log.runs)


def _run(run: Run, file: str, written: datetime) -> ScannerRun:
    ends = [each.endTimeUtc for each in run.invocations if each.endTimeUtc is not None]
    driver = run.tool.driver
    return ScannerRun(
        file=file, tool=driver.name, version=driver.semanticVersion or driver.version,
        at=max(ends, default=written), results=tuple(_results(run)), failure=_failure(run),
    )  # fmt: skip


def _failure(run: Run) -> str:
    """By the format, a run without results did not look, while one that found nothing has an empty list of them."""
    if not all(each.executionSuccessful for each in run.invocations):
        return "says that it failed (executionSuccessful)"
    told = [(*each.toolExecutionNotifications, *each.toolConfigurationNotifications) for each in run.invocations]
    if errors := [each.message.text for notes in told for each in notes if each.level == "error"]:
        return f"met an error, and may not have looked at everything: {errors[0][:200] or 'it does not say which'}"
    return "holds no results, not even an empty list" if run.results is None else ""


def _results(run: Run) -> Iterator[Result]:
    """What did not pass and is still there: not what was only noted, or is gone since the report before."""
    for each in run.results or ():
        if each.kind in _HARMLESS or each.baselineState == "absent":
            continue
        rule = rule_of(run.tool, each)
        both = (each.properties or {}, (rule and rule.properties) or {})
        told = [properties[_SCORE] for properties in both if _SCORE in properties]
        # By the format, what did not fail has the level "none", which says nothing of how grave it would be.
        level = "" if each.kind != "fail" and each.level == "none" else each.level
        score = next((found for one in told if (found := _score(one)) is not None), None)
        yield Result(
            rule=each.ruleId or each.rule.id or (rule.id if rule else "unnamed"),
            level=level or (rule.defaultConfiguration.level if rule else "warning"), score=score,
            where=_place(each.locations), what=each.message.text, help=rule.helpUri if rule else "",
            suppressed=bool(each.suppressions) and all(one.status == "accepted" for one in each.suppressions or ()),
            unrated=_unrated(told, by_level=bool(level or rule)) if score is None else "",
        )  # fmt: skip


def _score(told: Any) -> float | None:
    """A number from 0 to 10, else None."""
    try:
        score = float(str(told))
    except ValueError:
        return None
    return score if 0 <= score <= 10 else None


def _unrated(told: Sequence[Any], *, by_level: bool) -> str:
    """Why nothing says how grave a result without a score is; empty when its level does."""
    if told:
        return f"its {_SCORE} {str(told[0])[:40]!r} is no number from 0 to 10"
    return "" if by_level else "its rule is not in the report, and it has no level of its own"


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
