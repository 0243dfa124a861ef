"""Seeds entities: sensitive attributes in fixed shares, independent of one another."""

import random

from refnode import wording
from refnode.clock import DAY
from refnode.roster import ATTRIBUTES
from refnode.scoring import leaning
from refnode.seeding.rows import Entity


def entities(rng: random.Random, number: int) -> list[Entity]:
    """Invent this many entities."""
    dealt = {name: _dealt(rng, shares, number) for name, shares in ATTRIBUTES.items()}
    return [_entity(rng, index, {name: column[index] for name, column in dealt.items()}) for index in range(number)]


def _dealt(rng: random.Random, shares: dict[str, float], number: int) -> list[str]:
    """Deal groups in exact shares and random order, so that no attribute tells another."""
    groups = list(shares)
    cards: list[str] = []
    for group in groups[:-1]:
        cards += [group] * round(number * shares[group])
    cards += [groups[-1]] * (number - len(cards))
    rng.shuffle(cards)
    return cards[:number]


def _entity(rng: random.Random, index: int, group: dict[str, str]) -> Entity:
    created = -rng.randrange(740 * DAY, 1200 * DAY)
    return Entity(
        entity_id=f"ENT-{index + 1:05d}",
        name=wording.person(rng, index + 1),
        affiliations=f'["{rng.choice(wording.PLACES)} {rng.choice(wording.BODIES)}"]' if rng.random() < 0.4 else "[]",
        public_figure=rng.random() < 0.3,
        leaning=leaning(rng),
        created_at=created,
        updated_at=-rng.randrange(1 * DAY, 60 * DAY),
        **group,
    )
