"""What people are given to sign: one JSON document, whose digest they sign, and the same as a page to read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from junzi_audit.findings import Exhibit

FOLDER = "packs"


@dataclass(frozen=True, kw_only=True)
class Pack:
    """``content`` is what is signed: plain JSON values that belong to the subject alone, never to the run.

    ``lead`` and ``tables`` say the same for reading.
    """

    name: str
    title: str
    lead: tuple[str, ...]
    content: Mapping[str, Any]
    tables: tuple[Exhibit, ...]

    @property
    def body(self) -> bytes:
        """The document, the same bytes for the same content: sorted keys, ASCII."""
        return (json.dumps(self.content, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the document: the subject of an attestation."""
        return hashlib.sha256(self.body).hexdigest()
