"""Whether several bodies signed one document, each in its own name; and when the Board met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from junzi_audit.findings import Awaited, Measurement, census
from junzi_audit.measures.attestations import Word, words
from junzi_audit.model import Obligation, Quorum
from junzi_audit.seen.attested import Attested, Decision
from junzi_audit.seen.disclosure import Disclosure, Published, Quarter
from junzi_audit.tables import nearest

Reading = Measurement | Awaited


def subjects(evidence: Disclosure, published: Published | None) -> tuple[str, ...]:
    """What people may have signed: the published bytes, else those prepared; first the ones that matter."""
    prepared = evidence.pack().digest
    return tuple(dict.fromkeys((published.sha256, prepared))) if published and published.body else (prepared,)


def approvals_missing(
    told: Attested, bodies: Mapping[str, Quorum], owner: str, evidence: Disclosure, published: Published | None,
    now: datetime,
) -> dict[str, Reading]:  # fmt: skip
    """By body, whether its approval of the very bytes is missing; awaited while nothing is published.

    An approval holds that held at any time: a report of the past is not approved anew. A rejection that came later
    undoes it.
    """
    subject = subjects(evidence, published)[0]
    strays = [
        f"{r.source}: is of {r.body!r}, {nearest(r.body, bodies)}"
        for r in told.records
        if r.body and r.body not in bodies
    ]
    problems = (*strays, *told.problems)
    return {
        body: _approval(spoken(told, body, owner, quorum, now), subject, evidence, published, problems)
        for body, quorum in bodies.items()
    }


def _approval(
    heard: Sequence[Word], subject: str, evidence: Disclosure, published: Published | None, problems: Sequence[str]
) -> Reading:  # fmt: skip
    about = [word for word in heard if word.record.subject == subject]
    useful = [word for word in about if word.counts and word.record.decision is not Decision.NOTED]
    newest = max(useful, key=lambda word: (word.record.date, word.record.decision is Decision.REJECTED), default=None)
    if newest is not None:
        people = ", ".join(f"{signed.who} ({signed.role})" for signed in newest.people)
        detail = f"{newest.record.decision} on {newest.record.date:%Y-%m-%d} by {people}"
        return census(int(newest.record.decision is Decision.REJECTED), n=1, detail=detail)
    remarks = [f"{word.record.source}: {word.fault}" for word in about if word.fault]
    remarks += [f"{len(heard) - len(about)} of another digest"] if len(heard) > len(about) else []
    detail = "; ".join([f"nothing quorate approves {subject[:12]}…", *remarks[:3], *problems[:3]])
    if published is None:
        return Awaited(since=evidence.as_of, value=0, detail=detail)
    return census(1, n=1, detail=detail)


def spoken(told: Attested, body: str, owner: str, quorum: Quorum, now: datetime) -> tuple[Word, ...]:
    """The body's records, each held against the quorum as of its own date; one without a body is the owner's."""
    mine = (replace(each, body="") for each in told.records if (each.body or owner) == body and each.date <= now)
    return tuple(word for each in mine for word in words(replace(told, records=(each,)), quorum, each.date))


def meetings(told: Attested, board: Obligation, quarter: Quarter) -> tuple[int, int]:
    """How often the Board met in the quarter, quorate and with minutes, and how many duties it decided by name."""
    if board.quorum is None:
        return 0, 0
    heard = spoken(told, board.owner, board.owner, board.quorum, quarter.as_of)
    held = [
        word.record
        for word in heard
        if word.counts and word.record.minutes_sha256 and quarter.begin <= word.record.date < quarter.end
    ]
    decided = sum(bool(words.strip()) for record in held for words in record.decisions.values())
    return len({record.date for record in held}), decided
