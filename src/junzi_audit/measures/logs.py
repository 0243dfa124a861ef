"""What a day's log says: its form, personal data, criticals nobody answered, and kinds of error nobody has seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import coverage, details
from junzi_audit.records import LogLine

LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
ANSWER = timedelta(minutes=5)
WINDOW = timedelta(minutes=5)
_PREFIX = re.compile(r"\[JUNZI-[A-Za-z][A-Za-z0-9-]*\]")
_ALIKE = 0.6
_ACKNOWLEDGED = "critical acknowledged"
#: What varies between two lines of the same kind, most specific first. Runs are possessive: an event is hostile text,
#: and a pattern that goes back over it would take hours for one of a megabyte.
_VARIABLE = re.compile(
    r"""[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}      # uuid
      | (?<![A-Za-z0-9_])[a-z]++[-_:](?=[a-fA-F]*+\d)[0-9a-fA-F]++\b  # an id such as src-00017
      | 0x[0-9a-fA-F]+ | \b(?=[a-fA-F]*+\d)[0-9a-fA-F]{8,}+\b
      | \d+(?:[.:]\d+)* | '[^']*+' | "[^"]*+" """,
    re.VERBOSE,
)
#: Characters of an event that tell its kind; the rest of a long one is data.
_TELLING = 500


def gap(lines: Sequence[LogLine], since: datetime, until: datetime) -> Unseen | None:
    """What keeps the log from covering the interval; None when it does."""
    return coverage.gap((line.timestamp for line in lines if line.timestamp), since, until, what="log lines")


def malformed(lines: Sequence[LogLine]) -> Measurement:
    """Lines that are not JSON, or lack an instant, a published level, a trace id or the agent's prefix."""
    faults = Counter(fault for line in lines if (fault := _fault(line)))
    words = ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items()))
    return census(sum(faults.values()), n=len(lines), detail=words)


def personal_data(lines: Sequence[LogLine], masked: str) -> Measurement:
    """Lines in which personal data was masked before they were stored; ``masked`` is how the mask begins."""
    kinds = Counter(
        details.shown(part.split("⟧", 1)[0])[:20]
        for line in lines
        if masked in line.text
        for part in line.text.split(masked)[1:]
    )
    words = details.some([f"{kind} {count}×" for kind, count in sorted(kinds.items())])
    return census(sum(masked in line.text for line in lines), n=len(lines), detail=words)


def unanswered(lines: Sequence[LogLine], now: datetime) -> Measurement:
    """CRITICAL lines that no later line acknowledges within five minutes; younger ones are not yet owed an answer.

    A critical without an instant, or with one in our future, cannot be in time: any acknowledgement it has will do, and
    without one it is unanswered. No line acknowledges itself.
    """
    answers: dict[str, list[datetime]] = {}
    for line in lines:
        if line.acknowledges and line.timestamp and line.event == _ACKNOWLEDGED and line.level != "CRITICAL":
            answers.setdefault(line.acknowledges, []).append(line.timestamp)

    def answered(line: LogLine) -> bool:
        moments, at = answers.get(line.trace_id, []), line.timestamp
        if at is None or at > now:
            return bool(moments)
        return any(at <= moment <= at + ANSWER for moment in moments) or now - at <= ANSWER

    bad = [line for line in lines if line.level == "CRITICAL" and not answered(line)]
    words = [f"{_when(line)} {details.shown(line.prefix)} trace {details.shown(line.trace_id)}" for line in bad]
    return census(len(bad), n=len(lines), detail=details.some(words, most=5))


def signature(line: LogLine) -> str:
    """The kind of a line: how grave, which exception, and its words with everything variable starred out.

    Deterministic and independent of order, so that the same log always gives the same signatures. Which agent wrote it
    is left out: the same error met by another agent is no new kind.
    """
    told = [_VARIABLE.sub("*", text[:_TELLING]) for text in (line.exception, line.event)]
    return " ".join(" ".join([line.level or "-", *told]).split())


def signatures(lines: Sequence[LogLine]) -> dict[str, int]:
    """How often each kind of ERROR or CRITICAL line occurs."""
    return dict(sorted(Counter(signature(line) for line in lines if _is_error(line)).items()))


def new_signatures(lines: Sequence[LogLine], known: Mapping[str, Any]) -> Measurement:
    """Kinds of error that the baseline does not hold; one that shares 60 % of its words with a known one is known."""
    seen = signatures(lines)
    fresh = {kind: count for kind, count in seen.items() if not _is_known(kind, known)}
    table = Exhibit(
        title="Kinds of error in the last 24 hours",
        caption="Variable parts are starred out; known kinds stand in the approved baseline.",
        columns=("kind", "lines", "known"),
        rows=tuple((kind, count, "new" if kind in fresh else "known") for kind, count in seen.items()),
    )
    named = details.some([f"{kind} ({count}×)" for kind, count in fresh.items()], most=5, between="; ")
    return census(len(fresh), n=len(lines), detail=named, expected=0.0, exhibits=(table,))


def most_in_five_minutes(lines: Sequence[LogLine]) -> Measurement:
    """Most ERROR and CRITICAL lines in any five minutes, with the day by the hour."""
    times = sorted(line.timestamp for line in lines if _is_error(line) and line.timestamp)
    most, began, first = 0, None, 0
    for last, at in enumerate(times):
        while times[first] <= at - WINDOW:
            first += 1
        if last - first + 1 > most:
            most, began = last - first + 1, times[first]
    hours = Counter(f"{at:%Y-%m-%d %H}:00" for at in times)
    table = Exhibit(
        title="Error lines by the hour",
        caption="ERROR and CRITICAL lines of the last 24 hours.",
        columns=("hour", "lines"),
        rows=tuple(sorted(hours.items())),
        chart=Chart(kind="bars", label=0, value=1, value_label="lines"),
    )
    detail = f"from {began:%Y-%m-%d %H:%M} UTC" if began else ""
    return census(most, n=len(lines), detail=detail, exhibits=(table,) if times else ())


def _when(line: LogLine) -> str:
    return f"{line.timestamp:%Y-%m-%d %H:%M}" if line.timestamp else "without an instant"


def _fault(line: LogLine) -> str:
    if not line.is_json:
        return "not a JSON object"
    if line.timestamp is None:
        return "without an instant"
    if line.level not in LEVELS:
        return "without a published level"
    if not line.trace_id:
        return "without a trace id"
    return "" if _PREFIX.fullmatch(line.prefix) else "without an agent prefix"


def _is_error(line: LogLine) -> bool:
    return line.level in {"ERROR", "CRITICAL"}


def _is_known(kind: str, known: Mapping[str, Any]) -> bool:
    """Known exactly, or of the same length and level, with most words equal.

    As in Drain's measure of likeness, a starred word is not an equal one: two kinds made of numbers are not alike.
    """
    if kind in known:
        return True
    words = kind.split()
    for other in known:
        others = other.split()
        if len(others) == len(words) > 1 and others[0] == words[0]:
            alike = sum(mine == theirs != "*" for mine, theirs in zip(words[1:], others[1:], strict=True))
            if alike >= _ALIKE * (len(words) - 1):
                return True
    return False
