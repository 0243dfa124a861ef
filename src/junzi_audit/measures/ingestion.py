"""What came in during the last day: whole, once, referring to what exists, and about as much as usual."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import coverage
from junzi_audit.measures.details import some
from junzi_audit.measures.provenance import Hosts, is_altered, is_foreign
from junzi_audit.model import Cause, utc
from junzi_audit.records import HourCount, IngestedItem, Source

KINDS = frozenset({"action", "statement", "promise"})
REQUIRED = ("item_id", "feed", "kind", "entity_id", "source_id", "ingested_at", "event_date", "text")
WEEKS = 8
_FEWEST_WEEKS = 4


def not_listed(
    items: Sequence[IngestedItem], hours: Sequence[HourCount], since: datetime, until: datetime
) -> Unseen | None:
    """What keeps the list of items from being all that came in: a hole in it, or fewer items than the node counts."""
    instants = [at for item in items if (at := _instant(item.ingested_at)) is not None]
    if hole := coverage.gap(instants, since, until, what="items"):
        return hole
    whole = [hour for hour in hours if since <= hour.hour and hour.hour + timedelta(hours=1) <= until]
    counted = sum(hour.items for hour in whole)
    ends = {hour.hour for hour in whole}
    listed = len(items) - len(instants) + sum(at.replace(minute=0, second=0, microsecond=0) in ends for at in instants)
    if listed >= counted:
        return None
    return Unseen(cause=Cause.MALFORMED, detail=f"the node counts {counted} items in whole hours and lists {listed}")


def schema_errors(items: Sequence[IngestedItem], feeds: Collection[str]) -> Measurement:
    """Items with an unknown kind or feed, or an unreadable date; what is missing is counted as missing, not here."""
    faults = Counter(fault for item in items if (fault := _fault(item, feeds)))
    words = ", ".join(f"{count} with {fault}" for fault, count in sorted(faults.items()))
    return census(sum(faults.values()), n=len(items), detail=words)


def duplicate_share(items: Sequence[IngestedItem]) -> Measurement:
    """Share of deliveries beyond the first, by id or by source and text."""
    ids: set[str] = set()
    contents: set[tuple[str, str]] = set()
    again = 0
    for item in items:
        content = (item.source_id or "", item.text or "")
        # What has no id, source or text cannot be told from another: it is missing, and counted as that.
        known = bool(item.item_id) and item.item_id in ids
        if known or (all(content) and content in contents):
            again += 1
        ids.add(item.item_id or "")
        contents.add(content)
    return census(again / len(items) if items else 0.0, n=len(items), detail=f"{again} of {len(items)} items")


def missing_share(items: Sequence[IngestedItem]) -> Measurement:
    """Share of missing values in the required field that lacks most."""
    lacking = {name: sum(not (getattr(item, name) or "").strip() for item in items) for name in REQUIRED}
    worst = max(lacking, key=lambda name: lacking[name])
    table = Exhibit(
        title="Missing values by field",
        caption=f"Of {len(items)} items of the last 24 hours.",
        columns=("field", "missing"),
        rows=tuple(lacking.items()),
    )
    detail = f"{worst} is missing in {lacking[worst]}" if lacking[worst] else ""
    return census(lacking[worst] / len(items) if items else 0.0, n=len(items), detail=detail, exhibits=(table,))


def orphans(items: Sequence[IngestedItem], sources: Mapping[str, Source], entities: Mapping[str, bool]) -> Measurement:
    """Items whose source, or whose entity among those looked up, the node does not know."""
    bad = [
        item.item_id or "without id"
        for item in items
        if (item.source_id and item.source_id not in sources)
        or (item.entity_id and not entities.get(item.entity_id, True))
    ]
    return census(len(bad), n=len(items), detail=some(bad))


def unproven(sources: Sequence[Source], digests: Mapping[str, str], feeds: Hosts) -> Measurement:
    """Sampled items' sources that are altered or foreign."""
    bad = [source.source_id for source in sources if is_altered(source, digests) or is_foreign(source, feeds)]
    return census(len(bad), n=len(sources), detail=some(bad))


def volume_ratios(hours: Sequence[HourCount], feeds: Collection[str], now: datetime) -> dict[str, Measurement | Unseen]:
    """Items of the last 24 whole hours over the median of the same 24 hours one to eight weeks before, per feed."""
    end = now.replace(minute=0, second=0, microsecond=0)
    weeks: dict[str, list[int]] = defaultdict(lambda: [0] * (WEEKS + 1))
    for hour in hours:
        back, within = divmod(end - timedelta(hours=1) - hour.hour, timedelta(weeks=1))
        if 0 <= back <= WEEKS and within < timedelta(hours=24):
            weeks[hour.feed][back] += hour.items
    table = Exhibit(
        title="Items of the last 24 hours against the same weekday before",
        caption=f"24 whole hours up to {end:%Y-%m-%d %H:%M} UTC; the usual is the median of up to {WEEKS} weeks.",
        columns=("feed", "items", "usual", "ratio"),
        rows=tuple(_row(feed, weeks[feed]) for feed in feeds),
        chart=Chart(kind="bars", label=0, value=3, limit=0.5, limit_label="limit 0.5", value_label="ratio to usual"),
    )
    found: dict[str, Measurement | Unseen] = {}
    for number, feed in enumerate(feeds):
        before = [count for count in weeks[feed][1:] if count]
        if len(before) < _FEWEST_WEEKS:
            detail = f"{len(before)} earlier weeks with items; {_FEWEST_WEEKS} are needed"
            found[feed] = Unseen(cause=Cause.TOO_FEW, detail=detail)
            continue
        usual = median(before)
        shown = (table,) if number == 0 else ()
        found[feed] = census(weeks[feed][0] / usual, n=sum(before), expected=1.0, exhibits=shown)
    return found


def _row(feed: str, weeks: Sequence[int]) -> tuple[str, int, float | None, float | None]:
    before = [count for count in weeks[1:] if count]
    usual = median(before) if before else None
    return feed, weeks[0], usual, round(weeks[0] / usual, 3) if usual else None


def _fault(item: IngestedItem, feeds: Collection[str]) -> str:
    if item.kind and item.kind not in KINDS:
        return "an unknown kind"
    if item.feed and item.feed not in feeds:
        return "an unknown feed"
    if item.event_date and not _readable(item.event_date, date.fromisoformat, utc):
        return "an unreadable event date"
    if item.ingested_at and not _readable(item.ingested_at, utc):
        return "an unreadable instant"
    return ""


def _instant(text: str | None) -> datetime | None:
    try:
        return utc(text or "")
    except (ValueError, OverflowError):
        return None


def _readable(text: str, *readers: object) -> bool:
    for reader in readers:
        try:
            reader(text)  # type: ignore[operator]
        except (ValueError, OverflowError):
            continue
        return True
    return False
