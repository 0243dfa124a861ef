"""Seeds the whole node: the same seed and scale give the same rows, all times relative to the end of the data."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from refnode import tables
from refnode.seeding import (
    captures,
    concerns,
    exposure,
    findings,
    loglines,
    objections,
    people,
    traffic,
    validation,
    verdicts,
)

Rows = Iterable[tuple[Any, ...]]
MODULES = ("seeding/*.py", "scoring.py", "wording.py", "roster.py", "tables.py")


def seeding_digest(seed: int, scale: float) -> str:
    """Give a short name for what would be seeded: the settings and the source text that seeds."""
    digest = hashlib.sha256(f"{seed}/{scale:g}".encode())
    package = Path(__file__).parent.parent
    for pattern in MODULES:
        for path in sorted(package.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def seeded(seed: int, scale: float) -> Iterator[tuple[Table, Rows]]:
    """Yield every table with its rows, in the tables' column order."""

    def rng(room: str) -> random.Random:
        return random.Random(f"{seed}/{room}")

    who = people.entities(rng("people"), max(60, round(1000 * scale)))
    captured = captures.captures(rng("captures"), who)
    cited = findings.citable(captured)
    recent = [source for source in captured if source.captured_at > -captures.DENSE]
    decided = verdicts.decisions(rng("verdicts"), scale, who)
    found = findings.contradictions(rng("contradictions"), _many(1500, scale), who, cited)
    published = exposure.alerts(rng("exposure"), scale, decided, cited)
    subjects = objections.Subjects(rng("subjects"), decided, published, found)
    yield tables.entities, who
    yield tables.sources, captured
    yield tables.items, captures.items(rng("items"), recent, who)
    yield tables.actions, findings.actions(rng("actions"), _many(5000, scale), who, cited)
    yield tables.contradictions, found
    yield tables.promises, findings.promises(rng("promises"), _many(3000, scale), who, cited)
    yield tables.decisions, decided
    yield tables.current_scores, verdicts.standing(who, decided)
    yield tables.alerts, published
    yield tables.disputes, objections.disputes(rng("objections"), subjects, who, scale)
    yield tables.user_reports, concerns.reports(rng("user reports"), who)
    yield tables.heartbeats, traffic.heartbeats(rng("heartbeats"))
    yield tables.request_counts, traffic.request_counts(rng("traffic"))
    yield tables.validation, validation.pairs(rng("validation"), _many(3000, scale))
    yield tables.log_lines, loglines.log_lines(rng("log"))


def _many(at_one: int, scale: float) -> int:
    return max(50, round(at_one * scale))
