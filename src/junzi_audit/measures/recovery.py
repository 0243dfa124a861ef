"""A restored copy against its manifest and the live node: what was lost, altered, torn apart, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from junzi_audit.findings import Chart, Exhibit, Measurement, Reading, Unseen, census
from junzi_audit.measures.details import shown, some
from junzi_audit.model import SKEW, Cause, iso
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.backups import FOREIGN_KEYS, TIERS, Manifest, Restored

_MINUTE = timedelta(minutes=1)
_NONE = Unseen(cause=Cause.UNDEFINED, detail="there is no backup")


def unrestorable(manifest: Manifest | None, restored: Restored | None) -> Measurement:
    """1 when the newest backup is missing, cannot be read, or fails the database's own check."""
    if manifest is None:
        return census(1, n=1, detail="there is no backup")
    problem = restored.problem if restored else ""
    return census(int(bool(problem)), n=1, detail=shown(f"{manifest.file}: {problem}") if problem else manifest.file)


def rows_lost(
    manifest: Manifest | None, restored: Restored | None, made: Sequence[ScoredDecision] | Unseen
) -> Reading:  # fmt: skip
    """Rows that the copy lacks, of those the manifest counted; and decisions that the live node has and it has not."""
    if manifest is None or restored is None or restored.problem:
        return _nothing(restored)
    lost = {name: max(0, told.rows - _rows(restored, name)) for name, told in manifest.tables.items()}
    words = [f"{name} {number:,} of {manifest.tables[name].rows:,}" for name, number in lost.items() if number]
    counted = census(
        sum(lost.values()), n=sum(told.rows for told in manifest.tables.values()), detail=some(words),
        exhibits=(_tables(manifest, restored),),
    )  # fmt: skip
    return {"manifest": counted, "live node": _against_the_node(restored, made)}


def digest_mismatches(manifest: Manifest | None, restored: Restored | None) -> Reading:
    """Tables whose columns or contents are not those that the manifest was written for."""
    if manifest is None or restored is None or restored.problem:
        return _nothing(restored)
    words = [
        f"{name}: {'is missing' if name not in restored.tables else _difference(manifest, restored, name)}"
        for name in manifest.tables
        if restored.tables.get(name) != manifest.tables[name]
    ]
    unknown = [f"{name}: not in the manifest" for name in restored.tables if name not in manifest.tables]
    return census(len(words) + len(unknown), n=len(manifest.tables), detail=some([*words, *unknown]))


def broken_references(manifest: Manifest | None, restored: Restored | None, *, excused: Mapping[str, int]) -> Reading:
    """References that lead nowhere in the copy, by the column that refers; one that is gone leads nowhere at all.

    The manifest may tell of as many of the source's own as the target's file has ``excused``. A column without a row
    shows nothing: neither that its references hold nor that there are none.
    """
    if manifest is None or restored is None or restored.problem:
        return _nothing(restored)
    own = {name: min(manifest.broken.get(name, 0), excused.get(name, 0)) for name in restored.references}
    found: dict[str, Measurement | Unseen] = {}
    for name, told in restored.references.items():
        torn = max(0, restored.broken[name] - own[name])
        if told or torn:
            words = f"{name} {torn:,} of {told:,}" if torn else ""
            found[name] = census(torn, n=max(told, torn), detail=words)
        elif name != FOREIGN_KEYS:  # a schema need not declare any
            found[name] = Unseen(cause=Cause.TOO_FEW, detail=f"not one row of the copy has a {shown(name)}")
    for name in restored.severed:
        found[name] = census(1, n=1, detail=f"the copy lacks {shown(name)}, or what it refers to")
    for name in list(found)[:1]:
        found[name] = replace(found[name], exhibits=(_references(restored, own),))
    return found


def _references(restored: Restored, own: Mapping[str, int]) -> Exhibit:
    followed = tuple((name, told, restored.broken[name], own[name]) for name, told in restored.references.items())
    return Exhibit(
        title="References followed in the restored copy",
        caption="A reference is broken when it is empty, or when what it names is not there. Those that were broken in "
        "the source as well are no fault of the backup, as far as the target's file excuses them; other duties judge "
        "them. A column without figures is not in the copy, or what it refers to is not.",
        columns=("from", "references", "broken", "excused"),
        rows=(*followed, *((name, None, None, None) for name in restored.severed)),
    )


def rto_share(restored: Restored | None, tier: int) -> Reading:
    """Minutes from the beginning of the restoring until it was verified, as a share of what the tier allows."""
    if restored is None or restored.problem:
        return _nothing(restored)
    allowed = TIERS[tier]
    words = f"{restored.seconds:.2f} s of the {allowed.rto:g} min that tier {tier}, {allowed.outage}, allows"
    return census(restored.seconds / 60 / allowed.rto, n=1, detail=words, exhibits=(_timeline(restored),))


def rpo_share(manifest: Manifest | None, tier: int, *, now: datetime) -> Reading:
    """Minutes of work that a loss at this instant would cost, as a share of what the tier allows."""
    if manifest is None:
        return _NONE
    if manifest.taken_at > now + SKEW:
        return Unseen(cause=Cause.MALFORMED, detail=f"taken_at is {iso(manifest.taken_at)}, which has not come yet")
    allowed, minutes = TIERS[tier], max(0.0, (now - manifest.taken_at) / _MINUTE)
    words = f"{minutes:.1f} of the {allowed.rpo:g} min that tier {tier}, {allowed.outage}, allows"
    return census(minutes / allowed.rpo, n=1, detail=f"{words}; taken {iso(manifest.taken_at)}")


def _nothing(restored: Restored | None) -> Unseen:
    return _NONE if restored is None else Unseen(cause=Cause.UNDEFINED, detail="nothing could be restored")


def _rows(restored: Restored, name: str) -> int:
    return restored.tables[name].rows if name in restored.tables else 0


def _difference(manifest: Manifest, restored: Restored, name: str) -> str:
    told, found = manifest.tables[name], restored.tables[name]
    if told.columns != found.columns:
        return "other columns"
    return "other contents" if told.rows == found.rows else "other rows"


def _against_the_node(restored: Restored, made: Sequence[ScoredDecision] | Unseen) -> Measurement | Unseen:
    if isinstance(made, Unseen):
        return made
    if not made:
        words = "the live node tells of no decision of the last day before the backup"
        return Unseen(cause=Cause.TOO_FEW, detail=words)
    absent = set(restored.absent)
    newest = max((each.calculated_at for each in made if each.risk_id not in absent), default=None)
    words = f"the newest decision restored is of {iso(newest)}" if newest else "not one decision was restored"
    lacking = f"lacks {some(restored.absent)}; " if absent else ""
    return census(len(absent), n=len(made), detail=lacking + words)


def _tables(manifest: Manifest, restored: Restored) -> Exhibit:
    names = [*manifest.tables, *(name for name in restored.tables if name not in manifest.tables)]
    return Exhibit(
        title="Tables of the newest backup, restored",
        caption=f"{manifest.file}, {manifest.bytes:,} bytes, taken {iso(manifest.taken_at)}. A digest is made of all "
        "rows, whatever their order.",
        columns=("table", "rows in the manifest", "rows restored", "lost", "digest"),
        rows=tuple(_line(manifest, restored, name) for name in names),
        chart=Chart(kind="bars", label=0, value=2, value_label="rows restored", reference=1),
    )


def _line(manifest: Manifest, restored: Restored, name: str) -> tuple[str | int | None, ...]:
    told, found = manifest.tables.get(name), restored.tables.get(name)
    same = told is not None and found is not None and told.digest == found.digest
    rows = found.rows if found else 0
    return (
        shown(name), told.rows if told else None, rows, max(0, told.rows - rows) if told else None,
        "equal" if same else "differs",
    )  # fmt: skip


def _timeline(restored: Restored) -> Exhibit:
    return Exhibit(
        title="The restoring, step by step",
        caption="From the first byte asked for to the copy verified.",
        columns=("step", "seconds"),
        rows=tuple((step.name, round(step.seconds, 3)) for step in restored.steps),
        chart=Chart(kind="bars", label=0, value=1, value_label="seconds"),
    )
