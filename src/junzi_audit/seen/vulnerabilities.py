"""What is installed and what is known to be weak: packages, and advisories as OSV has them. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

_STRICT = {"extra": "ignore", "strict": True}
PYPI = "PyPI"
#: Ecosystems in which two names that differ in case are one.
_CASELESS = frozenset({PYPI, "NuGet", "Packagist", "Go", "npm", "crates.io"})
#: What stands for a dash in a name, where an ecosystem takes several for one.
_DASHES = {PYPI: r"[-_.]+", "crates.io": "_"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One installed package; ``version`` or ``ecosystem`` is empty when nothing tells it.

    ``as_built``: it goes by the name it was built under, while its ecosystem's advisories name what it was built from.
    """

    name: str
    version: str
    ecosystem: str
    purl: str = ""
    as_built: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What advisories are found by."""
        return key(self.ecosystem, self.name)


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """Everything installed. ``as_of`` is None when nothing says when the list was made; it is ``good_for`` so long.

    ``dated``: whether a list of its kind says when it was made, so that one that does not may be of any age.
    """

    packages: tuple[Package, ...]
    as_of: datetime | None
    good_for: timedelta
    dated: bool = False


@dataclass(frozen=True, kw_only=True)
class Event:
    """Where a range of versions begins or ends; one of the three is set."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None


@dataclass(frozen=True, kw_only=True)
class Range:
    """Versions between events; ``type`` says how they are compared."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    type: str
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Named:
    """The package that an advisory is about."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    ecosystem: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """A severity, as a CVSS vector or a word."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    type: str
    score: str


@dataclass(frozen=True, kw_only=True)
class Affected:
    """The versions of one package that an advisory is about."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    package: Named | None = None
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severity: tuple[Score, ...] = ()
    ecosystem_specific: Mapping[str, Any] = field(default_factory=dict)
    database_specific: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """One OSV record, as far as we read it."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    id: str
    modified: datetime
    published: datetime | None = None
    withdrawn: datetime | None = None
    aliases: tuple[str, ...] = ()
    severity: tuple[Score, ...] = ()
    affected: tuple[Affected, ...] = ()
    database_specific: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Database:
    """The advisories about what is installed, and how far the database reaches that they were looked up in.

    ``as_of``: when it was fetched, else when its newest record was modified; None of an empty one. ``ecosystems``: what
    it tells of at all, without releases ("Debian", not "Debian:12"): a package of another was not looked up.
    """

    advisories: tuple[Advisory, ...]
    ecosystems: frozenset[str]
    records: int
    as_of: datetime | None
    good_for: timedelta


def key(ecosystem: str, name: str) -> tuple[str, str]:
    """Two names of one package have one key: PyPI's names are normalised as PEP 503 says, some others' case is none.

    A package URL may spell in small letters what the advisories spell as its author did.
    """
    base = base_of(ecosystem)
    if base in _DASHES:
        name = re.sub(_DASHES[base], "-", name)
    return base, name.lower() if base in _CASELESS else name


def base_of(ecosystem: str) -> str:
    """The ecosystem without its release."""
    return ecosystem.partition(":")[0]
