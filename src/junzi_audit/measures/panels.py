"""One rate of all groups: what each group's records are worth, which groups can be judged, and the table of both."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add

from junzi_audit.counts import AttributeCounts
from junzi_audit.findings import Chart, Exhibit
from junzi_audit.measures import rates
from junzi_audit.tally import Tally

_ABSENT = "in the baseline, absent now"
_NEW = "never seen in the baseline"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A rate: its name, its tally's, what the tally's records are called and labelled, fairlearn's name for its gap."""

    rate: str
    tally: str
    records: str
    label: int
    metric: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a caller wants to know: of which attribute, within which tolerance, how surely."""

    attribute: str
    tolerance: float
    family: int
    alpha: float


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One group's rate and what its records are worth. ``remark``: absent from, or new to, the baseline's roster."""

    kind: Kind
    group: str
    tally: Tally
    design_effect: float
    remark: str = ""

    def worth(self, alpha: float) -> float:
        """How many independent records would tell as much: n / design effect, less where few clusters hold the records.

        A design effect seen in few clusters is itself uncertain, hence (z/t)^2 (Korn & Graubard 1998), with Kish's
        effective number of clusters less one as degrees of freedom.
        """
        n, squared = self.tally.n, self.tally.size_squared
        return float(n) if squared == n else n / self.design_effect * _z_over_t(n * n / squared - 1, alpha) ** 2

    def term(self, weight: float, alpha: float) -> rates.Term:
        """The rate as one part of a contrast."""
        worth = self.worth(alpha)
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
        """The groups that are large enough."""
        return [rate for rate in self.rates if not self.lacking(rate, self.floor)]

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


def panel_of(kind: Kind, now: AttributeCounts, before: AttributeCounts | None, ask: Ask, when: str = "") -> Panel:
    """The panel of one attribute; ``before`` is the roster its groups are held against, where there is one."""
    tallies: dict[str, Tally] = {group.group: getattr(group, kind.tally) for group in now.groups}
    known = {group.group for group in before.groups} if before else set(tallies)
    pooled = reduce(add, tallies.values(), Tally())
    p = pooled.rate if pooled.n else 0.5
    return Panel(
        kind=kind,
        rates=tuple(
            Rate(
                kind=kind,
                group=name,
                tally=(tally := tallies.get(name, Tally())),
                design_effect=tally.design_effect(pooled),
                remark=_ABSENT if name not in tallies else "" if name in known else _NEW,
            )
            for name in sorted(tallies.keys() | known)
        ),
        pooled=p,
        floor=rates.n_floor(p, ask.tolerance, ask.alpha),
        alpha=ask.alpha,
        when=when,
    )


@lru_cache(maxsize=8192)
def _z_over_t(degrees: float, alpha: float) -> float:
    special = importlib.import_module("scipy.special")
    return float(special.ndtri(1 - alpha) / special.stdtrit(max(1.0, degrees), 1 - alpha))
