"""A load run as it was seen: seconds of answers per stage, and how the generator fared. Standard library only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

#: Cells of latency for each doubling: a cell is 4.4 % wide. Cell k holds milliseconds in (2^((k-1)/16), 2^(k/16)].
PER_DOUBLING = 16
#: Where a request that never got an answer is counted: slower than any that did.
UNANSWERED = 10_000


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One scenario or one step of the ramp, as it was to be run.

    ``published`` are the users and seconds JUNZI names (0 where it names none), ``users`` and ``seconds`` what the
    factors left of them, ``pace`` the seconds from one request of a user to its next.
    """

    name: str
    kind: str
    published_users: int
    published_seconds: float
    users: int
    seconds: float
    pace: float

    @property
    def rate(self) -> float:
        """Requests per second when every user keeps its pace."""
        return self.users / self.pace

    @property
    def is_ramp(self) -> bool:
        """Whether it is a step of the stress ramp, beyond what is published."""
        return self.kind == "ramp"


@dataclass(frozen=True, kw_only=True)
class Block:
    """Answers of one stage that came in one second, by outcome; ``cells`` count the latencies of those served.

    Outcomes: ``served`` (2xx), ``throttled`` (429), ``refused`` (401, 403), ``errors`` (5xx), ``silent`` (no answer),
    ``odd`` (any other answer).
    """

    second: int
    stage: str
    served: int = 0
    throttled: int = 0
    refused: int = 0
    errors: int = 0
    silent: int = 0
    odd: int = 0
    bytes: int = 0
    cells: Mapping[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Requests that ended in this second."""
        return self.served + self.throttled + self.refused + self.errors + self.silent + self.odd


@dataclass(frozen=True, kw_only=True)
class Effort:
    """One generator process in one second: share of a core it used, longest delay of its event loop (ms), its users."""

    second: int
    process: int
    cpu: float
    lag: float
    users: int


@dataclass(frozen=True, kw_only=True)
class Span:
    """When a stage really ran, in Unix seconds: from when all its users were there."""

    stage: str
    begun: float
    ended: float


@dataclass(frozen=True, kw_only=True)
class LoadRun:
    """Everything one load run left behind. ``accepted`` are the ids of the user reports the node took.

    ``key_limit`` is how many requests a key may make in 60 s by the target's own word, 0 when its keys are exempt.
    """

    node: str
    begun: datetime
    ended: datetime
    time_factor: float
    user_factor: float
    workers: int
    key_limit: int
    stages: tuple[Stage, ...]
    spans: tuple[Span, ...]
    blocks: tuple[Block, ...]
    efforts: tuple[Effort, ...]
    accepted: tuple[str, ...]

    def of(self, stage: str) -> tuple[Block, ...]:
        """The stage's seconds, in order, from when all its users were there until the last answer came."""
        begun = min((span.begun for span in self.spans if span.stage == stage), default=0.0)
        return tuple(block for block in self.all_of(stage) if block.second >= begun)

    def all_of(self, stage: str) -> tuple[Block, ...]:
        """The stage's seconds, those in which its users were still starting included."""
        return tuple(block for block in self.blocks if block.stage == stage)

    def seconds_of(self, stage: str) -> float:
        """How long the stage really ran; 0 when it never did."""
        return sum(span.ended - span.begun for span in self.spans if span.stage == stage)

    def whole_seconds(self, stage: str) -> frozenset[int]:
        """The seconds that lie wholly within the stage."""
        spans = [span for span in self.spans if span.stage == stage]
        return frozenset(at for s in spans for at in range(math.ceil(s.begun), math.floor(s.ended)))

    def efforts_of(self, stage: str) -> tuple[Effort, ...]:
        """How the generator fared in the whole seconds of the stage."""
        whole = self.whole_seconds(stage)
        return tuple(each for each in self.efforts if each.second in whole)


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """A rehearsed crash: seconds until the node answered again, infinite when it did not within ``waited``."""

    seconds: float
    waited: float


def cell_ends(cell: int) -> tuple[float, float]:
    """The milliseconds a cell reaches over; an unanswered request has no end."""
    if cell >= UNANSWERED:
        return math.inf, math.inf
    return (2 ** ((cell - 1) / PER_DOUBLING) if cell > 0 else 0.0), 2 ** (cell / PER_DOUBLING)


def latencies(blocks: Iterable[Block]) -> Counter[int]:
    """Requests per cell over all blocks; one that got no answer is the slowest of all, never left out."""
    found: Counter[int] = Counter()
    for block in blocks:
        found.update(block.cells)
        if block.silent:
            found[UNANSWERED] += block.silent
    return found


def quantile_cell(cells: Mapping[int, int], share: float) -> int:
    """The cell of that quantile by nearest rank; ValueError when the cells are empty."""
    n = sum(cells.values())
    rank = max(1, math.ceil(share * n - 1e-9))
    for cell in sorted(cells):
        rank -= cells[cell]
        if rank <= 0:
            return cell
    raise ValueError(f"{n} requests have no {share:g} quantile")
