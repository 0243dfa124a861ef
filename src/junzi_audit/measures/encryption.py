"""What TLS of the declared hosts came to: certificates, old protocols, weak ciphers, and hosts that need none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from junzi_audit.declared.scanning import Scan, is_loopback
from junzi_audit.findings import Unseen
from junzi_audit.measures.details import some
from junzi_audit.model import DAY, Cause
from junzi_audit.seen.tickets import Severity
from junzi_audit.seen.weaknesses import Ciphers, Handshake, Look, Weakness

#: Words in a cipher suite's name that RFC 9325, section 4.1, rules out.
_WEAK = re.compile(r"NULL|EXPORT|RC4|3DES|_DES_|MD5|anon|_RC2_", re.IGNORECASE)

#: Protocols below TLS 1.2 as sslyze names them, by the names that a handshake has for them.
_OLD = {"ssl_2_0": "SSLv2", "ssl_3_0": "SSLv3", "tls_1_0": "TLSv1", "tls_1_1": "TLSv1.1"}


def look(
    scan: Scan | None, urls: Sequence[str], handshakes: Mapping[str, Handshake | Unseen],
    ciphers: Mapping[str, Ciphers | Unseen], now: datetime,
) -> Look | Unseen:  # fmt: skip
    """Every declared host, with or without TLS; on loopback alone plain HTTP is enough, and the remarks say so."""
    if scan is None:
        return Unseen(cause=Cause.NOT_CONFIGURED, detail="the target's file has no [scan] table, so no host to look at")
    found = [*_plain(urls)]
    for each in handshakes.values():
        found += _of_handshake(each, scan, now) if isinstance(each, Handshake) else []
    for told in ciphers.values():
        found += _of_ciphers(told) if isinstance(told, Ciphers) else []
    found += _outdated([*handshakes.values(), *ciphers.values()])
    bare = [host.name for host in scan.hosts if not host.tls]
    words = (
        f"no TLS on {some(bare)}: certificates, protocols and ciphers do not apply there"
        + (", since nothing leaves this machine" if all(map(is_loopback, bare)) else ""),
    )
    unseen = [(f"TLS of {name}", each) for name, each in handshakes.items() if isinstance(each, Unseen)]
    unseen += [
        (f"{protocol} of {name}", silent)
        for name, each in handshakes.items()
        if isinstance(each, Handshake)
        for protocol, silent in each.unanswered
    ]
    unseen += [(f"ciphers of {name}", each) for name, each in ciphers.items() if isinstance(each, Unseen)]
    return Look(looked=len(scan.hosts), found=tuple(found), unseen=tuple(unseen), remarks=words if bare else ())


def _plain(urls: Sequence[str]) -> Iterator[Weakness]:
    for url in urls:
        if url.startswith("http:") and not is_loopback(urlsplit(url).hostname or ""):
            yield _weakness("plain-http", "high", url, "the node is read over plain HTTP", "serve it over TLS only")


def _of_handshake(seen: Handshake, scan: Scan, now: datetime) -> Iterator[Weakness]:
    where = f"{seen.host}:{seen.port}"
    if seen.distrust:
        words = f"its certificate is not trusted: {seen.distrust}"
        yield _weakness("certificate-untrusted", "high", where, words, "install a certificate of a known authority")
    elif seen.expires is not None and (days := (seen.expires - now) / DAY) < scan.certificate_days:
        words = f"its certificate ends in {days:.0f} days, on {seen.expires:%Y-%m-%d}"
        severity: Severity = "high" if days < 1 else "medium"
        yield _weakness("certificate-expiring", severity, where, words, "renew it, and have it renewed by itself")


def _outdated(seen: Sequence[Handshake | Ciphers | Unseen]) -> Iterator[Weakness]:
    """Ports that accept a protocol below TLS 1.2, whoever saw it and however good its ciphers are."""
    accepted: dict[str, list[str]] = {}
    for each in seen:
        if not isinstance(each, Unseen):
            told = each.old if isinstance(each, Handshake) else [_OLD[name] for name, _ in each.suites if name in _OLD]
            accepted.setdefault(f"{each.host}:{each.port}", []).extend(told)
    for where, names in accepted.items():
        if names:
            words = f"it accepts {', '.join(sorted(set(names)))}, ruled out by RFC 8996 and RFC 9325"
            yield _weakness("protocol-old", "medium", where, words, "accept TLS 1.2 and 1.3 only")


def _of_ciphers(told: Ciphers) -> Iterator[Weakness]:
    where = f"{told.host}:{told.port}"
    weak = [name for _, name in told.suites if _WEAK.search(name)]
    if weak:
        yield _weakness("cipher-weak", "medium", where, f"it accepts {some(weak, most=3)}", "accept AEAD ciphers only")
    for name in told.named:
        yield _weakness("tls-broken", "critical", where, f"{name}", "update the TLS library, and replace its keys")


def _weakness(name: str, severity: Severity, where: str, what: str, fix: str) -> Weakness:
    plain = where.startswith("http:")
    repeat = f"curl -sSI {where}" if plain else f"openssl s_client -connect {where} </dev/null"
    return Weakness(id=name, severity=severity, where=where, what=what, repeat=repeat, fix=fix)
