"""Tells the register of bias findings: some of the node's own, and one for every dispute about bias that was upheld."""

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from refnode.clock import DAY
from refnode.roster import ATTRIBUTES
from refnode.seeding.rows import Entity

OWNERS: Final = (
    "Bias Monitoring Council, model desk",
    "Bias Monitoring Council, sources desk",
    "Agent Maintenance Team",
)
MITIGATIONS: Final = (
    "Re-threshold the flag for the attribute and compare again after four weeks.",
    "Withdraw the feed that covers the group twice, and rescore.",
    "Review the group's flags by hand until the next model is approved.",
)
#: Days ago found, attribute, group, measure, gap, days until mitigated (None: not yet), and the state that follows.
OWN: Final = (
    (130, "region", "West", "equalized_odds_gap", 0.124, 50, "closed"),
    (95, "party", "Independent", "selection_rate_gap", 0.131, 35, "closed"),
    (41, "role", "judge", "equalized_odds_gap", 0.112, None, "reopened"),
    (20, "jurisdiction", "International", "selection_rate_gap", 0.108, None, "mitigating"),
    (3, "region", "North", "selection_rate_gap", 0.104, None, "open"),
)
DUE: Final = 120
#: A finding that a dispute brought up is mitigated and closed so many days after the ruling.
MITIGATED: Final = 20
OVERDUE: Final = 10


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding as it is now; times in stored milliseconds."""

    finding_id: str
    attribute: str
    group: str
    measure: str
    gap: float
    found_at: int
    about: str | None
    owner: str | None
    mitigation: str | None
    due: int | None
    mitigated_at: int | None
    gap_after: float | None
    state: str


def findings(
    seed: int, now: int, upheld: Iterable[tuple[str, str, int]], people: dict[str, Entity], wrong: Collection[str]
) -> list[Finding]:
    """Give the register as it is at `now`, by when they were found, wrong in the ways named (missing, overdue).

    upheld: id, entity and time of the ruling of every dispute about bias that was upheld.
    """
    found = [*_own(seed), *(_disputed(seed, now, people[who], key, at) for key, who, at in upheld)]
    found.sort(key=lambda each: (each.found_at, each.finding_id))
    waiting = [place for place, each in enumerate(found) if each.state != "closed" and each.found_at < now - 3 * DAY]
    if "missing" in wrong:
        first, second = waiting[-2:]
        found[first] = replace(found[first], owner=None)
        found[second] = replace(found[second], mitigation=None)
    if "overdue" in wrong:
        found[waiting[0]] = replace(found[waiting[0]], due=now - OVERDUE * DAY)
    return found


def _own(seed: int) -> list[Finding]:
    return [
        _finding(
            seed, f"BF-{number:04d}", attribute, group, measure, gap, -days * DAY, mitigated, state, about=None
        )
        for number, (days, attribute, group, measure, gap, mitigated, state) in enumerate(OWN, start=1)
    ]  # fmt: skip


def _disputed(seed: int, now: int, who: Entity, key: str, at: int) -> Finding:
    rng = random.Random(f"{seed}/bias-findings/{key}/about")
    attribute = rng.choice(list(ATTRIBUTES))
    done = at + MITIGATED * DAY <= now
    return _finding(
        seed, f"BF-{key}", attribute, getattr(who, attribute), "selection_rate_gap", round(rng.uniform(0.02, 0.06), 3),
        at, MITIGATED if done else None, "closed" if done else "mitigating", about=key,
    )  # fmt: skip


def _finding(
    seed: int, key: str, attribute: str, group: str, measure: str, gap: float, at: int, mitigated: int | None,
    state: str, about: str | None,
) -> Finding:  # fmt: skip
    rng = random.Random(f"{seed}/bias-findings/{key}")
    return Finding(
        finding_id=key,
        attribute=attribute,
        group=group,
        measure=measure,
        gap=gap,
        found_at=at,
        about=about,
        owner=rng.choice(OWNERS),
        mitigation=rng.choice(MITIGATIONS),
        due=at + DUE * DAY,
        mitigated_at=None if mitigated is None else at + mitigated * DAY,
        gap_after=None if mitigated is None else round(rng.uniform(0.0, 0.02), 3),
        state=state,
    )
