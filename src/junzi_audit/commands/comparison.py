"""A proposal beside what is stored, as one aligned table of what would change."""

from __future__ import annotations

import re

from junzi_audit.commands import aligned
from junzi_audit.commands.changes import Change, names, of_value, scalar
from junzi_audit.proposals import Proposal
from junzi_audit.report.text import one_line

_HEADINGS = ("what", "stored", "proposed", "change", "relative")
_LONGEST = (72, 28, 28, 20, 20)
_CODE = {
    "version": "version of JUNZI Audit",
    "check": "check's file",
    "plan": "plan",
    "target": "target's description",
}


def lines(stored: Proposal | None, proposal: Proposal) -> list[str]:
    """The table's lines, headings first; none when nothing would change. ``stored`` is None where nothing is."""
    changed = [*_made(stored, proposal), *of_value(stored.value if stored else {}, proposal.value)]
    if not changed:
        return []
    rows = [(each.what, each.old, each.new, each.change, each.relative) for each in changed]
    cut = [tuple(one_line(cell, longest) for cell, longest in zip(row, _LONGEST, strict=True)) for row in rows]
    return aligned((_HEADINGS, *cut), right=(1, 2, 3, 4))


def _made(stored: Proposal | None, proposal: Proposal) -> list[Change]:
    """What differs in how the value came about: duty, records, window, model, code and questions."""
    old, new = _facts(stored), _facts(proposal)
    found = [scalar(what, old.get(what), new[what]) for what in new if old.get(what) != new[what]]
    return [*found, *names("question", _asked(stored), _asked(proposal))]


def _asked(made: Proposal | None) -> list[str]:
    """What was asked without host and interval: the one is another each time, the other is told as the window."""
    shortened = (re.sub(r"https?://[^/ ]*|[?].*", "", query) for query in (made.query if made else ()))
    return list(dict.fromkeys(shortened))


def _facts(made: Proposal | None) -> dict[str, object]:
    if made is None:
        return {}
    since, until = (f"{at:%Y-%m-%d %H:%M:%SZ}" for at in (made.window.since, made.window.until)) if made.window else (
        None, None,
    )  # fmt: skip
    code = {what: getattr(made.code, part)[:12] for part, what in _CODE.items()}
    model = ", ".join(made.model) or None
    return {"duty": made.duty, "records": made.n, "since": since, "until": until, "model": model, **code}
