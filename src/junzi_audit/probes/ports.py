"""Which ports of a declared host take a connection, as nmap finds them; its XML is read without any entity."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from itertools import pairwise
from xml.parsers import expat

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.tools import kept, printed
from junzi_audit.seen.weaknesses import OpenPort, Ports

#: States of a port that took or refused a connection; of one that is filtered, nothing came back.
_ANSWERS = frozenset({"open", "closed"})
_FAMILIES = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
_INSTALL = "`apt-get install nmap`, or `brew install nmap`"


def open_ports(recorder: Recorder, host: str, ports: Sequence[int], *, nmap: str, seconds: float) -> Ports:
    """A connect scan without privileges, of that one host in each family that its name has an address in.

    Unobservable when nmap is missing or did not end; a family of two that could not be seen stands beside the other.
    """
    spec = _spec(sorted(ports))
    families = _families(recorder, host)
    found: dict[int, OpenPort] = {}
    unseen: list[tuple[str, Unseen]] = []
    for family in families:
        try:
            seen = _scanned(recorder, host, family, spec, nmap=nmap, seconds=seconds)
        except Unobservable as failure:
            if len(families) == 1:
                raise
            unseen.append((family, Unseen(cause=failure.cause, detail=failure.detail)))
            continue
        if not seen.answered and len(families) > 1:
            words = f"not one port of {host} answers over {family}; a host may be named by its address instead"
            unseen.append((family, Unseen(cause=Cause.UNREACHABLE, detail=words)))
        found |= {each.port: each for each in seen.found if each.port not in found}
    if len(unseen) == len(families):
        raise Unobservable(unseen[0][1].cause, unseen[0][1].detail)
    opened = tuple(found[port] for port in sorted(found))
    return Ports(host=host, spec=spec, looked=len(ports), open=opened, unseen=tuple(unseen))


def _families(recorder: Recorder, host: str) -> tuple[str, ...]:
    """What nmap is to ask an address by; IPv4 of a name that nobody knows, so that nmap may say so."""
    with suppress(ValueError):
        return ("IPv6",) if ip_address(host).version == 6 else ("IPv4",)

    def look() -> bytes:
        try:
            known = {each[0] for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        except OSError:
            known = set()
        return json.dumps([name for name, family in _FAMILIES.items() if family in known]).encode()

    return tuple(json.loads(kept(recorder, probe="scan.addresses", query=f"ADDRESSES {host}", act=look))) or ("IPv4",)


def _scanned(recorder: Recorder, host: str, family: str, spec: str, *, nmap: str, seconds: float) -> _Reader:
    words = [
        nmap, "-sT", "-Pn", "-n", "--unprivileged", "--max-retries", "2", "--host-timeout", f"{seconds:.0f}s",
        *(["-6"] if family == "IPv6" else []), "-oX", "-", "-p", spec, "--", host,
    ]  # fmt: skip
    xml = kept(
        recorder, probe="scan.ports", query=" ".join(["nmap", *words[1:]]),
        act=lambda: printed(words, seconds=seconds + 30, install=_INSTALL),
    )  # fmt: skip
    return _read(xml, host)


def _spec(ports: Sequence[int]) -> str:
    """Neighbours as one range, as nmap wants them."""
    if not ports:
        return ""
    firsts = [ports[0], *(right for left, right in pairwise(ports) if right != left + 1)]
    lasts = [*(left for left, right in pairwise(ports) if right != left + 1), ports[-1]]
    return ",".join(
        f"{first}-{last}" if last > first else str(first) for first, last in zip(firsts, lasts, strict=True)
    )


def _read(xml: bytes, host: str) -> _Reader:
    """What was found; Unobservable when the scan did not reach its end or the document is none of nmap's."""
    reader = _Reader(host)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, KeyError) as error:
        raise Unobservable(Cause.MALFORMED, f"what nmap printed of {host} cannot be read: {error}"[:200]) from None
    if reader.timed_out:
        raise Unobservable(Cause.TIMED_OUT, f"nmap gave up on {host}: it did not finish in time")
    if not (reader.finished and reader.hosts):
        raise Unobservable(Cause.UNREACHABLE, f"nmap looked at no port of {host}: is the name known?")
    return reader


class _Reader:
    """Collects what the elements of nmap's XML tell, one after the other."""

    def __init__(self, host: str) -> None:
        self.found: list[OpenPort] = []
        self.hosts, self.finished, self.timed_out = 0, False, False
        self.answered = False
        self._host = host
        self._port, self._state, self._service = 0, "", ""

    def start(self, name: str, told: dict[str, str]) -> None:
        if name == "host":
            self.hosts += 1
            self.timed_out |= told.get("timedout") == "true"
        elif name == "port":
            self._port, self._state, self._service = int(told["portid"]), "", ""
        elif name == "state":
            self._state = told["state"]
            self.answered |= self._state in _ANSWERS
        elif name == "extraports":
            self.answered |= told.get("state") in _ANSWERS
        elif name == "service":
            self._service = told.get("name", "")[:60]
        elif name == "finished":
            self.finished = told.get("exit") == "success"

    def end(self, name: str) -> None:
        if name == "port" and self._state == "open":
            self.found.append(OpenPort(host=self._host, port=self._port, service=self._service))


def _refuse(*_: object) -> None:
    raise ValueError("it declares an entity")
