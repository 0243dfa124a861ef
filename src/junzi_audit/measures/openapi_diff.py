"""Two OpenAPI documents: what in the newer one would break a client of the older one, and what merely changed.

No maintained Python library of a permissive licence compares offline, as far as we know, so this is a small one of our
own. Both documents are flattened into facts that a client may rely on; a change of a fact breaks or does not. A list
of alternatives is a type of its own; what only prose says is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from junzi_audit.findings import Exhibit, Measurement, census
from junzi_audit.measures.details import shown, some

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_DEEPEST = 12
#: What bounds a value, and whether a larger figure is the narrower one.
_BOUNDS = {
    "minimum": True, "minLength": True, "minItems": True, "maximum": False, "maxLength": False, "maxItems": False,
}  # fmt: skip

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of the API's description; ``breaks`` a client that was written for the older one."""

    where: str
    what: str
    breaks: bool


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What a client may rely on at one place: a value that it sends (``sent``) or is answered."""

    sent: bool
    type: str
    required: bool
    words: frozenset[str] | None
    bounds: tuple[tuple[str, float], ...] = ()


def changes(older: Document, newer: Document) -> tuple[Change, ...]:
    """Every change, those that break first."""
    found = [*_operations(older, newer)]
    return tuple(sorted(found, key=lambda change: (not change.breaks, change.where, change.what)))


def breaking(older: Document, newer: Document) -> Measurement:
    """Changes that break a client, over the facts of the older document; the others are listed, not counted."""
    found = changes(older, newer)
    bad = [change for change in found if change.breaks]
    facts = sum(len(_facts(older, operation)) + 1 for operation in _all(older).values())
    table = Exhibit(
        title="Changes of the API's description since the approved one",
        caption=f"{facts} facts compared. Breaking: what a client of the approved description may trip over.",
        columns=("where", "change", "breaking"),
        rows=tuple((shown(each.where), shown(each.what), "breaking" if each.breaks else "") for each in found),
    )
    words = [f"{change.where}: {change.what}" for change in bad]
    return census(len(bad), n=facts, detail=some(words, most=3, between="; "), expected=0, exhibits=(table,))


def _operations(older: Document, newer: Document) -> Iterator[Change]:
    before, after = _all(older), _all(newer)
    for name in sorted({*before, *after}):
        if name not in after:
            yield Change(where=name, what="the operation is gone", breaks=True)
        elif name not in before:
            yield Change(where=name, what="the operation is new", breaks=False)
        else:
            yield from _access(name, _security(older, before[name]), _security(newer, after[name]))
            yield from _compared(name, _facts(older, before[name]), _facts(newer, after[name]))


def _access(name: str, before: bool, after: bool) -> Iterator[Change]:
    if before != after:
        yield Change(where=name, what="needs a key now" if after else "needs no key any more", breaks=after)


def _compared(name: str, before: Mapping[str, Fact], after: Mapping[str, Fact]) -> Iterator[Change]:
    for place in sorted({*before, *after}):
        old, new, where = before.get(place), after.get(place), f"{name} {place}"
        if old is None:
            assert new is not None
            yield Change(where=where, what="is new", breaks=new.sent and new.required)
        elif new is None:
            yield Change(where=where, what="is gone", breaks=True)
        else:
            yield from _moved(where, old, new)


def _moved(where: str, old: Fact, new: Fact) -> Iterator[Change]:
    if old.type != new.type:
        yield Change(where=where, what=f"was {old.type}, is {new.type}", breaks=True)
    if old.required != new.required:
        what = "is required now" if new.required else "is no longer always there" if not new.sent else "is optional now"
        yield Change(where=where, what=what, breaks=new.required is new.sent)
    if old.words != new.words:
        yield from _words(where, old, new)
    for (bound, was), (_, now) in zip(old.bounds, new.bounds, strict=True):
        if was != now:
            narrower = (now > was) is _BOUNDS[bound]
            yield Change(where=where, what=f"{bound} was {was:g}, is {now:g}", breaks=narrower is new.sent)


def _words(where: str, old: Fact, new: Fact) -> Iterator[Change]:
    """A client may send every word that was allowed, and knows every word that could be answered."""
    if old.words is None or new.words is None:
        what = "any word is allowed now" if new.words is None else "only some words are allowed now"
        yield Change(where=where, what=what, breaks=(new.words is not None) is new.sent)
        return
    for word in sorted(old.words - new.words):
        yield Change(where=where, what=f"no longer knows {word!r}", breaks=new.sent)
    for word in sorted(new.words - old.words):
        yield Change(where=where, what=f"knows {word!r} now", breaks=not new.sent)


def _all(document: Document) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in _METHODS:
                shared = [*item.get("parameters", ()), *operation.get("parameters", ())]
                found[f"{method.upper()} {path}"] = {**operation, "parameters": shared}
    return found


def _security(document: Document, operation: Document) -> bool:
    asked = operation.get("security", document.get("security", []))
    return bool(asked) and {} not in asked


def _facts(document: Document, operation: Document) -> dict[str, Fact]:
    """Every place of an operation that a client sends or is answered, with what it may rely on there."""
    found: dict[str, Fact] = {}
    for parameter in operation.get("parameters", ()):
        each = _resolved(document, parameter)
        place = f"{each.get('in')} parameter {each.get('name')}"
        found.update(_schema(document, each.get("schema", {}), place, sent=True, required=bool(each.get("required"))))
    body = _resolved(document, operation.get("requestBody", {}))
    for kind, media in body.get("content", {}).items():
        required = bool(body.get("required"))
        found.update(_schema(document, media.get("schema", {}), f"body ({kind})", sent=True, required=required))
    for status, answer in operation.get("responses", {}).items():
        told = _resolved(document, answer)
        found[f"answer {status}"] = Fact(sent=False, type="answer", required=True, words=None, bounds=_bounds({}))
        for kind, media in told.get("content", {}).items():
            found.update(
                _schema(document, media.get("schema", {}), f"answer {status} ({kind})", sent=False, required=True)
            )
    return found


def _schema(
    document: Document, schema: Document, place: str, *, sent: bool, required: bool, depth: int = 0
) -> Iterator[tuple[str, Fact]]:
    whole = _resolved(document, schema)
    words = frozenset(map(str, whole["enum"])) if "enum" in whole else None
    yield place, Fact(sent=sent, type=_type(document, whole), required=required, words=words, bounds=_bounds(whole))
    if depth >= _DEEPEST:
        return
    needed = set(whole.get("required", ()))
    for name, each in whole.get("properties", {}).items():
        yield from _schema(document, each, f"{place}.{name}", sent=sent, required=name in needed, depth=depth + 1)
    if isinstance(whole.get("items"), Mapping):
        yield from _schema(document, whole["items"], f"{place}[]", sent=sent, required=True, depth=depth + 1)


def _type(document: Document, schema: Document) -> str:
    """The type in words: its name and format, or its alternatives in order."""
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return f"{name}({', '.join(sorted(_type(document, _resolved(document, each)) for each in schema[name]))})"
    kind = schema.get("type", "constant" if "const" in schema else "anything")
    named = ", ".join(sorted(kind)) if isinstance(kind, Sequence) and not isinstance(kind, str) else str(kind)
    return f"{named} ({schema['format']})" if "format" in schema else named


def _bounds(schema: Document) -> tuple[tuple[str, float], ...]:
    """Every bound, infinite where there is none."""
    return tuple(
        (name, float(schema.get(name, float("-inf") if lower else float("inf")))) for name, lower in _BOUNDS.items()
    )


def _resolved(document: Document, part: Document) -> Document:
    """The part itself, or what its reference within the document names; nothing for one that leads nowhere."""
    for _ in range(_DEEPEST):
        if "$ref" not in part:
            return part
        found: Any = document
        for word in str(part["$ref"]).removeprefix("#/").split("/"):
            found = found.get(word.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, Mapping) else {}
        part = found
    return {}
