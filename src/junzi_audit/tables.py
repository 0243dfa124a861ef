"""Reading TOML that people wrote: every mistake names file, table, key and the nearest valid word."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from junzi_audit.declared.words import nearest

__all__ = ["TableError", "adapter", "build", "digest", "nearest", "read"]

T = TypeVar("T")
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
#: What a value must be, in a reader's words, by the kind of mistake that the parser tells.
_MUST = {
    "tuple_type": "a list", "list_type": "a list", "dataclass_type": "a table", "mapping_type": "a table",
    "dict_type": "a table", "bool_type": "true or false", "bool_parsing": "true or false",
    "int_type": "a whole number", "int_parsing": "a whole number", "int_from_float": "a whole number",
    "float_type": "a number", "float_parsing": "a number", "string_type": "a text in quotes",
    "datetime_type": "an instant such as 2026-01-31T00:00:00Z", "date_type": "a date such as 2026-01-31",
}  # fmt: skip
#: Mistakes that the parser would mend by itself: "no" for false, true for 1.
_COERCED = frozenset({"bool_type", "int_type", "float_type"})


class TableError(Exception):
    """A file that a person wrote cannot be used as it stands; the message says where and what is possible."""


def read(path: Path, error: type[TableError] = TableError) -> dict[str, Any]:
    """The file's tables; ``error`` with file and place when it is absent, not UTF-8 or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        beside = [other.name for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise error(f"{path}: there is no such file; {nearest(path.name, beside)}") from None
    except UnicodeDecodeError as cause:
        raise error(f"{path}: not UTF-8 at byte {cause.start}") from None
    except OSError as cause:
        raise error(f"{path}: cannot be read: {cause.strerror}") from None
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path}: not valid TOML: {cause}") from None


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the names and bytes of the files, in order of name."""
    whole = hashlib.sha256()
    for path in sorted(paths, key=lambda each: each.name):
        body = path.read_bytes()
        whole.update(f"{path.name}\0{len(body)}\0".encode())
        whole.update(body)
    return whole.hexdigest()


def adapter(shape: Any) -> TypeAdapter[Any]:
    """What reads and writes that shape; made once, because making it takes longer than using it."""
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]


def build(shape: type[T], raw: Any, *, path: Path, table: str, error: type[TableError] = TableError) -> T:
    """``raw`` as a ``shape`` (a frozen dataclass), or ``error`` listing every wrong key of the table.

    An empty ``table`` says that ``raw`` is the whole file. Nothing is read as what it is not: "no" is not false.
    """
    if not isinstance(raw, Mapping):
        raise error(f"{path}: [{table}] must be a table, found {raw!r}")
    try:
        made = cast("T", adapter(shape).validate_python(dict(raw)))
        wrong = _coerced(shape, raw)
    except ValidationError as cause:
        wrong = cause.errors(include_url=False)
    if wrong:
        raise error("\n".join(_sentence(shape, item, path, table) for item in wrong)) from None
    return made


def _coerced(shape: type[Any], raw: Mapping[str, Any]) -> list[Any]:
    """Values that were read as another kind of thing than they are, such as "no" for false."""
    try:
        adapter(shape).validate_json(json.dumps(raw, default=_plain), strict=True)
    except ValidationError as cause:
        return [item for item in cause.errors(include_url=False) if item["type"] in _COERCED]
    return []


def _plain(thing: Any) -> Any:
    """What JSON has no word for: a part that was made already, or an instant."""
    return dataclasses.asdict(thing) if dataclasses.is_dataclass(thing) and not isinstance(thing, type) else str(thing)


def _sentence(shape: type[Any], item: Any, path: Path, table: str) -> str:
    loc = [str(part) for part in item["loc"]]
    if not table and len(loc) > 1:
        place = f"{path}: [{loc[0]}] {'.'.join(loc[1:])}"
    else:
        place = f"{path}: {f'[{table}] ' if table else ''}{'.'.join(loc)}"
    if item["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        names = [field.name for field in dataclasses.fields(_inner(shape, loc[:-1]))]
        return f"{place}: unknown key; {nearest(loc[-1], names)}"
    if item["type"] in {"missing", "missing_argument"}:
        return f"{place}: missing"
    if item["type"] in {"enum", "literal_error"}:
        words = item["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"{place}: {item['input']!r} is not possible; {nearest(str(item['input']), words)}"
    if item["type"] in _MUST:
        return f"{place}: must be {_MUST[item['type']]}, found {item['input']!r}"
    return f"{place}: {item['msg']}, found {item['input']!r}"


def _inner(shape: type[Any], loc: list[str]) -> type[Any]:
    """The dataclass that a path of keys leads to; the outer one when the path leaves dataclasses."""
    import typing

    for part in loc:
        hints = typing.get_type_hints(shape) if dataclasses.is_dataclass(shape) else {}
        for candidate in (hints.get(part), *typing.get_args(hints.get(part))):
            if dataclasses.is_dataclass(candidate) and isinstance(candidate, type):
                shape = candidate
    return shape
