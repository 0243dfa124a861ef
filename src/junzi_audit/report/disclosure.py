"""A transparency report as files: report.json, figures.csv, and report.html, which needs and runs nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from junzi_audit.findings import Exhibit
from junzi_audit.model import Environment
from junzi_audit.report import html
from junzi_audit.report.plotted import cell_text
from junzi_audit.report.view import WATERMARKS
from junzi_audit.seen.disclosure import COLUMNS, FOLDER, Disclosure, Figure
from junzi_audit.wording import bare

#: The columns of a table for reading and whether figures stand in them; the first is there whatever it holds.
_COLUMNS = (
    ("figure", False), ("group", False), ("value", True), ("unit", False), ("of so many", True),
    ("why there is no value", False),
)  # fmt: skip
_ALWAYS = 1
#: In which order figures are read, and labels that are steps; all others by their names.
_FIGURES = (
    "selection rate", "selection rate gap", "false positive rate", "false positive rate gap", "false negative rate",
    "false negative rate gap", "precision", "recall", "F1", "submitted", "resolved", "escalated", "overturned",
)  # fmt: skip
_GRADES = ("high", "medium", "low")

JSON, CSV, HTML = "report.json", "figures.csv", "report.html"


def write(run_dir: Path, report: Disclosure, environment: Environment) -> Path:
    """Write the three files into the run's folder and return the one that they are in; OSError when they cannot be."""
    folder = run_dir / FOLDER
    put(folder, report, environment)
    return folder


def put(folder: Path, report: Disclosure, environment: Environment) -> None:
    """Write the three files; the same report gives the same bytes. OSError when they cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_bytes(report.pack().body)
    (folder / CSV).write_bytes(as_csv(report).encode())
    (folder / HTML).write_bytes(page(report, environment).encode())


def as_csv(report: Disclosure) -> str:
    """The figures, one a line, under their columns; an empty cell where there is none."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for figure in report.figures:
        rows.writerow("" if (cell := getattr(figure, name)) is None else cell for name in COLUMNS)
    return out.getvalue()


def page(report: Disclosure, environment: Environment) -> str:
    """The figures for reading, with their styles in the page."""
    style = Markup((html.TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
    return html.rendered(
        "disclosure.html.j2", report=report, digest=report.pack().digest, tables=tables(report), style=style,
        environment=environment, watermark=WATERMARKS.get(environment, ""),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Table:
    """The figures of one section as shown; ``columns`` are names, each with whether figures stand in it."""

    title: str
    caption: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Disclosure) -> tuple[Table, ...]:
    """A table a section: the figures by attribute, the whole before its groups, without the columns that hold nothing.

    Shares are percentages; nothing has more than four digits.
    """
    sections = groupby(report.figures, key=lambda figure: figure.section)
    return tuple(
        _table(each, sorted(found, key=_place)) for each, (_, found) in zip(report.tables, sections, strict=True)
    )


def _place(figure: Figure) -> tuple[str, int, str, bool, int, str]:
    attribute, _, label = figure.group.partition("=")
    rank = _FIGURES.index(figure.figure) if figure.figure in _FIGURES else len(_FIGURES)
    grade = _GRADES.index(label) if label in _GRADES else len(_GRADES)
    return attribute, rank, figure.figure, bool(label), grade, label


def _table(section: Exhibit, found: Sequence[Figure]) -> Table:
    rows = [_row(figure) for figure in found]
    kept = [at for at in range(len(_COLUMNS)) if at < _ALWAYS or any(row[at] for row in rows)]
    return Table(
        title=section.title, caption=section.caption, columns=tuple(_COLUMNS[at] for at in kept),
        rows=tuple(tuple(row[at] or "–" for at in kept) for row in rows),
    )  # fmt: skip


def _row(figure: Figure) -> tuple[str, ...]:
    value, unit = "", figure.unit
    if figure.value is not None:
        is_share = unit.startswith("share")
        value = bare(figure.value, "share") if is_share else cell_text(figure.value)
        unit = unit.removeprefix("share").strip() if is_share else unit
    n = "" if figure.n is None else cell_text(figure.n)
    return figure.figure, figure.of_whom, value, unit if value else "", n, figure.why_not
