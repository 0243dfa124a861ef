"""What a target's file says of the regression suite: whether it may write there, and with which keys it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from junzi_audit.declared.words import unfilled


@dataclass(frozen=True, kw_only=True)
class Writes:
    """The ``[writes]`` table: whether checks may write, and the label that everything they write carries."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    allowed: bool = False
    label: str = "junzi-audit"


@dataclass(frozen=True, kw_only=True)
class Regression:
    """The ``[regression]`` table.

    ``keys_env``: the variable with API keys for the suite alone, separated by commas; the last is used up to see the
    node refuse. ``key_limit``: requests that the target lets a key make in 60 s, 0 when these keys are exempt. A
    target that is launched gets ``keys`` new ones on a node of its own, started with ``launch`` behind the usual words.
    ``flow_seconds``: how long the agents may take to follow up what the suite writes. ``examples``: cases tried of each
    promise, and of each operation by Schemathesis, which may take ``contract_seconds``.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    keys_env: str = ""
    key_limit: int = 100
    keys: int = 0
    launch: tuple[str, ...] = ()
    flow_seconds: float = 60.0
    examples: int = 10
    contract_seconds: float = 60.0


def mistakes(writes: Writes, regression: Regression | None, *, live: bool, launched: bool) -> Iterator[str]:
    """What is wrong with the tables, in words that begin with the key."""
    if writes.allowed and live:
        yield "[writes] allowed: nothing but staging and the embedded node may be written to"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", writes.label):
        yield f"[writes] label: {writes.label!r} is no word of up to 32 letters, digits, dots, dashes and underscores"
    if regression is None:
        return
    for name in ("flow_seconds", "examples", "contract_seconds"):
        if not 0 < getattr(regression, name) <= 3600:
            yield f"[regression] {name}: {getattr(regression, name):g} is not above 0 and at most 3600"
    if regression.key_limit < 0:
        yield f"[regression] key_limit: {regression.key_limit} is below 0; 0 says that the keys are exempt"
    yield from unfilled("[regression] launch", regression.launch, ("port", "folder"))
    if launched and regression.keys < 2:
        yield "[regression] keys: a launched node needs two keys or more, the last of which is used up"
    if not launched and not regression.keys_env:
        yield "[regression] keys_env: missing; it names the variable that holds the suite's own keys"
