"""A transparency report as files: report.json, figures.csv, and report.html, which needs and runs nothing else."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from markupsafe import Markup

from junzi_audit.model import Environment
from junzi_audit.report import html
from junzi_audit.report.plotted import cell_text
from junzi_audit.report.view import WATERMARKS
from junzi_audit.seen.disclosure import COLUMNS, FOLDER, Disclosure

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
    tables = [(table, [[cell_text(cell) for cell in row] for row in table.rows]) for table in report.tables]
    style = Markup((html.TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
    return html.rendered(
        "disclosure.html.j2", report=report, digest=report.pack().digest, tables=tables, style=style,
        environment=environment, watermark=WATERMARKS.get(environment, ""),
    )  # fmt: skip
