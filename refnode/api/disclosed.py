"""The figures of a transparency report, from the node's own tables; small cells are withheld."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from refnode.api.validation import FOUND_FROM
from refnode.clock import DAY
from refnode.roster import ATTRIBUTES
from refnode.seeding.rows import Entity
from refnode.store import Store

Figures = list[dict[str, Any]]
#: By label, the counts (the first of them says how large the label is) and what these leave of one another.
Cell = tuple[tuple[int, ...], tuple[int, ...]]
Cells = dict[str, Cell]

#: No published count of people's records is below this.
SMALLEST: Final = 10
DIGITS: Final = 4
#: An outcome counts that came within this long of its decision.
MATURITY: Final = 14 * DAY
NONE: Final = (0, 0, 0, 0)
SEVERITIES: Final = ("high", "medium", "low")
STAGES: Final = ("submitted", "resolved", "escalated", "overturned")
#: The stages, by their places, that each of them is a part of.
WITHIN: Final[tuple[tuple[int, ...], ...]] = ((), (0,), (0,), (0, 1))
WITHHELD: Final = "withheld: too few to be told without pointing at people"
ALONE: Final = "fewer than two groups are told"
UNDEFINED: Final = "undefined: there is nothing that it is a share of"
NO_RUN: Final = "no verified run in this quarter"
NO_RECORD: Final = "no attested record in this quarter"

#: What only audits and councils can tell, and a node by itself cannot.
BEYOND: Final = (
    ("changes", "API descriptions approved", "descriptions", NO_RECORD),
    ("downtime", "looks at availability", "looks", NO_RUN),
    ("downtime", "looks at availability that breached", "looks", NO_RUN),
    ("downtime", "recovery point, longest", "share of RPO", NO_RUN),
    ("downtime", "recovery time, longest", "share of RTO", NO_RUN),
    ("drift", "breaches mended", "breaches", NO_RUN),
    ("drift", "looks at model drift", "looks", NO_RUN),
    ("drift", "looks at model drift that breached", "looks", NO_RUN),
    ("random audit", "contradictions not upheld", "share", NO_RUN),
    ("random audit", "scores unexplained", "scores", NO_RUN),
    ("rulings", "duties decided by name", "duties", NO_RECORD),
    ("rulings", "meetings of the board", "meetings", NO_RECORD),
)

RULED = "adjudicated_at <= calculated_at + :maturity AND outcome ="
DECIDED = (
    "SELECT entity_id, count(*),"  # noqa: S608 - words of ours
    " sum(CASE WHEN flagged THEN 1 ELSE 0 END),"
    f" sum(CASE WHEN {RULED} 'dismissed' THEN 1 ELSE 0 END),"
    f" sum(CASE WHEN {RULED} 'dismissed' AND flagged THEN 1 ELSE 0 END),"
    f" sum(CASE WHEN {RULED} 'upheld' THEN 1 ELSE 0 END),"
    f" sum(CASE WHEN {RULED} 'upheld' AND NOT flagged THEN 1 ELSE 0 END)"
    " FROM decisions WHERE calculated_at >= :begin AND calculated_at < :end GROUP BY entity_id"
)
CLOSED = "ruling IS NOT NULL AND resolved_at < :as_of"
DISPUTED = (
    f"SELECT severity, count(*), sum(CASE WHEN {CLOSED} THEN 1 ELSE 0 END),"  # noqa: S608 - words of ours
    " sum(CASE WHEN escalated_at < :as_of THEN 1 ELSE 0 END),"
    f" sum(CASE WHEN {CLOSED} AND ruling IN ('upheld', 'partial') THEN 1 ELSE 0 END)"
    " FROM disputes WHERE submitted_at >= :begin AND submitted_at < :end GROUP BY severity"
)
PAIRS = "SELECT contradicts, confidence FROM validation"


@dataclass(frozen=True, kw_only=True)
class Span:
    """What is reported on, in stored times: from begin to end, as it was known at as_of."""

    begin: int
    end: int
    as_of: int


def figures(store: Store, people: dict[str, Entity], span: Span) -> Figures:
    """Give all figures of the span, by section, figure and group."""
    told = [*_bias(store, people, span), *_detection(store), *_disputes(store, span)]
    told += [_figure(section, name, "", None, None, unit, why) for section, name, unit, why in BEYOND]
    return sorted(told, key=lambda each: (each["section"], each["figure"], each["group"]))


def withheld(cells: Cells, also: Iterable[str] = ()) -> set[str]:
    """Name the labels not to be told: small ones, `also`, and as many others as keep these from being worked out."""
    gone = {label for label, cell in cells.items() if _small(cell)}.union(also)
    rest = sorted(set(cells) - gone, key=lambda label: (cells[label][0][0], label))
    while gone and rest and (len(gone) < 2 or _small(_sum([cells[label] for label in gone]))):
        gone.add(rest.pop(0))
    return gone


def _small(cell: Cell) -> bool:
    """Tell whether a count is below the smallest, or what is left of one is, and is not none."""
    counts, left = cell
    return min(counts) < SMALLEST or any(0 < rest < SMALLEST for rest in left)


def _sum(cells: list[Cell]) -> Cell:
    counts, left = zip(*cells, strict=True)
    return tuple(map(sum, zip(*counts, strict=True))), tuple(map(sum, zip(*left, strict=True)))


def _bias(store: Store, people: dict[str, Entity], span: Span) -> Figures:
    rows = store.rows(DECIDED, begin=span.begin, end=span.end, maturity=MATURITY)
    told: Figures = []
    for attribute, roster in ATTRIBUTES.items():
        groups: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
        for entity_id, *counts in rows:
            value = getattr(people[entity_id], attribute)
            group = value if value in roster else "other"
            groups[group] = [old + int(new) for old, new in zip(groups[group], counts, strict=True)]
        told += _rates(attribute, dict(groups))
    return told


def _rates(attribute: str, groups: dict[str, list[int]]) -> Figures:
    """Tell the three rates of each group and of all, and how far the groups told are apart."""
    told: Figures = []
    whole = [sum(counts) for counts in zip(*groups.values(), strict=True)] or [0] * 6
    for at, name in enumerate(("selection rate", "false positive rate", "false negative rate")):
        gone = withheld({group: _cell(row, at) for group, row in groups.items()})
        shown = [row[2 * at : 2 * at + 2] for group, row in groups.items() if group not in gone]
        for group, row in (*groups.items(), ("", whole)):
            label = f"{attribute}={group}" if group else attribute
            hidden = group in gone if group else _small(_cell(whole, at))
            told.append(_share("bias", name, label, row[2 * at + 1], row[2 * at], WITHHELD if hidden else ""))
        rates = [hits / n for n, hits in shown]
        n, apart = sum(n for n, _ in shown), max(rates) - min(rates) if len(rates) > 1 else None
        value, why = (None, ALONE) if apart is None else (round(apart, DIGITS), "")
        told.append(_figure("bias", f"{name} gap", attribute, value, None if why else n, "share", why))
    return told


def _cell(row: list[int], at: int) -> Cell:
    """Give, for each rate, what it is a share of, what it counts and what remains; with the first, the undecided."""
    n, flagged, wrong, wrongly, right, missed = row
    counts = (n, flagged, n - flagged, wrong, wrongly, wrong - wrongly, right, missed, right - missed)
    undecided, unruled = n - wrong - right, flagged - wrongly - (right - missed)
    return counts, () if at else (undecided, unruled, undecided - unruled)


def _detection(store: Store) -> Figures:
    pairs = [(bool(is_one), confidence >= FOUND_FROM) for is_one, confidence in store.rows(PAIRS)]
    there, claimed = sum(is_one for is_one, _ in pairs), sum(found for _, found in pairs)
    found = sum(is_one and found for is_one, found in pairs)
    return [
        _share("detection", "precision", "", found, claimed, ""),
        _share("detection", "recall", "", found, there, ""),
        _share("detection", "F1", "", 2 * found, there + claimed, ""),
    ]


def _disputes(store: Store, span: Span) -> Figures:
    asked = {"begin": span.begin, "end": span.end, "as_of": span.as_of}
    rows = {severity: counts for severity, *counts in store.rows(DISPUTED, **asked)}
    told: Figures = []
    gone: list[set[str]] = []
    for at, stage in enumerate(STAGES):
        cells: Cells = {severity: _stage(rows.get(severity, NONE), at) for severity in SEVERITIES}
        # A stage hides whatever severity the last stage hides that it is a part of.
        gone.append(withheld(cells, gone[WITHIN[at][-1]] if WITHIN[at] else ()))
        whole = _sum(list(cells.values()))
        for severity, ((count,), _) in (*cells.items(), ("", whole)):
            hidden = severity in gone[at] if severity else _small(whole)
            label, value = f"severity={severity}" if severity else "severity", None if hidden else count
            told.append(_figure("disputes", stage, label, value, value, "disputes", WITHHELD if hidden else ""))
    return told


def _stage(row: Sequence[int], at: int) -> Cell:
    return (int(row[at]),), tuple(int(row[other] - row[at]) for other in WITHIN[at])


def _share(section: str, name: str, group: str, hits: int, n: int, why: str) -> dict[str, Any]:
    why = why or ("" if n else UNDEFINED)
    value = None if why else round(hits / n, DIGITS)
    return _figure(section, name, group, value, None if why else n, "share", why)


def _figure(
    section: str, name: str, group: str, value: float | None, n: int | None, unit: str, why: str
) -> dict[str, Any]:
    return {
        "section": section,
        "figure": name,
        "group": group,
        "value": value,
        "n": n,
        "unit": unit,
        "why_not": why,
    }
