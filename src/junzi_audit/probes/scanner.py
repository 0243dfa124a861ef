"""The scan of one target: its nodes' doors, its hosts' ports and TLS, other scanners' reports, its software."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from junzi_audit.declared import scanning
from junzi_audit.declared.scanning import Scan
from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import protections
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.ciphers import ciphers
from junzi_audit.probes.ports import open_ports
from junzi_audit.probes.protections import Doors
from junzi_audit.probes.sarif import listed, report
from junzi_audit.probes.tls import handshake
from junzi_audit.seen.vulnerabilities import Database, Inventory
from junzi_audit.seen.weaknesses import Ciphers, Handshake, Look, Ports, ScannerRun

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """Looks at nothing but the nodes and the hosts of the table; each look that cannot be had is told by itself."""

    table: Scan | None
    urls: tuple[str, ...]
    doors: Callable[[str], Doors]
    software: Callable[[datetime], tuple[Inventory, Database]] | None
    recorder: Recorder
    root: Path

    @property
    def node(self) -> int:
        """The primary's own port."""
        return scanning.port_of(self.urls[0]) if self.urls else 0

    def protections(self) -> dict[str, Look | Unseen]:
        """What each node's doors let through."""
        if not self.urls:
            return {"primary": Unseen(cause=Cause.NOT_CONFIGURED, detail="this target has no node")}
        names = ["primary", *(f"secondary {number}" for number in range(1, len(self.urls)))]
        looks = (_tried(partial(self._protections, url)) for url in self.urls)
        return dict(zip(names, looks, strict=True))

    def ports(self) -> dict[str, Ports | Unseen]:
        """The open ports of each host, within the range of the table."""
        table = self.table
        if table is None:
            return {"": Unseen(cause=Cause.NOT_CONFIGURED, detail="the target's file has no [scan] table of hosts")}
        asked = scanning.numbers(table.range, self.node)
        look = partial(open_ports, self.recorder, ports=asked, nmap=table.nmap, seconds=table.seconds)
        return {host.name: _tried(partial(look, host=host.name)) for host in table.hosts}

    def handshakes(self) -> dict[str, Handshake | Unseen]:
        """Each port that the table says speaks TLS."""
        ca = self.root / self.table.ca if self.table and self.table.ca else None
        look = partial(handshake, self.recorder, ca=ca)
        return {f"{host}:{port}": _tried(partial(look, host=host, port=port)) for host, port in self._encrypted()}

    def ciphers(self) -> dict[str, Ciphers | Unseen]:
        """The same as sslyze sees them."""
        if self.table is None:
            return {}
        look = partial(ciphers, self.recorder, sslyze=self.table.sslyze, seconds=self.table.seconds)
        return {f"{host}:{port}": _tried(partial(look, host=host, port=port)) for host, port in self._encrypted()}

    def reports(self, now: datetime) -> Mapping[str, tuple[ScannerRun, ...] | Unseen]:
        """Every report that the table names, by its file."""
        found: dict[str, tuple[ScannerRun, ...] | Unseen] = {}
        for pattern in self.table.sarif if self.table else ():
            files = _tried(partial(listed, self.recorder, self.root, pattern))
            if isinstance(files, Unseen):
                found[pattern] = files
                continue
            for name, written in files.items():
                look = partial(report, self.recorder, self.root, name, written=written, now=now)
                found[name] = _tried(look)
        return found

    def installed(self, now: datetime) -> Mapping[str, tuple[Inventory, Database] | Unseen]:
        """What is installed and what is known of it; empty where only other scanners' reports could tell."""
        if self.software is not None:
            return {"packages": _tried(partial(self.software, now))}
        if self.table is not None and self.table.sarif:
            return {}
        words = "the target's file has neither [packages] with [advisories] nor [scan] sarif, so no software is known"
        return {"packages": Unseen(cause=Cause.NOT_CONFIGURED, detail=words)}

    def _protections(self, url: str) -> Look:
        host = urlsplit(url).hostname or ""
        if self.table is not None and self.table.host(host) is None:
            raise Unobservable(Cause.REFUSED, f"{host} is not among [[scan.hosts]], so nothing is tried there")
        return protections.look(self.doors(url))

    def _encrypted(self) -> Sequence[tuple[str, int]]:
        hosts = self.table.hosts if self.table else ()
        return [(host.name, self.node if port == "node" else port) for host in hosts for port in host.tls]


def _tried(look: Callable[[], T]) -> T | Unseen:
    try:
        return look()
    except Unobservable as failure:
        return Unseen(cause=failure.cause, detail=failure.detail)
