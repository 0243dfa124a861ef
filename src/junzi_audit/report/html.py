"""The governance report as files: report.html, style.css, plots/*.svg and data/*.csv, and nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from junzi_audit import wording
from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.model import Obligation, iso
from junzi_audit.report import duties, exhibits, text, view

TEMPLATES = Path(__file__).parent / "templates"
_LONG_CELL = 40  # characters from which a cell of text is kept wide enough to read


def write(
    run_dir: Path,
    obligations: Sequence[Obligation],
    header: RunHeader,
    records: Sequence[Record],
    end: RunEnd | None,
    *,
    plots: bool = True,
) -> Path:
    """Write the report of one run into its directory and return the path of report.html.

    The same input gives the same bytes. ``end`` is None for a run that stopped; without ``plots`` the tables stand
    alone. OSError when the directory cannot be written.
    """
    page = view.build(obligations, header, records, end)
    if not plots:
        page = replace(page, due=tuple(map(_undrawn, page.due)))
    run_dir.mkdir(parents=True, exist_ok=True)
    for shown in (shown for duty in page.due for shown in duty.exhibits):
        _write_exhibit(run_dir, shown)
    (run_dir / "style.css").write_bytes((TEMPLATES / "style.css").read_bytes())
    report = run_dir / "report.html"
    report.write_bytes(render(page).encode())
    return report


def render(page: view.Page) -> str:
    """The page as HTML; every value in it is made visible, then escaped."""
    return rendered("report.html.j2", page=page)


def rendered(template: str, **values: object) -> str:
    """One of this room's templates; every value is made visible, then escaped."""
    return _environment().get_template(template).render(**values)


def coded(words: str) -> Markup:
    """The words made visible and escaped, with what stands between backticks set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text.visible(words)))))  # noqa: S704 - escaped


def _undrawn(duty: duties.DutyView) -> duties.DutyView:
    return replace(duty, exhibits=tuple(replace(shown, plot="", alt="", drawn="") for shown in duty.exhibits))


def _write_exhibit(run_dir: Path, shown: exhibits.ExhibitView) -> None:
    _put(run_dir / shown.data, exhibits.as_csv(shown.exhibit).encode())
    if shown.plot and shown.exhibit.chart is not None:
        from junzi_audit.report import charts

        _put(run_dir / shown.plot, charts.svg(shown.exhibit, shown.exhibit.chart))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        iso=iso,
        moment=wording.moment,
        number=wording.number,
        slug=text.slug,
        bound=wording.bound_in_full,
        safe_path=text.safe_path,
        coded=coded,
    )
    environment.globals.update(
        symbols=text.SYMBOLS,
        rows_shown=exhibits.ROWS_SHOWN,
        long_cell=_LONG_CELL,
        figures_shown=duties.FIGURES_SHOWN,
        attempts_shown=duties.ATTEMPTS_SHOWN,
        plural=wording.plural,
    )
    return environment


def _shown(value: Any) -> Any:
    """The gate every value passes on its way into the page: what a macro made is HTML, all other text is hostile."""
    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
