"""What a port's TLS tells: its certificate, whether it is trusted, and the old protocols it still accepts."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import tls
from junzi_audit.probes.ciphers import ciphers
from junzi_audit.probes.tls import handshake
from tests.hostile import Hostile

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
Serve = Callable[..., Hostile]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ours for 127.0.0.1, signed by itself, good for 10 days; its key stands in the same file."""
    folder = tmp_path_factory.mktemp("certificate")
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(folder / "ours.pem"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    (folder / "both.pem").write_text((folder / "key").read_text() + (folder / "ours.pem").read_text())
    return folder / "both.pem"


@pytest.fixture
def serve(certificate: Path) -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def started(*, old: bool = False) -> Hostile:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            if old:
                context.set_ciphers("ALL:@SECLEVEL=0")
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    context.minimum_version = ssl.TLSVersion.TLSv1_1
            return stack.enter_context(contextlib.closing(Hostile(context)))

        yield started


def test_a_trusted_certificate_tells_its_end_and_a_replay_needs_no_server(
    serve: Serve, certificate: Path, tmp_path: Path
) -> None:
    server = serve()
    (tmp_path / "live").mkdir()
    (tmp_path / "again").mkdir()
    seen = handshake(Store(tmp_path / "live"), "127.0.0.1", server.port, ca=certificate.with_name("ours.pem"))
    assert (seen.distrust, seen.protocol, seen.old) == ("", "TLSv1.3", ())
    assert seen.expires is not None
    assert timedelta(days=9) < seen.expires - datetime.now(UTC) <= timedelta(days=10)
    again = Store(tmp_path / "again", replay=Archive(tmp_path / "live"))
    assert handshake(again, "127.0.0.1", server.port, ca=None) == seen


def test_a_certificate_of_its_own_making_is_not_trusted(serve: Serve, tmp_path: Path) -> None:
    seen = handshake(Store(tmp_path), "127.0.0.1", serve().port, ca=None)
    assert "self" in seen.distrust
    assert seen.expires is None


def test_an_old_protocol_that_is_accepted_is_named(serve: Serve, tmp_path: Path) -> None:
    assert handshake(Store(tmp_path), "127.0.0.1", serve(old=True).port, ca=None).old == ("TLSv1.1",)


@pytest.mark.parametrize(
    ("failure", "cause"), [(TimeoutError("firewall"), Cause.TIMED_OUT), (ConnectionRefusedError(), Cause.UNREACHABLE)]
)
def test_a_question_about_an_old_protocol_that_nobody_answers_is_no_refusal(
    failure: OSError, cause: Cause, serve: Serve, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tls._connected

    def connected(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
        if context.verify_mode is ssl.CERT_NONE:
            raise failure
        return real(host, port, context)

    monkeypatch.setattr(tls, "_connected", connected)
    for folder in ("live", "again"):
        (tmp_path / folder).mkdir()
    port = serve().port
    seen = handshake(Store(tmp_path / "live"), "127.0.0.1", port, ca=certificate)
    assert [(name, each.cause) for name, each in seen.unanswered] == [("TLSv1", cause), ("TLSv1.1", cause)]
    assert "accepts TLSv1 was not answered" in seen.unanswered[0][1].detail
    assert (seen.old, seen.protocol, seen.expires is None) == ((), "TLSv1.3", False)
    again = Store(tmp_path / "again", replay=Archive(tmp_path / "live"))
    assert handshake(again, "127.0.0.1", port, ca=None) == seen


def test_one_old_protocol_that_is_dropped_hides_no_other_that_is_accepted(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tls._connected

    def connected(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
        if context.maximum_version is ssl.TLSVersion.TLSv1:
            raise TimeoutError("dropped")
        return real(host, port, context)

    monkeypatch.setattr(tls, "_connected", connected)
    seen = handshake(Store(tmp_path), "127.0.0.1", serve(old=True).port, ca=None)
    assert (seen.old, [name for name, _ in seen.unanswered]) == (("TLSv1.1",), ["TLSv1"])


def test_what_does_not_listen_is_unseen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unobservable, match="no TLS with") as raised:
        handshake(Store(tmp_path), "127.0.0.1", port, ca=None)
    assert raised.value.cause is Cause.UNREACHABLE


def test_a_file_of_authorities_that_is_not_there_is_told(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(Unobservable, match=r"\[scan\] ca cannot be read"):
        handshake(Store(tmp_path), "127.0.0.1", serve().port, ca=tmp_path / "gone.pem")


def told(**changes: Any) -> str:
    suites = {f"{name}_cipher_suites": {"result": {"accepted_cipher_suites": []}} for name in
              ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_3")}  # fmt: skip
    result = {
        **suites,
        "tls_1_2_cipher_suites": {
            "result": {"accepted_cipher_suites": [{"cipher_suite": {"name": "TLS_RSA_WITH_RC4_128_SHA"}}]}
        },
        "heartbleed": {"result": {"is_vulnerable_to_heartbleed": True}},
        "openssl_ccs_injection": {"result": {"is_vulnerable_to_ccs_injection": False}},
    }
    return json.dumps({"server_scan_results": [{"scan_result": result, **changes}]})


def sslyze(folder: Path, text: str) -> str:
    path = folder / "sslyze"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit 1\n")
    path.chmod(0o755)
    return str(path)


def test_sslyze_tells_ciphers_and_weaknesses_by_name(tmp_path: Path) -> None:
    found = ciphers(Store(tmp_path), "node.example", 443, sslyze=sslyze(tmp_path, told()), seconds=5)
    assert (found.suites, found.named) == ((("tls_1_2", "TLS_RSA_WITH_RC4_128_SHA"),), ("Heartbleed",))


@pytest.mark.parametrize(
    ("text", "cause"),
    [("{}", Cause.MALFORMED), ("no JSON", Cause.MALFORMED), (told(scan_result=None), Cause.UNREACHABLE)],
)
def test_what_sslyze_did_not_see_is_unseen(text: str, cause: Cause, tmp_path: Path) -> None:
    with pytest.raises(Unobservable) as raised:
        ciphers(Store(tmp_path), "node.example", 443, sslyze=sslyze(tmp_path, text), seconds=5)
    assert raised.value.cause is cause


def test_without_sslyze_it_is_told_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(Unobservable, match="uv tool install sslyze") as raised:
        ciphers(Store(tmp_path), "node.example", 443, sslyze="no-sslyze-here", seconds=5)
    assert raised.value.cause is Cause.NOT_CONFIGURED
