"""Answers about records that never change: a fixed few of them, kept as digests of their fields.

Instants are left out: those of a node that begins anew at every start tell nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from junzi_audit.probes.asking import segment
from junzi_audit.probes.promises import Known, Records
from junzi_audit.probes.promising import seen

Fields = dict[str, str]

#: The lists about one entity, with the id of a row and the fields that never change.
_LISTS = {
    "contradictions": ("/entities/{}/contradictions", "contradiction_id", ("confidence", "description", "sources")),
    "promises": ("/promises/{}", "promise_id", ("promise", "source_id")),
}
_ONES = {
    "profiles": ("/entities/{}/profile", ("name", "jurisdiction", "role", "party", "region", "affiliations")),
    "sources": ("/sources/{}", ("source_id", "origin", "url", "content_hash", "document_type")),
}


class Golden:
    """Asks for the chosen records again."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def answers(self, entities: Sequence[str], sources: Sequence[str]) -> dict[str, Fields]:
        """Digest by field of each record by its name; one that is not answered with 200 has none."""
        found: dict[str, Fields] = {}
        for name, (path, fields) in _ONES.items():
            ids = sources if name == "sources" else entities
            for each, told in zip(ids, self._told(path, ids), strict=True):
                found[f"{name}/{each}"] = _digests(told, fields)
        for name, (path, key, fields) in _LISTS.items():
            for rows in self._told(path, entities):
                for row in rows if isinstance(rows, list) else ():
                    found[f"{name}/{row.get(key)}"] = _digests(row, fields)
        return found

    def statuses(self, entities: Sequence[str]) -> dict[str, str]:
        """How each promise of these people stands."""
        told = self._told(_LISTS["promises"][0], entities)
        return {
            str(row.get("promise_id")): str(row.get("status")) for rows in told for row in (rows or ()) if rows
        }  # fmt: skip

    def _told(self, path: str, ids: Sequence[str]) -> list[Any]:
        """What each page holds; None where it is answered with something else than 200 and JSON."""
        found = []
        for _, answer in self._records.all([path.format(segment(each)) for each in ids]):
            try:
                found.append(json.loads(answer.body) if seen(answer).status == 200 else None)
            except ValueError:
                found.append(None)
        return found


def chosen(known: Known) -> dict[str, list[str]]:
    """Whose records a baseline keeps."""
    return {"entities": list(known.entities), "sources": list(known.sources)}


def _digests(told: Any, fields: Sequence[str]) -> Fields:
    if not isinstance(told, Mapping):
        return {}
    return {
        name: hashlib.sha256(json.dumps(told.get(name), sort_keys=True).encode()).hexdigest()[:16] for name in fields
    }
