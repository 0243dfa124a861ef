"""What people wrote, checked against the schema of an attestation; whatever is wrong is told with its nearest word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, ClassVar

import yaml

from junzi_audit import tables
from junzi_audit.seen.attested import Attestation, Decision, Signature

When = datetime | date
_LONGEST = 400
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class RecordError(tables.TableError):
    """A record is not what an attestation must be; the message names the file, the key and the nearest word."""


class _Loader(yaml.SafeLoader):
    """YAML's safe subset, without what could hide or multiply an answer: a key given twice, an alias."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "an alias; write out what it stands for", None)
        return super().compose_node(parent, index)


@dataclass(frozen=True, kw_only=True)
class _Written:
    """The keys of a record, as a person writes them."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    duty: str
    subject: str
    decision: Decision
    date: When
    expires: When
    signatures: tuple[Signature, ...]
    minutes: str
    minutes_sha256: str = ""
    decisions: Mapping[str, str] = field(default_factory=dict)
    remarks: str = ""
    body: str = ""


def from_yaml(text: str, name: str) -> Any:
    """The one YAML document of that file; RecordError when it is none."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader, made stricter
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = " ".join(str(error).split()) or "nested too deeply"
        raise RecordError(f"{name}: not valid YAML: {told}"[:_LONGEST]) from None


def duty_of(raw: object) -> str:
    """The duty a record says it answers; empty when it does not say so."""
    duty = raw.get("duty", "") if isinstance(raw, Mapping) else ""
    return duty if isinstance(duty, str) else ""


def minutes_of(raw: object) -> str:
    """Where a record says its minutes are; empty when it does not say so."""
    minutes = raw.get("minutes", "") if isinstance(raw, Mapping) else ""
    return minutes if isinstance(minutes, str) else ""


def record(raw: object, name: str) -> Attestation:
    """The record; RecordError with everything that is wrong with it. A date without a time is that day's start, UTC."""
    try:
        if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
            raise RecordError(f"{name}: an attestation is a table of keys and values")
        written = tables.build(
            _Written,
            {key: _dated(value) for key, value in raw.items()},
            path=Path(name),
            table="record",
            error=RecordError,
        )
        for fault in _faults(written):
            raise RecordError(f"{name}: [record] {fault}")
    except RecordError as error:
        raise RecordError("; ".join(str(error).splitlines())[:_LONGEST]) from None
    plain = {each.name: getattr(written, each.name) for each in fields(written)}
    when = {key: _instant(plain[key]) for key in ("date", "expires")}
    return Attestation(**{**plain, **when}, source=name)


def _dated(value: object) -> object:
    """A day in words as YAML without quotation marks has it; everything else as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value
    except ValueError:
        return value


def _faults(written: _Written) -> Iterator[str]:
    """What the types let pass."""
    if not _SHA256.fullmatch(written.subject):
        yield "subject: not a SHA-256 in 64 lower-case hexadecimal digits"
    if written.minutes_sha256 and not _SHA256.fullmatch(written.minutes_sha256):
        yield "minutes_sha256: not a SHA-256 in 64 lower-case hexadecimal digits"
    if not written.minutes.strip():
        yield "minutes: empty; link the minutes"
    if not written.signatures:
        yield "signatures: nobody signed"
    if not all(signed.who.strip() and signed.role.strip() for signed in written.signatures):
        yield "signatures: a person has a name and a role"
    for key in ("date", "expires"):
        at = getattr(written, key)
        if isinstance(at, datetime) and at.tzinfo is None:
            yield f"{key}: an instant without a zone; write a date, or a time such as 2026-11-23T10:00:00Z"
        elif not 2000 <= at.year < 3000:
            yield f"{key}: {at.year} is not a year of ours"
    if _instant(written.expires) <= _instant(written.date):
        yield "expires: not after its date"


def _instant(at: When) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time.min, UTC)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
