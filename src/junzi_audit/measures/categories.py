"""Categories beside the baseline's: rows that changed category, categories that came or went, rows that have none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from junzi_audit.findings import Exhibit, Measurement, Unseen, census
from junzi_audit.measures import rates
from junzi_audit.measures.drift import Ask, compared, newcombe, no_baseline
from junzi_audit.model import Cause

_LISTED = 6
#: Rows by category, without those that have none.
Counted = Mapping[str, int]
#: Rows without a value, and all rows.
Missing = tuple[int, int]


def missing_gap(now: Missing, stored: Missing | None, ask: Ask) -> Measurement | Unseen:
    """How much the share of rows without a value changed, 0 to 1 (Newcombe's interval)."""
    (missing, rows), (gone, before) = now, stored or (0, 0)
    if not before:
        return no_baseline()
    if not rows:
        return Unseen(cause=Cause.TOO_FEW, detail="no rows at all")
    share, expected = missing / rows, gone / before
    low, high = newcombe(now, (gone, before), ask, ask.alpha / 2)
    floor, ceiling = max(0.0, low, -high), max(abs(low), abs(high))
    needed = rates.n80((share + expected) / 2 or 0.5 / rows, ask.tolerance, ask.alpha) * ask.design_effect
    return Measurement(
        value=abs(share - expected),
        low=floor,
        high=ceiling,
        n=rows,
        missing=max(1, math.ceil(needed - rows)) if floor <= ask.tolerance < ceiling else 0,
        expected=0.0,
        detail=f"{share:.1%} of {rows} rows hold no value, {expected:.1%} in the baseline",
    )


def total_variation(now: Counted, stored: Counted | None, ask: Ask) -> Measurement | Unseen:
    """Share of the rows that would have to change category to look like the baseline, 0 to 1.

    Finite-sample interval over all 2^k sets of k categories (Weissman et al. 2003), or from the mean and McDiarmid's
    inequality where k is large. New and vanished categories count; ``roster_changes`` names them.
    """
    n, m = sum(now.values()), sum(stored.values()) if stored else 0
    if stored is None or not m:
        return no_baseline()
    if not n:
        return Unseen(cause=Cause.TOO_FEW, detail="no row holds a value")
    names = sorted(now.keys() | stored.keys())
    value = sum(abs(now.get(name, 0) / n - stored.get(name, 0) / m) for name in names) / 2
    sets = max(1, len(names)) * math.log(2)
    radius = _spread(n, len(names), ask, sets) + _spread(m, len(names), ask, sets)
    low, high = max(0.0, value - radius), min(1.0, value + radius)
    return Measurement(
        value=value,
        low=low,
        high=high,
        n=n,
        missing=ask.lacking(n, m, value, sets) if low <= ask.tolerance < high else 0,
        expected=0.0,
        detail=f"over {len(names)} categories",
        exhibits=(_table(now, stored, ask, names),),
    )


def roster_changes(now: Counted, stored: Counted | None, ask: Ask) -> Measurement | Unseen:
    """Categories (or groups) that the baseline does not know, and known ones that are gone: counted, not estimated.

    A known one without rows is gone when chance would leave it out in less than alpha of such samples; else it is only
    named. ``stored`` is the declared roster with its counts.
    """
    n, m = sum(now.values()), sum(stored.values()) if stored else 0
    if stored is None or not m:
        return no_baseline()
    if not n:
        return Unseen(cause=Cause.TOO_FEW, detail="no row holds a value")
    new = sorted(name for name, rows in now.items() if rows and not stored.get(name))
    absent = sorted(name for name, rows in stored.items() if rows and not now.get(name))
    worth, known = n / ask.design_effect, m / ask.design_effect
    gone = [
        name
        for name in absent
        if (1 - rates.wilson(stored[name] / ask.design_effect, known, ask.alpha)[0]) ** worth <= ask.alpha
    ]
    unsure = [name for name in absent if name not in gone]
    said = [
        f"{words}: {_listed(names)}"
        for words, names in (("new", new), ("gone", gone), ("not seen, perhaps by chance", unsure))
        if names
    ]
    return census(
        len(new) + len(gone),
        n=n,
        detail="; ".join(said),
        expected=0.0,
        exhibits=(_table(now, stored, ask, sorted(now.keys() | stored.keys())),),
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _spread(n: int, k: int, ask: Ask, sets: float) -> float:
    worth = n / ask.design_effect
    chance = math.sqrt((k - 1) / worth) / 2 + math.sqrt(-math.log(ask.alpha / 2) / (2 * worth))
    return min(ask.radius(n, sets), chance)


def _table(now: Counted, stored: Counted, ask: Ask, names: Sequence[str]) -> Exhibit:
    return compared(names, [now.get(name, 0) for name in names], [stored.get(name, 0) for name in names], ask)
