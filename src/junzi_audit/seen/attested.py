"""How people answer: a signed-off record, and what an attestation place holds of a duty. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

_STRICT = {"extra": "forbid"}


class Decision(StrEnum):
    """What the people who signed decided of the subject."""

    APPROVED = "approved"
    REJECTED = "rejected"
    NOTED = "noted"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One person's word: ``who`` by name, in which ``role`` of the body that owns the duty."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    who: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """One record: what was decided of the bytes whose SHA-256 is ``subject``, by whom, when, and where it was minuted.

    ``decisions`` holds what was decided of single duties. ``minutes`` is a URL or a path, ``minutes_sha256`` of its
    bytes (empty: none given). ``body``: in whose name it was signed (empty: the owner's). ``source`` names the file or
    answer that the record was read from.
    """

    duty: str
    subject: str
    decision: Decision
    date: datetime
    expires: datetime
    signatures: tuple[Signature, ...]
    minutes: str
    minutes_sha256: str = ""
    decisions: Mapping[str, str] = field(default_factory=dict)
    remarks: str = ""
    body: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Attested:
    """What a place holds for one duty: sound records, a sentence for each that is none, and packs kept beside them.

    ``packs``: bytes by their SHA-256.
    """

    place: str
    records: tuple[Attestation, ...]
    problems: tuple[str, ...] = ()
    packs: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Open:
    """A matter that a body must decide: a breach nobody saw mended, or a waiver that holds; ``told`` says of what."""

    kind: Literal["breach", "waiver"]
    duty: str
    since: datetime
    told: str
