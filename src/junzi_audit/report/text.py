"""Words and numbers as a reader sees them: hostile text made visible, figures with their units, bounds in signs."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from junzi_audit.model import Bound, Verdict

#: One sign per verdict; always shown with its word, never alone.
SYMBOLS = {
    Verdict.MET: "✓",
    Verdict.BREACHED: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.OVERDUE: "!",
    Verdict.AWAITING: "…",
    Verdict.WAIVED: "~",
}
#: Units whose figures are parts of one, read more easily as percentages.
SHARES = frozenset({"share"})
#: A unit longer than this is named once beside the figure, not behind every number.
_UNIT_LONGEST = 10
_SIGNS = {"<=": "≤", "<": "<", ">=": "≥", ">": ">"}
_LONGEST = 2_000
_SAFE_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def visible(text: str, longest: int = _LONGEST) -> str:
    """The text with every control, escape, bidirectional and invisible character spelled out as ⟦U+202E⟧.

    Line feeds and tabs stay, other spaces become plain ones; what is longer than ``longest`` characters is cut and says
    so. The result can always be encoded as UTF-8.
    """
    shown = text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest:,} characters more)"
    if shown.isprintable():
        return str(shown)
    return "".join(map(_spelled, shown))


def _spelled(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return " " if character.isspace() and ord(character) >= 0xA0 else f"⟦U+{ord(character):04X}⟧"


def one_line(text: str, longest: int) -> str:
    """The text made visible, on one line, cut to ``longest`` characters with an ellipsis."""
    line = " ".join(visible(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def slug(identifier: str) -> str:
    """The identifier as a file name and HTML id of [A-Za-z0-9._-] that never starts with a dot."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", identifier).lstrip(".")[:80] or "unnamed"


def safe_path(path: str) -> str:
    """The path if it can only lead inside the run's directory, else the empty string."""
    return path if _SAFE_PATH.fullmatch(path) else ""


def number(value: float, digits: int = 4) -> str:
    """The value to ``digits`` significant digits, thousands grouped, no trailing zeros."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-4:
        return f"{float(value):.{digits}g}"
    places = 0 if value == int(value) else max(0, digits - 1 - math.floor(math.log10(abs(value))))
    written = f"{value:,.{places}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def quantity(value: float, unit: str, digits: int = 4) -> str:
    """The value with its unit; parts of one are written as percentages, a long unit is left out (``long_unit``)."""
    if unit in SHARES:
        return bare(value, unit, digits)
    return f"{number(value, digits)} {'' if long_unit(unit) else unit}".rstrip()


def bare(value: float, unit: str, digits: int = 4) -> str:
    """The value without its unit, where that is said elsewhere; parts of one still are percentages."""
    return f"{number(value * 100, digits)}%" if unit in SHARES and math.isfinite(value) else number(value, digits)


def long_unit(unit: str) -> str:
    """The unit if it is too long to stand behind every number, else the empty string."""
    return unit if len(unit) > _UNIT_LONGEST else ""


def beside(value: float, bound: Bound, unit: str) -> str:
    """The value with as many digits as it takes not to read like a bound it differs from."""
    for digits in (4, 6, 9):
        written = quantity(value, unit, digits)
        if value == bound.value or written != quantity(bound.value, unit, digits):
            return written
    return quantity(value, unit, 12)


def bound_text(bound: Bound, unit: str) -> str:
    """The bound in signs for beside a figure that names the unit, such as ≤ 2% or ≤ 1,000."""
    return f"{_SIGNS.get(bound.comparator, bound.comparator)} {bare(bound.value, unit)}"


def bound_in_full(bound: Bound, unit: str) -> str:
    """The bound in signs with its whole unit, such as ≤ 1,000 items."""
    return f"{bound_text(bound, unit)} {'' if unit in SHARES else unit}".rstrip()


def moment(at: datetime) -> str:
    """The instant in UTC to the second, for reading."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def plural(count: int, noun: str) -> str:
    """The count with its noun, such as ``1 duty`` or ``6 duties``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"
