"""Whether several bodies signed one document, each in its own name; and when the Board met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from junzi_audit.findings import Awaited, Measurement, census
from junzi_audit.measures.attestations import Word, missing, words
from junzi_audit.model import Obligation, Quorum
from junzi_audit.seen.attested import Attested, Decision, Signature
from junzi_audit.seen.disclosure import Disclosure, Published, Quarter
from junzi_audit.seen.people import person
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

    An approval holds that held at any time since the figures stood: a report of the past is not approved anew. A
    rejection of the same day or later undoes it. Whoever is needed for the approval of one body counts for no body
    after it; who signed there only as one more is free to sign for their own.
    """
    subject = subjects(evidence, published)[0]
    strays = [
        f"{r.source}: is of {r.body!r}, {nearest(r.body, bodies)}"
        for r in told.records
        if r.body and r.body not in bodies
    ]
    problems = (*strays, *told.problems)
    found: dict[str, Reading] = {}
    taken: dict[str, str] = {}
    for body, quorum in bodies.items():
        heard = [_held(word, quorum, evidence, taken) for word in spoken(told, body, owner, quorum, now)]
        newest = _newest([word for word in heard if word.record.subject == subject])
        found[body] = _approval(heard, newest, subject, evidence, published, problems)
        if newest and newest.record.decision is Decision.APPROVED:
            others = {person(s.who) for r in told.records if (r.body or owner) != body for s in r.signatures}
            taken |= {person(signed.who): body for signed in _needed(newest.people, quorum, others)}
    return found


def _needed(people: Sequence[Signature], quorum: Quorum, others: Set[str]) -> Sequence[Signature]:
    """Those without whom there is no quorum, and all who signed for no other body."""
    for signed in people:
        rest = [each for each in people if each is not signed]
        if person(signed.who) in others and not missing(rest, quorum):
            return _needed(rest, quorum, others)
    return people


def _held(word: Word, quorum: Quorum, evidence: Disclosure, taken: Mapping[str, str]) -> Word:
    """The word, unless it is older than the figures, or an approval that needs people who approved for another body."""
    if not word.counts:
        return word
    if word.record.date < evidence.as_of:
        return replace(word, fault=f"dated {word.record.date:%Y-%m-%d}, before the figures stood")
    if word.record.decision is not Decision.APPROVED:
        return word
    own = tuple(signed for signed in word.people if person(signed.who) not in taken)
    lent = [f"{each.who} for the {taken[person(each.who)]}" for each in word.people if each not in own]
    lacking = missing(own, quorum)
    return replace(word, people=own, fault=f"{lacking}; approved already: {', '.join(lent)}" if lacking else "")


def _newest(about: Sequence[Word]) -> Word | None:
    """The last word that decides something; of one day, a rejection."""
    useful = [word for word in about if word.counts and word.record.decision is not Decision.NOTED]
    return max(
        useful, key=lambda word: (word.record.date.date(), word.record.decision is Decision.REJECTED), default=None
    )


def _approval(
    heard: Sequence[Word], newest: Word | None, subject: str, evidence: Disclosure, published: Published | None,
    problems: Sequence[str],
) -> Reading:  # fmt: skip
    if newest is not None:
        people = ", ".join(f"{signed.who} ({signed.role})" for signed in newest.people)
        detail = f"{newest.record.decision} on {newest.record.date:%Y-%m-%d} by {people}"
        return census(int(newest.record.decision is Decision.REJECTED), n=1, detail=detail)
    about = [word for word in heard if word.record.subject == subject]
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
