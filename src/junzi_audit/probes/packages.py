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
from junzi_audit.seen.vulnerabilities import PYPI, Inventory, Package, base_of

_STRICT = {"extra": "ignore", "strict": True}
#: OSV's names of what package URLs call their types; where the namespace decides, it stands behind a slash.
_ECOSYSTEMS = {
    "pypi": PYPI, "npm": "npm", "cargo": "crates.io", "golang": "Go", "maven": "Maven", "gem": "RubyGems",
    "nuget": "NuGet", "composer": "Packagist", "hex": "Hex", "pub": "Pub", "deb/debian": "Debian",
    "deb/ubuntu": "Ubuntu", "apk/alpine": "Alpine", "apk/wolfi": "Wolfi", "apk/chainguard": "Chainguard",
}  # fmt: skip
_BETWEEN = {"maven": ":"}
#: Ecosystems whose advisories name source packages, of which each may be installed as several others.
_BY_SOURCE = frozenset({"Debian", "Ubuntu", "Alpine", "Wolfi", "Chainguard"})
#: What a package URL says of the source package: its name, perhaps with its version.
_UPSTREAM = re.compile(r"[?&]upstream=([^&#]+)")
#: Components that are no software of their own, unless a package URL says that they are.
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
        dated = self._kind == "sbom"
        packages, as_of = _bill(answer) if dated else (_listed(answer), None)
        return Inventory(packages=tuple(dict.fromkeys(packages)), as_of=as_of, good_for=self._good_for, dated=dated)


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
    """What ``pip list --format json`` prints; other tools may add their ecosystem, and the source package's name."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    version: str = ""
    ecosystem: str = PYPI
    source: str = ""


def _bill(answer: Answer) -> tuple[list[Package], datetime | None]:
    bill = parse(_Bill, answer)
    return [_package(each) for each in _flat(bill.components)], bill.metadata.timestamp


def _flat(components: tuple[_Component, ...]) -> Iterator[_Component]:
    for each in components:
        if each.purl or each.type not in _NO_PACKAGE:
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
    told = _UPSTREAM.search(purl)
    version = unquote(found[3] or "") or version
    return _named(name, version, ecosystem, source=unquote(told[1]) if told else "", purl=purl)


def _named(name: str, version: str, ecosystem: str, *, source: str = "", purl: str = "") -> Package:
    """By what its ecosystem's advisories name, as far as it is told; ``source`` is a name, or name@version."""
    if base_of(ecosystem) not in _BY_SOURCE:
        return Package(name=name, version=version, ecosystem=ecosystem, purl=purl)
    origin, _, its = source.partition("@")
    return Package(
        name=origin or name, version=its or version, ecosystem=ecosystem, purl=purl, as_built=not origin,
    )  # fmt: skip


def _listed(answer: Answer) -> list[Package]:
    if answer.body.lstrip()[:1] == b"[":
        rows = parse(tuple[_Row, ...], answer)
        return [_named(each.name, each.version, each.ecosystem, source=each.source) for each in rows]
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
        return _named(found[1], found[2], "Debian")
    return Package(name=line[:100], version="", ecosystem="")
