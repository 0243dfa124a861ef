"""Whether an installed version is one that an advisory is about, as the OSV schema defines it; unknown is an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import InvalidVersion, Version

from junzi_audit.seen.vulnerabilities import PYPI, Affected, Package, Range, base_of

_GIT = "GIT"
#: Ecosystems in which two versions that differ in what follows a "+" are as old as one another.
_BUILDLESS = frozenset({"Go", "npm", "crates.io", "Packagist", "NuGet", "Hex"})
_NUMBERED = re.compile(r"[vV]?\d")


class Match(StrEnum):
    """``FIXED``: not affected, because a version that holds the fix is installed. ``CLEAR``: never was."""

    AFFECTED = "affected"
    FIXED = "fixed"
    CLEAR = "clear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Weakness:
    """``fixed``: the version to install, or in words; empty when there is none yet."""

    match: Match
    fixed: str = ""


def installed_version(package: Package) -> Version | None:
    """A PyPI package's version without its local part (a build of 2.1.0 called 2.1.0+cpu has its weaknesses)."""
    try:
        return Version(Version(package.version).public)
    except InvalidVersion:
        return None


def weakness(package: Package, affected: Affected) -> Weakness:
    """How the package stands to the versions that are told. Only PyPI's versions can be put in order."""
    if base_of(package.ecosystem) != PYPI:
        return _listed_only(package, affected)
    version = installed_version(package)
    if version is None:
        return Weakness(match=Match.UNKNOWN)
    ranges = [each for each in affected.ranges if each.type != _GIT]
    try:
        hits = [each for each in ranges if _within(version, each)]
        listed = any(_same(version, each) for each in affected.versions)
        if hits or listed:
            return Weakness(match=Match.AFFECTED, fixed=_remedy(version, hits, ranges))
        if not ranges and not affected.versions:
            return Weakness(match=Match.UNKNOWN)
        past = sorted(each for each in _fixes(ranges) if each <= version)
    except InvalidVersion:
        return Weakness(match=Match.UNKNOWN)
    return Weakness(match=Match.FIXED, fixed=str(past[-1])) if past else Weakness(match=Match.CLEAR)


def _listed_only(package: Package, affected: Affected) -> Weakness:
    """By the list alone; where there are ranges too, a version that is not listed may still lie within one."""
    its = _plain(package.version, package)
    if any(_plain(each, package) == its for each in affected.versions):
        fixed = [event.fixed for each in affected.ranges for event in each.events if event.fixed]
        return Weakness(match=Match.AFFECTED, fixed=", ".join(fixed) or "a version that is not listed")
    if affected.ranges or not affected.versions or not _NUMBERED.match(its):
        return Weakness(match=Match.UNKNOWN)
    if any(_alike(package.version, each) for each in affected.versions):
        return Weakness(match=Match.UNKNOWN)
    return Weakness(match=Match.CLEAR)


def _plain(version: str, package: Package) -> str:
    """Without the v that some write before it, nor its build where that is no part of it."""
    bare = re.sub(r"^[vV](?=\d)", "", version.strip())
    return bare.partition("+")[0] if base_of(package.ecosystem) in _BUILDLESS else bare


def _alike(one: str, other: str) -> bool:
    """Whether they may be one version all the same: by case, zeros at the end, or a build that only one tells."""
    if "+" in one and "+" in other:
        return _folded(one) == _folded(other)
    return _folded(one.partition("+")[0]) == _folded(other.partition("+")[0])


def _folded(version: str) -> tuple[str, str]:
    """Its release without zeros at the end, and the rest in small letters: 1.0.0-rc.1 and 1.0RC1 are alike."""
    told = version.strip().lower().removeprefix("v")
    rest = told.lstrip("0123456789.")
    release = told[: len(told) - len(rest)].rstrip(".")
    return re.sub(r"(\.0+)+$", "", release), re.sub(r"(?<!\d)[-_.~]", "", rest)


def _within(version: Version, told: Range) -> bool:
    """Walk the events in the order of their versions; of two at one version, the one that begins is the later."""
    steps: list[tuple[Version, int]] = []
    inside = False
    for event in told.events:
        if event.introduced == "0":
            inside = True
        elif event.introduced is not None:
            steps.append((Version(event.introduced), 2))
        elif event.fixed is not None:
            steps.append((Version(event.fixed), 0))
        elif event.last_affected is not None:
            steps.append((Version(event.last_affected), 1))
    for at, kind in sorted(steps):
        if kind == 2 and version >= at:
            inside = True
        elif (kind == 0 and version >= at) or (kind == 1 and version > at):
            inside = False
    return inside


def _remedy(version: Version, hits: list[Range], ranges: list[Range]) -> str:
    if later := sorted(each for each in _fixes(ranges) if each > version):
        return str(later[0])
    last = [Version(event.last_affected) for each in hits for event in each.events if event.last_affected]
    if any(each >= version for each in last):
        return f"after {max(last)}"
    return "" if hits else "a version that is not listed"


def _fixes(ranges: list[Range]) -> list[Version]:
    return [Version(event.fixed) for each in ranges for event in each.events if event.fixed is not None]


def _same(version: Version, told: str) -> bool:
    try:
        return Version(told) == version
    except InvalidVersion:
        return False
