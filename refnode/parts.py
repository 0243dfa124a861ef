"""The parts of a running node, handed to every room that serves or works."""

from dataclasses import dataclass, field

from refnode.clock import Clock
from refnode.journal import Journal
from refnode.pulse import Pulse
from refnode.safeguards import Safeguards
from refnode.seeding.rows import Entity
from refnode.settings import Settings
from refnode.store import Store
from refnode.tallies import Tallies
from refnode.temper import Temper


@dataclass(frozen=True, kw_only=True)
class Node:
    """One running node."""

    settings: Settings
    temper: Temper
    clock: Clock
    store: Store
    tallies: Tallies
    journal: Journal
    pulse: Pulse
    safeguards: Safeguards
    people: dict[str, Entity] = field(repr=False)


def people_of(store: Store) -> dict[str, Entity]:
    """Read every entity; they are few and change only in their scores, which are kept elsewhere."""
    columns = ", ".join(Entity._fields)
    return {row[0]: Entity(*row) for row in store.rows(f"SELECT {columns} FROM entities ORDER BY entity_id")}  # noqa: S608
