"""All fairness rates of an attribute in one table, beside the gaps that are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import add

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.fairness import BASE, FALSE_NEGATIVE, FALSE_POSITIVE, PRECISION, SELECTION, TRUE_POSITIVE
from junzi_audit.measures.panels import LEAST, Rate
from junzi_audit.seen.counts import Counts, GroupCounts
from junzi_audit.seen.tally import Tally

_ERRORS = (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, PRECISION, BASE)


def overview(counts: Counts, attribute: str, *, alpha: float = 0.05) -> Exhibit:
    """Every group's decisions, selection rate with its interval, error rates, precision and base rate.

    An undefined rate has no figure and its note says so; one that rests on fewer than 30 independent records has its
    interval in the note. ValueError when the attribute was not counted.
    """
    groups = counts.of(attribute).groups
    pooled = {kind: reduce(add, map(kind.tally, groups), Tally()) for kind in (SELECTION, *_ERRORS)}

    def row(group: GroupCounts) -> tuple[str | int | float | None, ...]:
        selection, *errors = (
            Rate(
                kind=kind,
                group=group.group,
                tally=(tally := kind.tally(group)),
                before=Tally(),
                design_effect=tally.design_effect(whole),
            )
            for kind, whole in pooled.items()
        )
        low, high = _interval(selection, alpha)
        shares = (_share(rate) for rate in errors)
        note = "; ".join(filter(None, (_note(rate, alpha) for rate in (selection, *errors))))
        return group.group, group.selection.n, group.labels.n, _share(selection), low, high, *shares, note

    return Exhibit(
        title=f"Fairness rates by {attribute}",
        caption=f"Rates by group as they were counted; low and high are the {1 - 2 * alpha:.0%} interval of the "
        "selection rate. Error rates, precision and base rate (outcome = yes) are of decisions with an outcome.",
        columns=(
            *("group", "decisions", "with an outcome", SELECTION.rate, "low", "high"),
            *(kind.rate for kind in _ERRORS),
            "note",
        ),
        rows=tuple(map(row, groups)),
        chart=Chart(kind="intervals", label=0, value=3, low=4, high=5, value_label=SELECTION.rate),
    )


def beside(readings: Mapping[str, Measurement | Unseen], counts: Counts) -> dict[str, Measurement | Unseen]:
    """Every attribute's reading with its overview."""
    return {
        name: replace(reading, exhibits=(*reading.exhibits, overview(counts, name)))
        for name, reading in readings.items()
    }


def _share(rate: Rate) -> float | None:
    return rate.tally.rate if rate.tally.n else None


def _interval(rate: Rate, alpha: float) -> tuple[float, float] | tuple[None, None]:
    return rates.wilson(*rate.term(1, alpha)[1:], alpha) if rate.tally.n else (None, None)


def _note(rate: Rate, alpha: float) -> str:
    if not rate.tally.n:
        return f"no {rate.kind.records}: {rate.kind.rate} undefined"
    if rate.worth(alpha) >= LEAST:
        return ""
    low, high = rates.wilson(*rate.term(1, alpha)[1:], alpha)
    return f"{rate.kind.rate} {low:.2f} to {high:.2f} ({rate.tally.n} {rate.kind.records})"
