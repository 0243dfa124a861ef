"""A model as it was approved: how its scores, people and errors were distributed, frozen as counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Protocol

from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen import histograms
from junzi_audit.seen.counts import AttributeCounts, Counts
from junzi_audit.seen.histograms import Histogram
from junzi_audit.seen.looks import Look
from junzi_audit.seen.tally import Tally


class Kinds(Protocol):
    """Rows of one column per value, and without a value."""

    @property
    def counts(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def missing(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Approved:
    """The approved model: by column its histograms, categories and (missing, rows); its validation figures.

    ``wrong`` of ``known`` decisions with an outcome were decided otherwise than was ruled later.
    """

    histograms: Mapping[str, Histogram]
    counted: Mapping[str, Mapping[str, int]]
    missing: Mapping[str, tuple[int, int]]
    validation: Mapping[str, Any]
    wrong: int
    known: int


def to_json(
    seen: Mapping[str, Histogram], kinds: Mapping[str, Kinds], rows: int, labelled: Sequence[Look],
    validation: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """What a baseline stores of a model. ``labelled``: the looks of every decision with an outcome, by ``among``."""
    cells = [cell for look in labelled for cell in look.cells]
    return {
        "rows": rows,
        "histograms": {name: histograms.to_json(each) for name, each in seen.items()},
        "categories": {name: {"counts": dict(each.counts), "missing": each.missing} for name, each in kinds.items()},
        "validation": dict(validation),
        "wrong": sum(cell.clusters * cell.wrong for cell in cells),
        "known": sum(cell.clusters * cell.size for cell in cells),
    }


def from_json(stored: Mapping[str, Any]) -> Approved:
    """The model ``to_json`` wrote; Unobservable(no baseline) when it is not one."""
    try:
        cells = {name: histograms.from_json(each) for name, each in stored["histograms"].items()}
        kinds, rows = stored["categories"], int(stored["rows"])
        gone = {name: each.missing for name, each in cells.items()}
        gone |= {name: int(each["missing"]) for name, each in kinds.items()}
        return Approved(
            histograms=cells,
            counted={name: {str(key): int(n) for key, n in each["counts"].items()} for name, each in kinds.items()},
            missing={name: (missing, rows) for name, missing in gone.items()},
            validation=dict(stored["validation"]),
            wrong=int(stored["wrong"]),
            known=int(stored["known"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unobservable(Cause.NO_BASELINE, f"the stored model is not one: {error!r}"[:300]) from None


def design_effect(counts: Counts) -> float:
    """How many scores are worth one independent score: as for the flag, which is the score cut at one point."""
    tally = _tally(counts)
    return tally.design_effect(tally) if tally.n else 1.0


def per_cluster(counts: Counts) -> float:
    """The same for what never changes within a cluster, such as an entity's party: only entities are independent."""
    tally = _tally(counts)
    return tally.size_squared / tally.n if tally.n else 1.0


def _tally(counts: Counts) -> Tally:
    return reduce(add, (group.selection for group in _first(counts).groups), Tally()) if counts.attributes else Tally()


def _first(counts: Counts) -> AttributeCounts:
    """The attribute that leaves out the fewest rows; each counts the same decisions."""
    return max(counts.attributes, key=lambda attribute: attribute.counted)
