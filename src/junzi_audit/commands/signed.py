"""The file of a signed record: one more signature in it, whether it is quorate, and how it is written."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from junzi_audit.commands import CommandError
from junzi_audit.model import Quorum
from junzi_audit.seen.attested import Attestation
from junzi_audit.seen.deployments import ROLLBACK
from junzi_audit.seen.people import person


def beside(file: Path, fresh: Attestation, quorum: Quorum) -> Attestation:
    """The stored record with one more signature; its date is the day on which the quorum was complete."""
    from junzi_audit.measures.attestations import counted, missing
    from junzi_audit.probes.attestation_records import RecordError, from_yaml, record

    try:
        stored = record(from_yaml(file.read_text(encoding="utf-8"), str(file)), str(file))
    except (RecordError, UnicodeDecodeError) as error:
        raise CommandError(f"{error}; put it right, or move it away") from None
    mine = person(fresh.signatures[0].who)
    already = [each.who for each in stored.signatures if person(each.who) == mine]
    if already:
        raise CommandError(f"{file}: {already[0]} has signed already; each person signs once")
    if (stored.minutes, stored.minutes_sha256) != (fresh.minutes, fresh.minutes_sha256):
        raise CommandError(f"{file}: names other minutes, {stored.minutes}; all sign under the same")
    if fresh.decisions.get(ROLLBACK, stored.decisions.get(ROLLBACK)) != stored.decisions.get(ROLLBACK):
        raise CommandError(f"{file}: those who signed it saw another plan for going back, or none; all sign the same")
    whole = not missing(counted(stored.signatures, quorum), quorum)
    return dataclasses.replace(
        stored, signatures=(*stored.signatures, *fresh.signatures), date=stored.date if whole else fresh.date,
        expires=max(stored.expires, fresh.expires), decisions={**stored.decisions, **fresh.decisions},
        remarks="\n".join(filter(None, (stored.remarks, fresh.remarks))),
    )  # fmt: skip


def standing(record: Attestation, quorum: Quorum) -> str:
    """Whether the quorum has signed, and else what it lacks, in words."""
    from junzi_audit.measures.attestations import counted, missing

    lacking = missing(counted(record.signatures, quorum), quorum)
    return f"not quorate yet: {lacking}" if lacking else "which is quorate"


def as_yaml(record: Attestation) -> str:
    """The record as its file has it; what is empty is left out."""
    import yaml

    plain = dataclasses.asdict(record) | {
        "decision": str(record.decision), "date": record.date.date(), "expires": record.expires.date(),
        "signatures": [dataclasses.asdict(each) for each in record.signatures], "decisions": dict(record.decisions),
    }  # fmt: skip
    optional = ("minutes_sha256", "decisions", "remarks", "body")
    kept = {key: each for key, each in plain.items() if key != "source" and (each or key not in optional)}
    text: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)
    return text


def put(file: Path, body: bytes) -> None:
    """Write the file whole or not at all."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_bytes(body)
    part.replace(file)
