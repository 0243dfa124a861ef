"""The environment variables that a target's file names: keys and addresses, which never stand in the file itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def named(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each place, such as ``[api] key_env``, with the name that stands there, or "" where none does."""
    for key, value in tables.items():
        if str(key).endswith("_env"):
            yield f"[{above}] {key}", value
            continue
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, Mapping):
                yield from named(each, f"{above}.{key}" if above else str(key))


def mistakes(tables: Mapping[str, Any]) -> Iterator[str]:
    """What is no variable's name, by its place: without its text, for whoever mistakes a key for its name writes it."""
    for place, name in named(tables):
        # A surface always has a key; every other variable may be left out.
        if (name or place.endswith(" key_env")) and not _NAME.fullmatch(name):
            yield f"{place}: name an environment variable there, in capitals, digits and underscores"
