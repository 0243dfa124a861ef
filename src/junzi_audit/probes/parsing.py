"""Bytes from a node to typed records; whatever is wrong with them is malformed, and said without echoing them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer

T = TypeVar("T")
#: Years that arithmetic on instants can bear; a node that names another one has lost its clock.
_YEARS = range(2000, 3000)


def parse(shape: type[T], answer: Answer) -> T:
    """A JSON body as a ``shape``."""
    try:
        found = TypeAdapter(shape).validate_json(answer.body)
    except ValidationError as error:
        raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: {_words(error)}") from None
    for fault in _faults(found):
        raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: {fault}")
    return found


def parse_lines(shape: type[T], answer: Answer) -> tuple[T, ...]:
    """An NDJSON body as one ``shape`` a line; a body without a final line break was cut off."""
    where = answer.observation.query
    if answer.body and not answer.body.endswith(b"\n"):
        raise Unobservable(Cause.MALFORMED, f"{where}: the last line is cut off")
    adapter, names, found = TypeAdapter(shape), _doubtful(shape), []
    for number, line in enumerate(answer.body.splitlines(), start=1):
        try:
            found.append(adapter.validate_json(line))
        except ValidationError as error:
            raise Unobservable(Cause.MALFORMED, f"{where}, line {number}: {_words(error)}") from None
        for name in names:
            if fault := _fault(getattr(found[-1], name)):
                raise Unobservable(Cause.MALFORMED, f"{where}, line {number}: {name} is {fault}")
    return tuple(found)


def is_json(body: bytes) -> bool:
    """Whether the body is JSON at all."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _doubtful(shape: Any) -> list[str]:
    """Fields whose type admits values no measure can bear: a NaN, an instant without a zone."""
    return [each.name for each in fields(shape) if "datetime" in str(each.type) or "float" in str(each.type)]


def _faults(found: object, name: str = "the answer") -> Iterator[str]:
    """What the types let pass, anywhere within the answer."""
    if is_dataclass(found):
        for each in fields(found):
            yield from _faults(getattr(found, each.name), each.name)
    elif isinstance(found, tuple):
        for each in found:
            yield from _faults(each, name)
    elif fault := _fault(found):
        yield f"{name} is {fault}"


def _fault(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "not a finite number"
    if not isinstance(value, datetime):
        return ""
    if value.tzinfo is None:
        return "an instant without a zone"
    return "" if value.year in _YEARS else f"an instant outside of {_YEARS.start} to {_YEARS.stop}"


def _words(error: ValidationError) -> str:
    """The first thing wrong with an answer, without echoing what may be hostile or private."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the answer"
    return f"{place}: {first['msg'][:120]}"
