"""Reading TOML that people wrote: every mistake names file, table, key and the nearest valid word."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


class TableError(Exception):
    """A file that a person wrote cannot be used as it stands; the message says where and what is possible."""


def nearest(word: str, possible: Iterable[str]) -> str:
    """`` did you mean 'x'?`` for the closest possible word, else the whole choice; always a sentence's tail."""
    choice = sorted(str(each) for each in possible)
    close = difflib.get_close_matches(word, choice, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"possible: {', '.join(choice)}" if choice else "nothing is possible here"


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
    """``raw`` as a ``shape`` (a frozen dataclass), or ``error`` listing every wrong key of the table."""
    if not isinstance(raw, Mapping):
        raise error(f"{path}: [{table}] must be a table, found {raw!r}")
    try:
        return cast("T", adapter(shape).validate_python(dict(raw)))
    except ValidationError as cause:
        lines = [_sentence(shape, item, path, table) for item in cause.errors(include_url=False)]
        raise error("\n".join(lines)) from None


def _sentence(shape: type[Any], item: Any, path: Path, table: str) -> str:
    loc = [str(part) for part in item["loc"]]
    place = f"{path}: [{table}] {'.'.join(loc)}"
    if item["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        names = [field.name for field in dataclasses.fields(_inner(shape, loc[:-1]))]
        return f"{place}: unknown key; {nearest(loc[-1], names)}"
    if item["type"] in {"missing", "missing_argument"}:
        return f"{place}: missing"
    if item["type"] == "enum":
        words = item["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"{place}: {item['input']!r} is not possible; {nearest(str(item['input']), words)}"
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
