"""How often decisions are flagged, by group of every attribute."""

from collections import defaultdict
from typing import NamedTuple

from refnode.roster import ATTRIBUTES
from refnode.store import Store

CELLS = (
    "SELECT e.party, e.jurisdiction, e.role, e.region, count(*), sum(CASE WHEN d.flagged THEN 1 ELSE 0 END),"
    " min(d.calculated_at) FROM decisions d JOIN entities e ON e.entity_id = d.entity_id"
    " WHERE d.calculated_at >= :since GROUP BY 1, 2, 3, 4"
)
NAMES = ("party", "jurisdiction", "role", "region")


class Rate(NamedTuple):
    """Decisions, how many of them were flagged, and when the first was made."""

    n: int = 0
    flagged: int = 0
    first: int = 0

    @property
    def share(self) -> float:
        """Give the share of flagged ones."""
        return self.flagged / self.n if self.n else 0.0


def rates(store: Store, since: int) -> dict[tuple[str, str], Rate]:
    """Count the decisions calculated since then, by (attribute, group)."""
    found: dict[tuple[str, str], Rate] = defaultdict(Rate)
    for *groups, n, flagged, first in store.rows(CELLS, since=since):
        for key in zip(NAMES, groups, strict=True):
            sofar = found[key]
            earliest = min(sofar.first, first) if sofar.n else first
            found[key] = Rate(sofar.n + n, sofar.flagged + int(flagged), earliest)
    return found


def rest_of(found: dict[tuple[str, str], Rate], attribute: str, group: str) -> Rate:
    """Add up the other groups of the attribute."""
    others = [found[attribute, name] for name in ATTRIBUTES[attribute] if name != group and (attribute, name) in found]
    return Rate(sum(each.n for each in others), sum(each.flagged for each in others))
