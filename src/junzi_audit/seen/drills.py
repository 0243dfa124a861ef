"""What a drill was seen to do, step by step, and the figures that came of it. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: ``at`` seconds after the drill began it was over, having taken ``seconds``, infinite when it never was.

    ``phase``: steady, act, expect, look, or undo. ``within``: the seconds allowed, where a time is published.
    """

    phase: str
    name: str
    at: float
    seconds: float
    within: float | None = None
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a drill, counted over ``n`` things looked at."""

    value: float
    n: int
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """A drill that came to its end; ``figures`` by the names of the duty's limits, ``where`` is what it was held on."""

    where: str
    steps: tuple[Step, ...]
    figures: Mapping[str, Figure]
