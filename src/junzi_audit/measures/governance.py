"""Whether the Board met: the agenda it is given, the newest meeting that counts, and what that meeting left open."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from junzi_audit.findings import Awaited, Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures.attestations import Word
from junzi_audit.model import DAY, Cause, Obligation
from junzi_audit.seen.attested import Open
from junzi_audit.seen.packs import Pack

_LISTED = 5
_WHAT = "governance agenda"

#: What an agenda names: whether a breach or a waiver, and of which duty.
Matter = tuple[str, str]


def agenda(target: str, now: datetime, matters: Sequence[Open], duties: Mapping[str, Obligation]) -> Pack:
    """The pack for a meeting on the day of ``now``: every open breach and waiver."""
    items = [
        {
            "kind": each.kind, "duty": each.duty, "since": f"{each.since:%Y-%m-%d}", "told": each.told,
            "title": duties[each.duty].title if each.duty in duties else "",
            "owner": duties[each.duty].owner if each.duty in duties else "",
        }
        for each in sorted(matters, key=lambda each: (each.kind, each.duty))
    ]  # fmt: skip
    breaches = sum(each.kind == "breach" for each in matters)
    rows = tuple((i["kind"], i["duty"], i["title"], i["owner"], i["since"], i["told"]) for i in items)
    return Pack(
        name="agenda",
        title=f"Agenda of the Ethical Governance Review, {now:%Y-%m-%d}",
        lead=(
            f"{target}: {breaches} open breaches and {len(matters) - breaches} waivers as of {now:%Y-%m-%d} (UTC).",
            "Decide each of them; sign the digest below, with the minutes and their SHA-256.",
        ),
        content={"what": _WHAT, "target": target, "as_of": f"{now:%Y-%m-%d}", "items": items},
        tables=(
            Exhibit(
                title="To be decided", caption="What the newest finished runs left open, and the waivers that hold.",
                columns=("kind", "duty", "title", "owner", "since", "told"), rows=rows,
            ),
        ) if rows else (),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Meetings:
    """``held``: the newest that counts, with its ``agenda``; ``last``: when the Board was last quorate on any agenda.

    ``remarks`` say what does not count.
    """

    held: Word | None
    agenda: frozenset[Matter]
    last: datetime | None
    heard: tuple[Word, ...]
    remarks: tuple[str, ...]


def meetings(
    heard: Sequence[Word], packs: Mapping[str, bytes], problems: Sequence[str], *, target: str, reach: float
) -> Meetings:
    """``packs``: every agenda that may have been on the table, as JSON by its digest, and for ``reach`` days.

    Only one that was prepared for the ``target`` is an agenda.
    """
    agendas = {digest: found for digest, pack in packs.items() if (found := _agenda(pack, target)) is not None}
    judged = tuple(_held(word, agendas.get(word.record.subject), reach) for word in heard)
    held = next((word for word in judged if word.counts), None)
    quorate = [word.record.date for word in heard if word.counts and word.record.minutes_sha256]
    return Meetings(
        held=held,
        agenda=agendas[held.record.subject].matters if held else frozenset(),
        last=max(quorate, default=None),
        heard=judged,
        remarks=(*(f"{word.record.source}: {word.fault}" for word in judged if word.fault), *problems),
    )


@dataclass(frozen=True, kw_only=True)
class _Agenda:
    day: datetime
    matters: frozenset[Matter]


def _agenda(pack: bytes, target: str) -> _Agenda | None:
    """What ``agenda`` put into the document; None for bytes that are none, and for another target's."""
    try:
        content = json.loads(pack)
        if (content["what"], content["target"]) != (_WHAT, target):
            return None
        day = datetime.fromisoformat(content["as_of"]).replace(tzinfo=UTC)
        return _Agenda(day=day, matters=frozenset((str(each["kind"]), str(each["duty"])) for each in content["items"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _held(word: Word, agenda: _Agenda | None, reach: float) -> Word:
    """The word with the fault that only a meeting can have."""
    record = word.record
    if word.fault:
        return word
    if not record.minutes_sha256:
        return replace(word, fault="no SHA-256 of its minutes")
    if agenda is None:
        return replace(word, fault=f"{record.subject[:12]}… is the digest of no agenda known here")
    if not 0 <= (record.date - agenda.day) / DAY <= reach:
        return replace(word, fault=f"not held within {reach:g} days of its agenda of {agenda.day:%Y-%m-%d}")
    return word


def days_without(
    seen: Meetings, now: datetime, *, limit: float, first: datetime | None, exhibits: tuple[Exhibit, ...] = ()
) -> Measurement | Awaited:
    """Days since the newest meeting that counts; awaited when there is none within ``limit`` days.

    Where the Board never met, it is waited for since the target was ``first`` audited.
    """
    if seen.held is not None and (now - seen.held.record.date) / DAY <= limit:
        days = (now - seen.held.record.date) / DAY
        who = ", ".join(f"{signed.who} ({signed.role})" for signed in seen.held.people)
        return census(
            days, n=1, detail=_told(f"held by {who}; minutes {seen.held.record.minutes}", seen), exhibits=exhibits
        )
    since = min(seen.last or first or now, now)
    told = "no quorate meeting on an agenda of the last month is attested" if seen.last else "no meeting is attested"
    return Awaited(since=since, value=(now - since) / DAY, detail=_told(told, seen), exhibits=exhibits)


def calendar(seen: Meetings, now: datetime, limit: float) -> Exhibit:
    """How long ago each attested meeting was, the newest first."""
    rows = tuple(
        (f"{word.record.date:%Y-%m-%d}", round((now - word.record.date) / DAY, 3), word.fault or "counts")
        for word in seen.heard
    )
    return Exhibit(
        title="Meetings",
        caption="Days since each attested meeting.",
        columns=("meeting", "days ago", "counts"),
        rows=rows,
        chart=Chart(kind="bars", label=0, value=1, limit=limit, limit_label="limit", value_label="days ago"),
    )  # fmt: skip


def gaps(seen: Meetings, matters: Sequence[Open], now: datetime, *, known: bool) -> Measurement | Unseen | Awaited:
    """Matters open now and at the meeting's date that were neither on its agenda nor decided by name.

    ``known``: whether it is known what earlier runs left open; otherwise it is unseen.
    """
    if seen.held is None:
        return Awaited(since=seen.last or now, value=0, detail="no meeting has decided anything yet")
    if not known:
        told = "no earlier run of this target lies beside this one, so nobody knows what was open; keep reports/"
        return Unseen(cause=Cause.TOO_FEW, detail=told)
    record = seen.held.record
    decided = {duty for duty, words in record.decisions.items() if words.strip()}
    left = [
        each
        for each in matters
        if each.since <= record.date and (each.kind, each.duty) not in seen.agenda and each.duty not in decided
    ]
    named = ", ".join(f"the {each.kind} of {each.duty}" for each in left[:_LISTED])
    told = f"not decided: {named}" if left else f"{len(matters)} open now, {len(seen.agenda)} on the agenda"
    return census(len(left), n=max(1, len(matters)), detail=told)


def _told(what: str, seen: Meetings) -> str:
    return "; ".join([what, *seen.remarks[:_LISTED]])
