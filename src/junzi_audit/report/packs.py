"""Packs as files: the document that is signed, and the same as a page that can be read without anything else."""

from __future__ import annotations

from pathlib import Path

from junzi_audit.report import html
from junzi_audit.report.plotted import cell_text
from junzi_audit.seen.packs import FOLDER, Pack


def write(run_dir: Path, duty: str, pack: Pack) -> None:
    """Write NAME.json and NAME.html into the run's folder of that duty; OSError when it cannot be written."""
    folder = run_dir / FOLDER / duty
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{pack.name}.json").write_bytes(pack.body)
    tables = [(table, [[cell_text(cell) for cell in row] for row in table.rows]) for table in pack.tables]
    page = html.rendered("pack.html.j2", duty=duty, pack=pack, tables=tables)
    (folder / f"{pack.name}.html").write_bytes(page.encode())
