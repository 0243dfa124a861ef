"""How the columns of a stored decision log say what a decision log says."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Columns:
    """``attributes``: columns, or "party x region" for an intersection. ``time`` and ``known`` may be empty.

    ``time`` is when a decision was made, ``known`` when its outcome became known. A decision or an outcome says yes by
    its ``positive`` word and no by one of its ``negative`` words, in any case; any other word says neither. Without
    negative words there may be one other.
    """

    cluster: str
    decided: str
    decided_positive: str
    outcome: str
    outcome_positive: str
    attributes: tuple[str, ...]
    decided_negative: tuple[str, ...] = ()
    outcome_negative: tuple[str, ...] = ()
    time: str = ""
    known: str = ""

    def within(self, level: str) -> Columns:
        """The same, with every attribute cut by that column: "party x risk_level"."""
        return replace(self, attributes=tuple(f"{name} x {level}" for name in self.attributes))
