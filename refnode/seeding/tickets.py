"""Seeds the tickets of the node's bug tracker: a steady stream, each closed well within its time."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from refnode.clock import DAY, HOUR

WEEKS = 30
PER_WEEK = 3
# How often each severity comes, and after how many days at least and at most it is closed.
KINDS = {"critical": (1, 0.2, 1.5), "high": (3, 1.0, 5.5), "medium": (6, 4.0, 24.0), "low": (8, 10.0, 75.0)}
WORDS = (
    "Promise list shows a withdrawn entry", "Retry of a feed logs twice", "Alert page slow with 200 entries",
    "Jurisdiction filter ignores case", "Queue gauge lags by a minute", "Source preview cuts the last line",
    "Profile names a party that was dissolved", "Time zone missing in an exported table",
)  # fmt: skip
OLD = (("critical", 20), ("high", 60), ("medium", 200))


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One ticket; times in stored milliseconds, closed None while it is open, label empty while untriaged."""

    number: int
    title: str
    label: str
    opened: int
    closed: int | None
    is_pull: bool = False


def tickets(seed: int, now: int, wrong: Collection[str]) -> list[Ticket]:
    """Give all tickets as they are at `now`, wrong in the ways named (old, untriaged, piling)."""
    found = [*_honest(seed, now)]
    waiting = [place for place, ticket in enumerate(found) if ticket.closed is None and not ticket.is_pull]
    if "untriaged" in wrong:
        for place in waiting[:5]:
            found[place] = replace(found[place], label="")
    if "old" in wrong:
        for place, (label, days) in zip(waiting[-len(OLD) :], OLD, strict=True):
            found[place] = replace(found[place], label=label, opened=now - days * DAY)
    if "piling" in wrong:
        ages = [7 * week + day for week in range(3) for day in (1, 2, 4, 6)]
        found += [
            Ticket(number=number, title="Nobody took this one", label="low", opened=now - days * DAY, closed=None)
            for number, days in enumerate(ages, start=len(found) + 1)
        ]
    return found


def _honest(seed: int, now: int) -> Iterator[Ticket]:
    rng = random.Random(f"tickets/{seed}")
    names, weights = list(KINDS), [kind[0] for kind in KINDS.values()]
    # Stored time 0 is the anchor, a start of the node: the tickets are as old as the seeded history before it.
    for number in range(1, WEEKS * PER_WEEK + 1):
        label = rng.choices(names, weights)[0]
        opened = -round((WEEKS - (number - rng.random()) / PER_WEEK) * 7 * DAY)
        ends = opened + round(rng.uniform(*KINDS[label][1:]) * DAY)
        is_pull = number % 9 == 0
        yield Ticket(
            number=number,
            title=rng.choice(WORDS),
            label=label,
            opened=opened - HOUR,
            closed=ends if ends < now else None,
            is_pull=is_pull,
        )
