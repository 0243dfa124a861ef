"""What a benchmark found, as a table that can be printed and written into docs/STATISTICS.md between its markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import beta

DOCUMENT = Path(__file__).parent.parent / "docs" / "STATISTICS.md"
_ERROR = 0.05


@dataclass(frozen=True, kw_only=True)
class Share:
    """``hits`` of ``runs``, with its 95 % Clopper-Pearson interval."""

    hits: int
    runs: int

    @property
    def low(self) -> float:
        return float(beta.ppf(_ERROR / 2, self.hits, self.runs - self.hits + 1)) if self.hits else 0.0

    @property
    def high(self) -> float:
        return float(beta.isf(_ERROR / 2, self.hits + 1, self.runs - self.hits)) if self.hits < self.runs else 1.0

    def __str__(self) -> str:
        return f"{self.hits / self.runs:.3f} ({self.low:.3f}, {self.high:.3f})" if self.runs else "no runs"


@dataclass(frozen=True, kw_only=True)
class Table:
    """``failed``: what the benchmark promises and did not keep."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    failed: tuple[str, ...]

    def __str__(self) -> str:
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        body = "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
        outcome = "Not kept: " + "; ".join(self.failed) + "." if self.failed else "Every promise above was kept."
        return f"{self.caption}\n\n{body}\n\n{outcome}"


def write(table: Table) -> None:
    """Replace what stands between the table's markers in the document; ValueError when they are not there."""
    text = DOCUMENT.read_text()
    place = re.compile(rf"(<!-- bench {table.name} -->\n).*?(<!-- end {table.name} -->)", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"{DOCUMENT} has no place marked for {table.name}")
    DOCUMENT.write_text(place.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text))
