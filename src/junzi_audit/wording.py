"""Numbers as a reader sees them: figures with their units, bounds in signs, instants and plurals."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from junzi_audit.model import Bound

#: Units whose figures are parts of one, read more easily as percentages.
SHARES = frozenset({"share"})
#: A unit longer than this is named once beside the figure, not behind every number.
_UNIT_LONGEST = 10
_SIGNS = {"<=": "≤", "<": "<", ">=": "≥", ">": ">"}


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
