"""Whether the report that was released is what the evidence says: its figures, its bytes and its date."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from junzi_audit.findings import Awaited, Chart, Exhibit, Measurement, census
from junzi_audit.measures.details import shown, some
from junzi_audit.model import DAY
from junzi_audit.seen.disclosure import COLUMNS, Disclosure, Figure, Key, Listed, Published, Quarter

Reading = Measurement | Awaited
#: Sections that cannot be computed anew once the scanner, the runs or the records that they rest on are gone.
_PASSING = frozenset({"changes", "detection", "downtime", "drift", "random audit", "rulings"})
_NUMBERS = frozenset({"value", "n"})


def remembered(evidence: Disclosure, published: Published | None, packs: Mapping[str, str]) -> Disclosure:
    """The evidence, with what can no longer be computed as an earlier run had it that prepared the very document.

    ``packs``: documents that earlier, sound runs prepared, by their SHA-256.
    """
    try:
        text = packs[published.sha256] if published else ""
        earlier = TypeAdapter(Disclosure).validate_json(text)
    except (KeyError, ValidationError):
        return evidence
    kept = {key: figure for key, figure in earlier.by_key.items() if figure.section in _PASSING}
    return replace(evidence, figures=tuple(kept.get(figure.key, figure) for figure in evidence.figures))


def figures_differing(evidence: Disclosure, published: Published | None, *exhibits: Exhibit) -> Reading:
    """How many published figures, and terms that they stand under, are not those of the evidence.

    One that the evidence does not know differs too: whatever was added to the report is in nobody's evidence.
    """
    if published is None:
        return _waiting(evidence, exhibits)
    there = published.disclosure
    if there is None:
        return census(0, n=0, detail="the report's figures are not public", exhibits=exhibits)
    known, told = evidence.by_key, there.by_key
    terms = [name for name, value in evidence.terms.items() if there.terms[name] != value]
    terms += ["smallest_cell"] if there.smallest_cell != evidence.smallest_cell else []
    terms += ["published_at, before the figures stood"] if published.listed.published_at < evidence.as_of else []
    terms += ["a figure that is told twice"] if len(told) < len(there.figures) else []
    wrong = [f"{_name(key)} is {_said(told[key])}, the evidence {_said(known.get(key))}" for key in _wrong(known, told)]
    named = "; ".join([some(wrong, most=3, between="; "), *terms] if wrong else terms)
    detail = named or f"{len(told)} figures are those of the evidence"
    return census(len(wrong) + len(terms), n=len(told), detail=detail, exhibits=exhibits)


def _wrong(known: Mapping[Key, Figure], told: Mapping[Key, Figure]) -> Iterator[Key]:
    for key, figure in told.items():
        mine = known.get(key)
        if mine is None or (mine != figure and not (figure.value is None and mine.value is not None)):
            yield key


def figures_missing(evidence: Disclosure, published: Published | None) -> Reading:
    """How many figures of the evidence the published report lacks, or tells no value of."""
    if published is None:
        return _waiting(evidence)
    told = published.disclosure.by_key if published.disclosure else {}
    missing = [
        key
        for key, mine in evidence.by_key.items()
        if key not in told or (told[key].value is None and mine.value is not None)
    ]
    detail = some([_name(key) for key in missing], most=5) if missing else "no figure is missing"
    return census(len(missing), n=len(evidence.figures), detail=detail)


def digest_mismatches(evidence: Disclosure, published: Published | None) -> Reading:
    """How many do not agree: the list's SHA-256 with the JSON, the JSON with its form, the CSV with the JSON."""
    if published is None:
        return _waiting(evidence)
    if published.body is None or published.disclosure is None:
        return census(0, n=0, detail="the report's JSON is not public")
    faults = []
    if published.sha256 != published.listed.sha256:
        faults.append("the JSON has another SHA-256 than the list tells")
    if published.body != published.disclosure.pack().body:
        faults.append("the JSON is not written as the contract says, or holds more than figures")
    if published.rows is None or not _same_rows(published.rows, published.disclosure.figures):
        faults.append("the CSV does not hold the figures of the JSON")
    return census(len(faults), n=3, detail="; ".join(faults) or f"all agree on {published.sha256[:12]}…")


def _same_rows(rows: Sequence[Sequence[str]], figures: Sequence[Figure]) -> bool:
    if not rows or tuple(rows[0]) != COLUMNS or len(rows) != len(figures) + 1:
        return False
    return all(_same_row(row, figure) for row, figure in zip(rows[1:], figures, strict=True))


def _same_row(row: Sequence[str], figure: Figure) -> bool:
    return len(row) == len(COLUMNS) and all(
        cell == (_written(getattr(figure, name)) if name in _NUMBERS else getattr(figure, name))
        for name, cell in zip(COLUMNS, row, strict=True)
    )


def _written(value: float | None) -> str:
    """As in the JSON, so that whatever reads the CSV reads the same number; nothing where there is none."""
    return "" if value is None else json.dumps(value)


def days_unpublished(quarters: Sequence[Quarter], listed: Sequence[Listed], now: datetime) -> dict[str, Reading]:
    """By quarter, the days from its end to its report; awaited while there is none."""
    return {quarter.name: _days(quarter, listed, now) for quarter in quarters}


def _days(quarter: Quarter, listed: Sequence[Listed], now: datetime) -> Reading:
    """A report that claims a day on which its figures could not be known yet was not published on that day."""
    mine = [each for each in listed if each.is_of(quarter) and each.published_at <= now]
    found = next((each for each in mine if each.published_at >= quarter.as_of), None)
    if found is None:
        early = f", but one that claims {mine[0].published_at:%Y-%m-%d}, before its figures stood" if mine else ""
        days = (now - quarter.end) / DAY
        return Awaited(since=quarter.end, value=days, detail=f"the list has no report on {quarter.name}{early}")
    detail = f"{shown(found.report_id)} was published on {found.published_at:%Y-%m-%d}"
    return census((found.published_at - quarter.end) / DAY, n=1, detail=detail)


def _waiting(evidence: Disclosure, exhibits: tuple[Exhibit, ...] = ()) -> Awaited:
    detail = f"the report on {evidence.quarter} is prepared, and not published yet"
    return Awaited(since=evidence.as_of, value=0, detail=detail, exhibits=exhibits)


def compared(evidence: Disclosure, published: Published | None) -> Exhibit:
    """Every figure as the evidence has it and as it is published."""
    told = published.disclosure.by_key if published and published.disclosure else {}
    keys = sorted({*evidence.by_key, *told})
    rows = tuple(
        (
            *key,
            *_pair(evidence.by_key.get(key)),
            *_pair(told.get(key)),
            _verdict(evidence.by_key.get(key), told.get(key)),
        )
        for key in keys
    )
    return Exhibit(
        title=f"Transparency report {evidence.quarter}",
        caption="Each figure as the evidence has it, and as it is published; without a value, why there is none.",
        columns=("section", "figure", "group", "evidence", "of", "published", "of", "compared"), rows=rows,
    )  # fmt: skip


def _pair(figure: Figure | None) -> tuple[str | float | None, int | None]:
    if figure is None:
        return "absent", None
    return (figure.why_not if figure.value is None else figure.value), figure.n


def _verdict(mine: Figure | None, told: Figure | None) -> str:
    if mine == told:
        return "same"
    return "missing" if told is None or (told.value is None and mine and mine.value is not None) else "differs"


def charts(evidence: Disclosure, published: Published | None) -> Iterator[Exhibit]:
    """The rates by group, and what became of disputes, each beside what is published."""
    told = published.disclosure.by_key if published and published.disclosure else {}
    for title, section, name in (
        ("False positive rate by group", "bias", "false positive rate"),
        ("False negative rate by group", "bias", "false negative rate"),
        ("Disputes", "disputes", ""),
    ):
        found = [each for each in evidence.figures if each.section == section and name in ("", each.figure)]
        rows = tuple(
            (each.of_whom if name else f"{each.figure}, {each.of_whom}", each.value, _value(told.get(each.key)))
            for each in found
            if each.value is not None
        )
        if rows:
            yield Exhibit(
                title=title, caption=f"As the evidence has it and as it is published, {evidence.quarter}.",
                columns=("group", "evidence", "published"), rows=rows,
                chart=Chart(kind="bars", label=0, value=1, reference=2, reference_label="published",
                            value_label=found[0].unit),
            )  # fmt: skip


def _value(figure: Figure | None) -> float | None:
    return figure.value if figure else None


def _name(key: Key) -> str:
    return shown(", ".join(part for part in key if part))


def _said(figure: Figure | None) -> str:
    if figure is None:
        return "knows none"
    return shown(figure.why_not or "no value") if figure.value is None else f"{json.dumps(figure.value)} of {figure.n}"
