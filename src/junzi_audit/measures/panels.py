"""One rate of all groups: what each group's records are worth, which groups can be judged, and the table of both."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.measures import rates
from junzi_audit.seen.counts import AttributeCounts, GroupCounts
from junzi_audit.seen.tally import Tally

#: Independent records from which a group's rate is judged at all, though it be too small to be assured.
LEAST = 30
_ABSENT = "in the baseline, absent now"
_NEW = "never seen in the baseline"
_LISTED = 6

#: The smallest group that can be assured, from a rate, the tolerance and alpha.
Floor = Callable[[float, float, float], int]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A rate: its name, what the records are called that it is a share of, and where they are tallied."""

    rate: str
    records: str
    tally: Callable[[GroupCounts], Tally]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a caller wants to know: of which attribute, within which tolerance, how surely."""

    attribute: str
    tolerance: float
    family: int
    alpha: float


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One group's rate and what its records are worth; ``before`` is the baseline's.

    ``remark``: absent from, or new to, the baseline's roster.
    """

    kind: Kind
    group: str
    tally: Tally
    before: Tally
    design_effect: float
    remark: str = ""

    def worth(self, alpha: float, *, wary: bool = False) -> float:
        """How many independent records would tell as much: n / design effect, less where few clusters hold the records.

        A design effect seen in few clusters is itself uncertain, hence (z/t)^2 (Korn & Graubard 1998), with Kish's
        effective number of clusters less one as degrees of freedom. ``wary``: a rate of 0 or 1 has borrowed its design
        effect from the other groups; before it may breach, the records of a cluster are taken to be all alike.
        """
        n, squared = self.tally.n, self.tally.size_squared
        if squared == n:
            return float(n)
        borrowed = self.tally.hits in (0, n)
        effect = max(self.design_effect, squared / n) if wary and borrowed else self.design_effect
        return n / effect * _z_over_t(n * n / squared - 1, alpha) ** 2

    def term(self, weight: float, alpha: float, *, wary: bool = False) -> rates.Term:
        """The rate as one part of a contrast."""
        worth = self.worth(alpha, wary=wary)
        return weight, self.tally.rate * worth, worth


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One rate of all groups. ``floor``: the independent records a group needs before it could be assured."""

    kind: Kind
    rates: tuple[Rate, ...]
    pooled: float
    floor: int
    alpha: float
    when: str = ""

    @property
    def judged(self) -> list[Rate]:
        """The groups large enough for a difference to be beyond doubt: at their floor, or not but worth 30 records."""
        return [rate for rate in self.rates if not self.small(rate) or rate.worth(self.alpha, wary=True) >= LEAST]

    def small(self, rate: Rate) -> bool:
        """Whether the group is below its floor."""
        return self.lacking(rate, self.floor) > 0

    def lacking(self, rate: Rate, needed: float) -> int:
        """How many more records the group needs to be worth ``needed`` independent ones."""
        worth = rate.worth(self.alpha)
        return max(0, math.ceil((needed - worth) * (rate.tally.n / worth if worth else 1) - 1e-9))

    def note(self, rate: Rate) -> str:
        """What keeps this group from being assured; empty when nothing does."""
        notes = [rate.remark] if rate.remark else []
        if not rate.tally.n:
            notes.append(f"no {self.kind.records}, the {self.kind.rate} is undefined")
        if missing := self.lacking(rate, self.floor):
            notes.append(f"INCONCLUSIVE, below its floor of {self.floor}, {missing} more needed")
        return "; ".join(notes)

    def notes(self) -> list[str]:
        """The note of every group that has one, with its size."""
        noted = [(rate, self.note(rate)) for rate in self.rates]
        return [f"{rate.group} ({rate.tally.n} {self.kind.records}{self.when}): {note}" for rate, note in noted if note]

    def exhibit(self, attribute: str) -> Exhibit:
        """The table of all groups, drawn as intervals."""
        noise = rates.expected_range(
            [math.sqrt(self.pooled * (1 - self.pooled) / rate.worth(self.alpha)) for rate in self.judged]
        )
        return Exhibit(
            title=f"{self.kind.rate} by {attribute}{self.when}",
            caption=f"{1 - 2 * self.alpha:.0%} Wilson intervals of what the records are worth as independent ones. A "
            f"perfectly fair system with these sizes would show a gap of about {noise:.3f} among the groups judged.",
            columns=("group", self.kind.records, "clusters", "design effect", self.kind.rate, "low", "high", "note"),
            rows=tuple(self._row(rate) for rate in self.rates),
            chart=Chart(kind="intervals", label=0, value=4, low=5, high=6, value_label=self.kind.rate),
        )

    def _row(self, rate: Rate) -> tuple[str | int | float | None, ...]:
        tally, note = rate.tally, self.note(rate)
        if not tally.n:
            return rate.group, 0, 0, None, None, None, None, note
        low, high = rates.wilson(*rate.term(1, self.alpha)[1:], self.alpha)
        return rate.group, tally.n, tally.clusters, rate.design_effect, tally.rate, low, high, note


def panel_of(
    kind: Kind,
    now: AttributeCounts,
    before: AttributeCounts | None,
    ask: Ask,
    when: str = "",
    floor: Floor = rates.n_floor,
) -> Panel:
    """The panel of one attribute; ``before`` is the roster its groups are held against, where there is one."""
    tallies = {group.group: kind.tally(group) for group in now.groups}
    known = {group.group: kind.tally(group) for group in before.groups} if before else dict.fromkeys(tallies, Tally())
    pooled = reduce(add, tallies.values(), Tally())
    p = pooled.rate if pooled.n else 0.5
    return Panel(
        kind=kind,
        rates=tuple(
            Rate(
                kind=kind,
                group=name,
                tally=(tally := tallies.get(name, Tally())),
                before=known.get(name, Tally()),
                design_effect=tally.design_effect(pooled),
                remark=_ABSENT if name not in tallies else "" if name in known else _NEW,
            )
            for name in sorted(tallies.keys() | known)
        ),
        pooled=p,
        floor=floor(p, ask.tolerance, ask.alpha),
        alpha=ask.alpha,
        when=when,
    )


def beside(now: AttributeCounts, panels: Sequence[Panel]) -> list[str]:
    """What must be told beside a figure: the first notes on groups, and the rows that are in no rate."""
    notes = [note for panel in panels for note in panel.notes()]
    more = [f"and {len(notes) - _LISTED} more"] if len(notes) > _LISTED else []
    reasons = [f"{left.rows} rows excluded: {left.reason}" for left in now.excluded]
    n = sum(rate.tally.n for panel in panels if not panel.when for rate in panel.rates)
    unlabelled = sum(group.unlabelled for group in now.groups) if n < now.counted else 0
    return [*notes[:_LISTED], *more, *reasons, *([f"{unlabelled} without an outcome"] if unlabelled else [])]


@lru_cache(maxsize=8192)
def _z_over_t(degrees: float, alpha: float) -> float:
    special = importlib.import_module("scipy.special")
    return float(special.ndtri(1 - alpha) / special.stdtrit(max(1.0, degrees), 1 - alpha))
