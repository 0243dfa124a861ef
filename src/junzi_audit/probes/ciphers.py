"""What sslyze sees beyond Python's own TLS: ciphers, and weaknesses with a name. A command of its own environment."""

from __future__ import annotations

import json
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.tools import kept, printed
from junzi_audit.seen.weaknesses import Ciphers

_INSTALL = "`uv tool install sslyze`, or `pipx install sslyze`: it needs an environment of its own"
_SUITES = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3")
_NAMED = {
    "heartbleed": ("is_vulnerable_to_heartbleed", "Heartbleed"),
    "openssl_ccs_injection": ("is_vulnerable_to_ccs_injection", "OpenSSL CCS injection"),
}


def ciphers(recorder: Recorder, host: str, port: int, *, sslyze: str, seconds: float) -> Ciphers:
    """One run of sslyze against that port; Unobservable when it is missing, or could not look at everything."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    words = [sslyze, "--json_out=-", where]
    body = kept(
        recorder, probe="scan.ciphers", query=f"sslyze --json_out=- {where}",
        act=lambda: printed(words, seconds=seconds, install=_INSTALL, fine=(0, 1)),
    )  # fmt: skip
    try:
        (server,) = json.loads(body)["server_scan_results"]
        scanned = server["scan_result"]
        if scanned is None:
            raise Unobservable(Cause.UNREACHABLE, f"sslyze could not connect to {where}")
        suites = [
            (name, str(each["cipher_suite"]["name"]))
            for name in _SUITES
            for each in _result(scanned, f"{name}_cipher_suites")["accepted_cipher_suites"]
        ]
        named = [words for key, (field, words) in _NAMED.items() if _result(scanned, key)[field]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unobservable(Cause.MALFORMED, f"what sslyze printed of {where} lacks {error}"[:200]) from None
    return Ciphers(host=host, port=port, suites=tuple(suites), named=tuple(named))


def _result(scanned: dict[str, Any], name: str) -> dict[str, Any]:
    result: dict[str, Any] = scanned[name]["result"]
    return result
