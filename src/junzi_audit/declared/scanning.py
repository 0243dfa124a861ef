"""What may be scanned for weaknesses, and with what: the ``[scan]`` table, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

_STRICT = {"extra": "forbid"}
_RANGE = re.compile(r"(node(\+\d{1,3})?|\d{1,5}(-\d{1,5})?)(,(node(\+\d{1,3})?|\d{1,5}(-\d{1,5})?))*")
#: The last label begins with a letter: what looks like an address is one, never a range of such.
_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_LAST = 65535
#: The first port that a system gives to a node which asks for any.
_ASSIGNED = 1024
Approved = int | Literal["node"]


@dataclass(frozen=True, kw_only=True)
class Host:
    """One host. ``ports`` may be open, "node" being the primary's own; those of ``tls`` must speak it."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    ports: tuple[Approved, ...]
    tls: tuple[Approved, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The ``[scan]`` table: nothing but ``hosts`` is ever touched.

    ``range``: the ports looked at, such as "1-65535" or "22,8000-8100"; "node+3" is the primary's own and the three
    above it. ``seconds``: what one run of a tool may take. ``certificate_days``: how long a certificate must still
    hold; ``ca``: a file of certificates trusted beside the system's. ``spare_key_env``: the variable that holds a key
    to be used up where the node does not tell its rate limit. ``default_keys``: keys that must open nothing,
    beside the usual ones. ``sarif``: reports of other scanners, paths or globs, none older than ``sarif_days``.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    hosts: tuple[Host, ...]
    range: str = "1-65535"
    nmap: str = "nmap"
    sslyze: str = "sslyze"
    seconds: float = 600
    certificate_days: float = 14
    ca: str = ""
    spare_key_env: str = ""
    default_keys: tuple[str, ...] = ()
    sarif: tuple[str, ...] = ()
    sarif_days: float = 35

    def host(self, name: str) -> Host | None:
        """The table of that host, whatever the case of its name."""
        return next((each for each in self.hosts if each.name.lower() == name.lower()), None)


def numbers(spec: str, node: int) -> tuple[int, ...]:
    """The ports that a range stands for, each once; ``node`` is the primary's own."""
    found: list[int] = []
    for part in spec.split(","):
        if part.startswith("node"):
            first, last = node, node + int(part.partition("+")[2] or 0)
        else:
            first, last = int(part.partition("-")[0]), int(part.partition("-")[2] or part)
        found += range(first, min(last, _LAST) + 1)
    return tuple(dict.fromkeys(found))


def port_of(url: str) -> int:
    """The port a URL leads to."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_loopback(name: str) -> bool:
    """Whether the host is this machine itself: what is said to it crosses no wire."""
    try:
        return name.lower() == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def mistakes(scan: Scan | None, *, nodes: Sequence[str], launched: bool) -> Iterator[str]:
    """What is wrong, in words that begin with table and key; ``nodes`` are the URLs the target names."""
    if scan is None:
        return
    if not scan.hosts:
        yield "[scan] hosts: there is none, so nothing may be looked at"
    for host in scan.hosts:
        yield from _of_host(host, own=launched or bool(nodes))
    names = [host.name.lower() for host in scan.hosts]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"[[scan.hosts]] {name!r} stands there twice"
    for url in nodes:
        if (its := scan.host(urlsplit(url).hostname or "")) is None:
            yield f"[[scan.hosts]] {urlsplit(url).hostname!r} is missing: a node of this target would not be scanned"
        elif url.startswith("https:") and port_of(url) not in _told(its.tls, nodes):
            yield f"[[scan.hosts]] {its.name!r} tls: {port_of(url)} is missing, on which {url} speaks it"
    if not _is_range(scan.range):
        yield f"[scan] range: {scan.range!r} is not like '1-65535', '22,443,8000-8100' or 'node+3'"
    else:
        yield from _beyond(scan, nodes)
    for key in ("seconds", "certificate_days", "sarif_days"):
        if not 0 < getattr(scan, key) <= 100_000:
            yield f"[scan] {key}: {getattr(scan, key):g} is not above 0"
    for path in scan.sarif:
        if path.startswith(("/", "~")) or ".." in path.split("/"):
            yield f"[scan] sarif: {path!r} leads out of the repository"


def _of_host(host: Host, *, own: bool) -> Iterator[str]:
    place = f"[[scan.hosts]] {host.name!r}"
    if not (_is_address(host.name) or _NAME.fullmatch(host.name)):
        yield f"{place} name: neither a host's name nor one address"
    for key, ports in (("ports", host.ports), ("tls", host.tls)):
        if wrong := [port for port in ports if port != "node" and not 0 < port <= _LAST]:
            yield f"{place} {key}: {wrong[0]} is no port from 1 to {_LAST}"
        if "node" in ports and not own:
            yield f"{place} {key}: 'node' stands for the port of the target's node, and it has none"
    if missing := [port for port in host.tls if port not in host.ports]:
        yield f"{place} tls: {missing[0]} is not among its ports"


def _told(ports: Sequence[Approved], nodes: Sequence[str]) -> list[int]:
    """The ports by number, as far as the target's file tells that of its node."""
    own = [port_of(url) for url in nodes[:1]]
    return [number for port in ports for number in (own if port == "node" else [port])]


def _beyond(scan: Scan, nodes: Sequence[str]) -> Iterator[str]:
    """Approved ports that the range leaves out: without them nothing shows that the host was reached at all."""
    asked = frozenset(numbers(scan.range, port_of(nodes[0]) if nodes else 0))
    for host in scan.hosts:
        unknown = "node" in host.ports and not nodes and "node" not in scan.range
        missing = [str(port) for port in _told(host.ports, nodes) if port not in asked]
        if unknown and not asked.issuperset(range(_ASSIGNED, _LAST + 1)):
            missing.append("node")
        if missing:
            yield f"[scan] range: {scan.range!r} leaves out {missing[0]}, a port of {host.name!r}"


def _is_range(spec: str) -> bool:
    if not _RANGE.fullmatch(spec):
        return False
    pairs = [part.partition("-") for part in spec.split(",") if not part.startswith("node")]
    return all(0 < int(first) <= int(last or first) <= _LAST for first, _, last in pairs)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
