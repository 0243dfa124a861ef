"""Which counts of people's records may be told: none that is small, nor one that others add up or come down to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What one label's figures tell: ``counts``, the first of them its size, and ``rests`` that follow from these.

    A rest is what a count leaves of another one, such as the undecided. Of labels together ``whole`` is False when
    records belong to them that nobody counted; every count and rest is then that much too low.
    """

    counts: tuple[int, ...]
    rests: tuple[int, ...] = ()
    whole: bool = True

    def __add__(self, other: Self) -> Self:
        counts, rests = (
            tuple(map(sum, zip(*pair, strict=True)))
            for pair in ((self.counts, other.counts), (self.rests, other.rests))
        )
        return type(self)(counts=counts, rests=rests, whole=self.whole and other.whole)

    def is_small(self, smallest: int) -> bool:
        """Whether a count is below ``smallest``, or a rest is and not none: that nobody is left points at nobody."""
        return min(self.counts) < smallest or any(rest < smallest and (rest or not self.whole) for rest in self.rests)


def together(cells: Collection[Cell]) -> Cell:
    """The sum of one cell at least."""
    first, *more = cells
    return sum(more, first)


def withheld(cells: Mapping[str, Cell], smallest: int, also: Collection[str] = ()) -> frozenset[str]:
    """The labels not to be told: the small ones, those of ``also``, and those that keep all these from being found.

    Of the rest the smallest follow until two are withheld, and all that are withheld come to no small cell: what a
    total less the labels told comes to is then none either.
    """
    gone = {label for label, cell in cells.items() if cell.is_small(smallest)}.union(also)
    rest = sorted(cells.keys() - gone, key=lambda label: (cells[label].counts[0], label))
    while gone and rest and (len(gone) < 2 or together([cells[label] for label in gone]).is_small(smallest)):
        gone.add(rest.pop(0))
    return frozenset(gone)
