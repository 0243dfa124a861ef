"""How a reading names what it found: a few names, short and printable, because they come from the node."""

from __future__ import annotations

from collections.abc import Sequence

_MOST, _LONGEST = 10, 120


def some(names: Sequence[str], *, most: int = _MOST, between: str = ", ") -> str:
    """At most ``most`` of the names; the evidence has them all."""
    rest = len(names) - most
    return between.join(shown(name) for name in names[:most]) + (f" and {rest} more" if rest > 0 else "")


def shown(name: str) -> str:
    """The name as it may stand in a sentence: cut short, without line breaks or control characters."""
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in short)
