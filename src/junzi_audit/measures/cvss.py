"""Severity of an advisory from its CVSS vectors and words. Source: FIRST, CVSS v3.1 specification, section 7."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import floor

from junzi_audit.seen.tickets import Severity, worst_of
from junzi_audit.seen.vulnerabilities import Advisory, Affected, Score

_WORDS: Mapping[str, Severity] = {
    "critical": "critical", "high": "high", "important": "high", "moderate": "medium", "medium": "medium",
    "low": "low", "negligible": "low", "minor": "low",
}  # fmt: skip
_VALUES = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    **{name: {"H": 0.56, "L": 0.22, "N": 0.0} for name in "CIA"},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def severity_of(advisory: Advisory, affected: Affected) -> Severity | None:
    """The gravest that anything in it says; None when nothing does. Vectors of version 4 and 2 are not computed."""
    specific = (advisory.database_specific, affected.database_specific, affected.ecosystem_specific)
    words = [each["severity"] for each in specific if isinstance(each.get("severity"), str)]
    found = [_WORDS[word.lower()] for word in words if word.lower() in _WORDS]
    return worst_of([*found, *_of_scores((*advisory.severity, *affected.severity))])


def _of_scores(scores: tuple[Score, ...]) -> Iterator[Severity]:
    for each in scores:
        if each.score.lower() in _WORDS:
            yield _WORDS[each.score.lower()]
        elif (base := base_score(each.score)) is not None:
            yield rating(base)


def rating(base: float) -> Severity:
    """The word for a base score; nought is called low here, since somebody published it."""
    if base >= 9:
        return "critical"
    return "high" if base >= 7 else "medium" if base >= 4 else "low"


def base_score(vector: str) -> float | None:
    """The base score of a CVSS 3.0 or 3.1 vector, 0 to 10; None for anything else."""
    if not vector.startswith(("CVSS:3.0/", "CVSS:3.1/")):
        return None
    told = dict(part.partition(":")[::2] for part in vector.split("/")[1:])
    try:
        value = {name: words[told[name]] for name, words in _VALUES.items()}
        privileges = _PRIVILEGES[told["S"]][told["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"])
    changed = told["S"] == "C"
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * value["AV"] * value["AC"] * privileges * value["UI"]
    return _rounded_up(min((1.08 if changed else 1.0) * (impact + exploitability), 10.0))


def _rounded_up(score: float) -> float:
    """To one digit, upwards, as the specification says it for floats."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (floor(whole / 10_000) + 1) / 10
