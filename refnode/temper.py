"""How the live node behaves: honest unless a fault changed one of these."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Temper:
    """Knobs of live behaviour; the defaults are the honest node.

    pace: factor on the time between live captures. poisoned, altered: share of new captures.
    biased: (attribute, group) that live scoring treats unfairly, or None. shift: added to live scores.
    """

    silent_agents: frozenset[str] = frozenset()
    stale_feeds: frozenset[str] = frozenset()
    pace: float = 1.0
    poisoned: float = 0.0
    altered: float = 0.0
    biased: tuple[str, str] | None = None
    shift: float = 0.0
    scan_backlog: int = 0
    hostile: bool = False
    undercount: bool = False
