"""How a declared port speaks TLS, as Python's own library sees it: its certificate, and old protocols it accepts."""

from __future__ import annotations

import json
import socket
import ssl
import warnings
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.tools import kept
from junzi_audit.seen.weaknesses import Handshake

_SECONDS = 5.0
#: Deprecated by RFC 8996: Python's names of them, and everybody else's.
_OLD = {"TLSv1": "TLSv1", "TLSv1_1": "TLSv1.1"}


def handshake(recorder: Recorder, host: str, port: int, *, ca: Path | None) -> Handshake:
    """What a few connections told; Unobservable when nothing there speaks TLS."""

    def look() -> bytes:
        seen = _look(host, port, ca)
        return json.dumps(asdict(seen) | {"expires": iso(seen.expires) if seen.expires else None}).encode()

    told = json.loads(kept(recorder, probe="scan.tls", query=f"TLS {host}:{port}", act=look))
    expires = utc(told["expires"]) if told["expires"] else None
    silent = tuple(
        (name, Unseen(cause=Cause(each["cause"]), detail=each["detail"])) for name, each in told.get("unanswered", ())
    )
    return Handshake(**{**told, "expires": expires, "old": tuple(told["old"]), "unanswered": silent})


def _look(host: str, port: int, ca: Path | None) -> Handshake:
    protocol, distrust, ends = "", "", None
    try:
        strict = ssl.create_default_context()
        if ca is not None:
            strict.load_verify_locations(ca)
    except OSError as error:
        raise Unobservable(Cause.NOT_CONFIGURED, f"[scan] ca cannot be read: {error.strerror or error}") from None
    try:
        with _connected(host, port, strict) as peer:
            certificate, protocol = peer.getpeercert() or {}, peer.version() or ""
            ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message or "not verified"
    except (OSError, KeyError) as error:
        cause = Cause.TIMED_OUT if isinstance(error, TimeoutError) else Cause.UNREACHABLE
        raise Unobservable(cause, f"no TLS with {host}:{port}: {getattr(error, 'reason', '') or error}"[:200]) from None
    old, silent = _old(host, port)
    return Handshake(
        host=host, port=port, protocol=protocol, distrust=distrust, expires=ends, old=old, unanswered=silent
    )  # fmt: skip


def _old(host: str, port: int) -> tuple[tuple[str, ...], tuple[tuple[str, Unseen], ...]]:
    """The old protocols that are accepted, and those that nobody answered; some doors drop them without a word."""
    accepted: list[str] = []
    silent: list[tuple[str, Unseen]] = []
    for name, spelt in _OLD.items():
        try:
            accepted += [spelt] if _accepts(host, port, name) else []
        except Unobservable as failure:
            silent.append((spelt, Unseen(cause=failure.cause, detail=failure.detail)))
    return tuple(accepted), tuple(silent)


def _accepts(host: str, port: int, name: str) -> bool:
    """Whether it does; only an answer is a refusal, Unobservable when there was none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # to ask for what is deprecated is the purpose
        context.minimum_version = context.maximum_version = ssl.TLSVersion[name]
    try:
        with _connected(host, port, context):
            return True
    except (ssl.SSLError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError):
        return False
    except OSError as error:
        cause = Cause.TIMED_OUT if isinstance(error, TimeoutError) else Cause.UNREACHABLE
        words = f"whether {host}:{port} accepts {_OLD[name]} was not answered: {error}"
        raise Unobservable(cause, words[:200]) from None


def _connected(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port), timeout=_SECONDS)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
