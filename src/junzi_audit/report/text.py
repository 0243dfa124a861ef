"""Words as a reader sees them: hostile text made visible, and names that are safe as paths."""

from __future__ import annotations

import re
from collections.abc import Iterable

from junzi_audit.model import Verdict

#: One sign per verdict; always shown with its word, never alone.
SYMBOLS = {
    Verdict.MET: "✓",
    Verdict.BREACHED: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.OVERDUE: "!",
    Verdict.AWAITING: "…",
    Verdict.WAIVED: "~",
}
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


def in_words(text: str, names: Iterable[str]) -> str:
    """The text with each of the limits' names in it written as words."""
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if "_" in name)
    return re.sub(rf"\b(?:{known})\b", lambda found: found[0].replace("_", " "), text) if known else text


def slug(identifier: str) -> str:
    """The identifier as a file name and HTML id of [A-Za-z0-9._-] that never starts with a dot."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", identifier).lstrip(".")[:80] or "unnamed"


def safe_path(path: str) -> str:
    """The path if it can only lead inside the run's directory, else the empty string."""
    return path if _SAFE_PATH.fullmatch(path) else ""
