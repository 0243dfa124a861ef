"""Numbers as a reader sees them: figures with their units, bounds in signs, instants and plurals."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from junzi_audit.model import Bound

#: Units whose figures are parts of one, read more easily as percentages.
SHARES = frozenset({"share"})
#: A unit longer than this is named once beside the figure, not behind every number.
_UNIT_LONGEST = 10
#: Digits of a figure unless told otherwise, and the least that is written without an exponent.
_DIGITS, _TINIEST = 4, 0.0001
_MINUTES = "min"
_SHORTHAND = 2  # characters of a unit such as ms, which is no plural
_SIGNS = {"<=": "≤", "<": "<", ">=": "≥", ">": ">"}


def number(value: float, digits: int = _DIGITS) -> str:
    """The value to ``digits`` significant digits, thousands grouped, no trailing zeros.

    What four digits or fewer would need an exponent for is told as smaller than 0.0001.
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if 0 < abs(value) < _TINIEST and digits <= _DIGITS:
        return f"< {_TINIEST}" if value > 0 else f"> -{_TINIEST}"
    if abs(value) >= 1e15 or 0 < abs(value) < _TINIEST:
        return f"{float(value):.{digits}g}"
    places = 0 if value == int(value) else max(0, digits - 1 - math.floor(math.log10(abs(value))))
    written = f"{value:,.{places}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def quantity(value: float, unit: str, digits: int = _DIGITS) -> str:
    """The value with its unit; parts of one are written as percentages, a long unit is left out (``long_unit``)."""
    if unit in SHARES or unit == _MINUTES:
        return bare(value, unit, digits)
    return f"{number(value, digits)} {'' if long_unit(unit) else _of(value, unit)}".rstrip()


def bare(value: float, unit: str, digits: int = _DIGITS) -> str:
    """The value without its unit, where that is said elsewhere; parts of one still are percentages.

    Minutes keep theirs, because less than one of them is told in seconds.
    """
    if unit == _MINUTES:
        return f"{number(value * 60, digits - 1)} s" if 0 < abs(value) < 1 else f"{number(value, digits)} {unit}"
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
    """The bound in signs for beside a figure that names the unit, such as ≤ 2% or ≤ 1,000; always its own figure."""
    tiny = 0 < abs(bound.value) * (100 if unit in SHARES else 1) < _TINIEST
    return f"{_SIGNS.get(bound.comparator, bound.comparator)} {bare(bound.value, unit, 6 if tiny else _DIGITS)}"


def bound_in_full(bound: Bound, unit: str) -> str:
    """The bound in signs with its whole unit, such as ≤ 1,000 items."""
    return f"{bound_text(bound, unit)} {'' if unit in SHARES or unit == _MINUTES else _of(bound.value, unit)}".rstrip()


def _of(value: float, unit: str) -> str:
    """The unit as it is said of that many: one version, two versions."""
    if value != 1 or len(unit) <= _SHORTHAND or not unit.endswith("s") or " and " in unit:
        return unit
    if unit.endswith("ies"):
        return f"{unit[:-3]}y"
    return unit[:-2] if unit.endswith(("sses", "shes", "ches", "xes")) else unit[:-1]


def moment(at: datetime) -> str:
    """The instant in UTC to the second, for reading."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def plural(count: int, noun: str) -> str:
    """The count with its noun, such as ``1 duty`` or ``6 duties``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"
