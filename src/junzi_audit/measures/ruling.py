"""What the Board said of one model, from all its records: approval, veto, and the plan for going back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from junzi_audit.measures.attestations import Word, missing
from junzi_audit.model import Quorum
from junzi_audit.seen.attested import Decision
from junzi_audit.seen.deployments import ROLLBACK

_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the Board said of one digest: its newest approval and plan that count, and the veto that stands, if any.

    ``remarks`` say what does not count.
    """

    approval: Word | None
    veto: Word | None
    rollback: Word | None
    remarks: tuple[str, ...]


def ruling(digest: str, heard: Sequence[Word], quorum: Quorum, now: datetime) -> Ruling:
    """From every record that was heard, the newest first.

    A veto does not lapse: a quorate rejection stands, expired or not, until a later day's quorate approval, which
    must count too, or have done so until it expired.
    """
    about = [word for word in heard if word.record.subject == digest]
    quorate = [word for word in about if word.record.date <= now and not missing(word.people, quorum)]
    approvals = [word for word in about if (word.counts or word.lapsed) and word.record.decision is Decision.APPROVED]
    rejections = [word for word in quorate if word.record.decision is Decision.REJECTED]
    veto = next(iter(rejections), None)
    if veto and approvals and approvals[0].record.date.date() > veto.record.date.date():
        veto = None
    plans = [word for word in about if word.counts and word.record.decision is not Decision.REJECTED and plan_of(word)]
    others = len(heard) - len(about)
    return Ruling(
        approval=next((word for word in approvals if word.counts), None),
        veto=veto,
        rollback=next(iter(plans), None),
        remarks=(
            *(f"{word.record.source}: {word.fault}" for word in about if word.fault),
            *([f"{others} of another digest"] if others else []),
        ),
    )


def plan_of(word: Word) -> str:
    """The words that attest a plan for going back; empty unless they name the SHA-256 of a written plan."""
    words = str(word.record.decisions.get(ROLLBACK, ""))
    return words if _SHA256.search(words) else ""


def signed(word: Word) -> str:
    """Who signed a record, and when."""
    people = ", ".join(f"{each.who} ({each.role})" for each in word.people)
    return f"{people} on {word.record.date:%Y-%m-%d}"
