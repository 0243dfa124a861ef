"""What is installed: a CycloneDX bill of materials, or the list that a package tool prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import unquote

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer
from junzi_audit.probes.documents import Document
from junzi_audit.probes.parsing import parse
from junzi_audit.seen.vulnerabilities import PYPI, Inventory, Package

_STRICT = {"extra": "ignore", "strict": True}
#: OSV's names of what package URLs call their types; where the namespace decides, it stands behind a slash.
_ECOSYSTEMS = {
    "pypi": PYPI, "npm": "npm", "cargo": "crates.io", "golang": "Go", "maven": "Maven", "gem": "RubyGems",
    "nuget": "NuGet", "composer": "Packagist", "hex": "Hex", "pub": "Pub", "deb/debian": "Debian",
    "deb/ubuntu": "Ubuntu", "apk/alpine": "Alpine", "apk/wolfi": "Wolfi", "apk/chainguard": "Chainguard",
}  # fmt: skip
_BETWEEN = {"maven": ":"}
#: Components that are no software of their own.
_NO_PACKAGE = frozenset({"file", "data", "cryptographic-asset"})
_PURL = re.compile(r"pkg:/*([a-z0-9.+-]+)/([^@?#]+)(?:@([^?#]*))?", re.IGNORECASE)
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;#]+)")
_DEBIAN = re.compile(r"(?:ii\s+)?([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)?\s+(\d[A-Za-z0-9.+:~-]*)(?:\s.*)?$")


class Packages:
    """The inventory of one target. ``kind`` is "sbom", or "list" for what pip, dpkg-query or dpkg -l print."""

    def __init__(self, document: Document, *, kind: Literal["sbom", "list"], good_for: timedelta) -> None:
        self._document = document
        self._kind = kind
        self._good_for = good_for

    def installed(self, at: datetime) -> Inventory:
        """Every package once; Unobservable when the document cannot be had or is none. ``at``: when it is read."""
        answer = self._document.read("packages", at, Path.read_bytes)
        packages, as_of = _bill(answer) if self._kind == "sbom" else (_listed(answer), None)
        return Inventory(packages=tuple(dict.fromkeys(packages)), as_of=as_of, good_for=self._good_for)


@dataclass(frozen=True, kw_only=True)
class _Component:
    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    type: str = ""
    version: str | None = None
    purl: str | None = None
    components: tuple[_Component, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Metadata:
    __pydantic_config__: ClassVar[Any] = _STRICT
    timestamp: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Bill:
    __pydantic_config__: ClassVar[Any] = _STRICT
    bomFormat: Literal["CycloneDX"]  # noqa: N815 - the format's own name
    metadata: _Metadata = _Metadata()
    components: tuple[_Component, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Row:
    """What ``pip list --format json`` prints; other tools may add their ecosystem."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    version: str = ""
    ecosystem: str = PYPI


def _bill(answer: Answer) -> tuple[list[Package], datetime | None]:
    bill = parse(_Bill, answer)
    return [_package(each) for each in _flat(bill.components)], bill.metadata.timestamp


def _flat(components: tuple[_Component, ...]) -> Iterator[_Component]:
    for each in components:
        if each.type not in _NO_PACKAGE:
            yield each
        yield from _flat(each.components)


def _package(component: _Component) -> Package:
    """By its package URL, which alone says the ecosystem; without one, the package is of none."""
    version, purl = component.version or "", component.purl or ""
    found = _PURL.match(purl)
    if found is None:
        return Package(name=component.name, version=version, ecosystem="", purl=purl)
    kind, words = found[1].lower(), [unquote(word) for word in found[2].strip("/").split("/")]
    ecosystem = _ECOSYSTEMS.get(kind) or _ECOSYSTEMS.get(f"{kind}/{words[0].lower()}", kind)
    spelt = words[-1:] if kind in {"deb", "apk"} else words
    name = _BETWEEN.get(kind, "/").join(spelt)
    return Package(name=name, version=unquote(found[3] or "") or version, ecosystem=ecosystem, purl=purl)


def _listed(answer: Answer) -> list[Package]:
    if answer.body.lstrip()[:1] == b"[":
        rows = parse(tuple[_Row, ...], answer)
        return [Package(name=each.name, version=each.version, ecosystem=each.ecosystem) for each in rows]
    lines = [line.strip() for line in answer.body.decode(errors="replace").splitlines()]
    packages = [_line(line) for line in lines if line and not line.startswith(("#", "--", "Desired=", "|", "+++"))]
    if not any(package.ecosystem for package in packages):
        words = "neither JSON, nor what pip freeze, dpkg-query -W or dpkg -l print"
        raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: {words}")
    return packages


def _line(line: str) -> Package:
    """One line; a package that was installed from elsewhere has no version that an advisory could name."""
    if pinned := _PINNED.match(line):
        return Package(name=pinned[1], version=pinned[2], ecosystem=PYPI)
    if found := _DEBIAN.match(line):
        return Package(name=found[1], version=found[2], ecosystem="Debian")
    return Package(name=line[:100], version="", ecosystem="")
