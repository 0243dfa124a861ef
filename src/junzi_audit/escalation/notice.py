"""The words of a notice: bounded, without secrets or personal data, and inert wherever they are shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from junzi_audit.escalation.decisions import Matter
from junzi_audit.findings import RunHeader
from junzi_audit.model import Verdict
from junzi_audit.probes import wire
from junzi_audit.probes.personal import mask
from junzi_audit.wording import moment

_LONGEST = 1_200
_TITLE = 150
#: Beside letters and digits; what a chat, a browser or Markdown gives a meaning to is not among them.
_PLAIN = frozenset(" .,;:()%+-=/_'\"?≤≥−∞…‹›⟦⟧·–")
_LOOKALIKE = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "{": "(", "}": ")", "`": "'"})
#: An address that a reader might follow, and underscores that begin or end emphasis.
_LINKS = re.compile(r"(?<=:)/(?=/)|(?i:(?<=www)\.)")
_EMPHASIS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A title of one line and a body of several; ``grave`` for a breach."""

    title: str
    body: str
    grave: bool


def compose(
    matter: Matter, why: str, header: RunHeader, *, evidence: str, report: str, act: str, secrets: Iterable[str]
) -> Notice:
    """The notice of one duty. ``evidence``: SHA-256 of the run's results; ``act``: what the node was made to do."""
    duty, record, rule = matter.duty, matter.record, matter.rule
    assert rule is not None
    drill = f", exercised by {rule.procedure.drill}" if rule.procedure.drill else ""
    lines = {
        "Verdict": f"{record.verdict}, {why}" if why else record.verdict,
        "Reason": _clean(record.reason, secrets),
        "Target": f"{header.target} ({header.environment})",
        "Owner": duty.owner,
        "Escalates to": duty.escalates_to,
        "Remedy": duty.remedy,
        "Procedure": f"{rule.procedure}{drill}",
        "Act": act,
        "Run": f"{header.run}, begun {moment(header.started)}",
        "Evidence": f"SHA-256 {evidence} of results.jsonl",
        "Report": report,
    }
    body = [inert(duty.title), *(f"{name}: {inert(text)}" for name, text in lines.items() if text)]
    title = inert(f"{record.verdict}: {duty.id} on {header.target}", _TITLE)
    return Notice(title=title, body="\n".join(body), grave=record.verdict is Verdict.BREACHED)


def inert(text: str, longest: int = _LONGEST) -> str:
    """One line in which nothing is a link, a mention, markup or an invisible sign."""
    line = " ".join(unicodedata.normalize("NFC", text[: 8 * longest]).split()).translate(_LOOKALIKE)
    plain = "".join(letter if letter.isalnum() or letter in _PLAIN else "·" for letter in line)
    safe = _EMPHASIS.sub("-", _LINKS.sub("·", plain))
    return safe if len(safe) <= longest else f"{safe[: longest - 1]}…"


def _clean(text: str, secrets: Iterable[str]) -> str:
    """What a node's words may hold of keys or of people, taken out before anything else is."""
    kept = wire.without(wire.spellings(secrets), text[: 8 * _LONGEST].encode(errors="replace"))
    return mask(kept).decode(errors="replace")
