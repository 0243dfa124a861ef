"""Whole months, and a council's register of one as a document to be signed: what was settled when the month ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from junzi_audit.findings import Exhibit
from junzi_audit.model import DAY, iso
from junzi_audit.seen.packs import Pack
from junzi_audit.seen.registers import Month

Cell = str | int | float | None


def whole(now: datetime, count: int) -> tuple[Month, ...]:
    """The last whole calendar months (UTC), the newest first."""
    found: list[Month] = []
    until = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(count):
        since = (until - timedelta(days=1)).replace(day=1)
        found.append(Month(since=since, until=until))
        until = since
    return tuple(found)


def named(name: str, now: datetime) -> tuple[tuple[Month, str], ...]:
    """The last two whole months with the names of their packs: the newest has the plain one."""
    last, before = whole(now, 2)
    return (last, name), (before, f"{name}-{before.name}")


def by_then(at: datetime | None, month: Month) -> str | None:
    """The instant in words if it had come when the month ended: what came later is another month's."""
    return iso(at) if at is not None and at < month.until else None


def register(
    what: str, target: str, month: Month, name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]
) -> Pack:
    """The pack of a month: the same records give the same bytes, whenever it is written."""
    content = {
        "what": what, "target": target, "month": month.name, "from": iso(month.since), "until": iso(month.until),
        "entries": [dict(zip(columns, row, strict=True)) for row in rows],
    }  # fmt: skip
    lead = (
        f"{target}: {len(rows)} entries, as they stood when {month.name} ended "
        f"({month.since:%Y-%m-%d} to {month.until - DAY:%Y-%m-%d}, UTC).",
    )
    table = Exhibit(
        title="Entries", caption="The oldest first.", columns=tuple(columns), rows=tuple(tuple(row) for row in rows)
    )
    title = f"{what[:1].upper()}{what[1:]} {month.name}"
    return Pack(name=name, title=title, lead=lead, content=content, tables=(table,) if rows else ())
