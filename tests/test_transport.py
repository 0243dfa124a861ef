"""Transport against servers that lie, hang, drip, flood and cut: bounded time and memory, a cause, and no secret."""

from __future__ import annotations

import contextlib
import gzip
import html
import json
import shutil
import socket
import ssl
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import patience
from junzi_audit.probes.asking import Bounds, segment
from junzi_audit.probes.transport import Transport
from tests.hostile import BOUNDS, KEY, Hostile, Looking, Play, answers, in_turn, looking, says, server

__all__ = ["looking", "server"]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def drips(head: bytes, each: bytes, pause: float) -> Callable[[Hostile], Play]:
    """Bytes that always come before the read time-out, and never end."""

    def of(server: Hostile) -> Play:
        def play(peer: socket.socket, nth: int) -> None:
            peer.sendall(head)
            while server.wait(pause):
                peer.sendall(each)

        return play

    return of


def floods(head: bytes, chunk: bytes) -> Callable[[Hostile], Play]:
    def of(server: Hostile) -> Play:
        def play(peer: socket.socket, nth: int) -> None:
            peer.sendall(head)
            for _ in range(16_000):
                peer.sendall(chunk)

        return play

    return of


def silent(server: Hostile) -> Play:
    return lambda peer, nth: server.wait(30) and None


def resets(server: Hostile) -> Play:
    def play(peer: socket.socket, nth: int) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return play


def plain(play: Play) -> Callable[[Hostile], Play]:
    return lambda server: play


MEGABYTE = b"x" * 65536
BOMB = gzip.compress(b"0" * 10_000_000)
HOSTILE: dict[str, tuple[Callable[[Hostile], Play], set[Cause]]] = {
    "never answers": (silent, {Cause.TIMED_OUT}),
    "drips its headers": (drips(HEAD, b"X", 0.05), {Cause.TIMED_OUT}),
    "drips its body": (drips(HEAD + b"Content-Length: 1000\r\n\r\n", b"1", 0.05), {Cause.TIMED_OUT}),
    "endless header": (floods(HEAD + b"X-A: ", b"a" * 65536), {Cause.MALFORMED}),
    "endless headers": (floods(HEAD, b"X-A: b\r\n" * 1000), {Cause.MALFORMED}),
    "a gigabyte": (floods(HEAD + b"Content-Length: 1000000000\r\n\r\n", MEGABYTE), {Cause.TOO_LARGE}),
    "a gigabyte without a length": (floods(HEAD + b"\r\n", MEGABYTE), {Cause.TOO_LARGE}),
    "a gigabyte in chunks": (
        floods(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + MEGABYTE + b"\r\n"), {Cause.TOO_LARGE},
    ),
    "gzip unasked": (plain(answers(BOMB, "200 OK", "Content-Encoding: gzip")), {Cause.MALFORMED}),
    "longer than it is": (plain(says(HEAD + b"Content-Length: 100\r\n\r\n{}")), {Cause.MALFORMED}),
    "two lengths": (plain(says(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}!")), {Cause.MALFORMED}),
    "length of minus one": (plain(says(HEAD + b"Content-Length: -1\r\n\r\n{}")), {Cause.MALFORMED}),
    "garbage chunks": (plain(says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")), {Cause.MALFORMED}),
    "a chunk cut off": (plain(says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{}")), {Cause.MALFORMED}),
    "not HTTP": (plain(says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")), {Cause.MALFORMED}),
    "half a line": (plain(says(b"SSH-2.0-Op")), {Cause.MALFORMED, Cause.UNREACHABLE}),
    "binary": (plain(says(bytes(range(256)) * 4)), {Cause.MALFORMED}),
    "NUL in a header": (plain(says(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n{}")), {Cause.MALFORMED}),
    "a status of five digits": (plain(says(b"HTTP/1.1 20000 OK\r\n\r\n{}")), {Cause.MALFORMED}),
    "closes at once": (plain(says()), {Cause.UNREACHABLE}),
    "resets": (resets, {Cause.UNREACHABLE}),
    "its key in what is not HTTP": (plain(says(KEY.encode() + b" 200\r\n\r\n")), {Cause.MALFORMED}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_server_does_ends_soon_with_a_cause(name: str, server: Hostile, looking: Looking) -> None:
    make, causes = HOSTILE[name]
    server.pages["/"] = make(server)
    begun = time.perf_counter()

    answer = looking.transport.get(looking.ask(f"{server.url}/"))

    assert time.perf_counter() - begun < 6
    assert answer.cause in causes, answer.body
    with pytest.raises(Unobservable) as caught:
        answer.usable()
    assert caught.value.cause is answer.cause
    assert KEY not in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_refused_connection_is_unreachable(looking: Looking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    answer = looking.transport.get(looking.ask(url))

    assert answer.cause is Cause.UNREACHABLE
    assert b"no connection" in answer.body


@pytest.mark.parametrize(
    "url", ["http://[::1/", "http://a b/", "http://\x00/", "ftp://127.0.0.1/", "http:///", "x" * 70_000]
)
def test_an_url_that_is_none_has_a_cause(url: str, looking: Looking) -> None:
    try:
        cause = looking.transport.get(looking.ask(url)).cause
    except Unobservable as error:
        cause = error.cause
    assert cause in {Cause.MALFORMED, Cause.UNREACHABLE}


def test_a_flood_is_read_up_to_the_bound_and_no_further(server: Hostile, looking: Looking) -> None:
    server.pages["/"] = floods(HEAD + b"\r\n", MEGABYTE)(server)
    bounds = Bounds(size=5_000_000, total=10)
    tracemalloc.start()
    try:
        answer = looking.transport.get(looking.ask(f"{server.url}/", bounds))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer.cause is Cause.TOO_LARGE
    assert most < 30_000_000


def test_a_body_of_exactly_the_bound_is_read_and_one_byte_more_is_not(server: Hostile, looking: Looking) -> None:
    server.pages["/just"], server.pages["/over"] = answers(b"1" * 200_000), answers(b"1" * 200_001)

    assert len(looking.transport.get(looking.ask(f"{server.url}/just")).usable().body) == 200_000
    assert looking.transport.get(looking.ask(f"{server.url}/over")).cause is Cause.TOO_LARGE


def test_a_length_that_is_too_short_ends_the_body_there(server: Hostile, looking: Looking) -> None:
    server.pages["/"] = says(HEAD + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\nsmuggled")

    assert looking.transport.get(looking.ask(f"{server.url}/")).usable().body == b"{}"
    assert looking.transport.get(looking.ask(f"{server.url}/other")).usable().body == b"{}"


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("http://example.org/", Cause.REDIRECTED),
        ("https://127.0.0.1:{port}/", Cause.REDIRECTED),
        ("http://127.0.0.1:1/", Cause.REDIRECTED),
        ("//evil.example/", Cause.REDIRECTED),
        ("http://127.0.0.1:{port}@evil.example/", Cause.REDIRECTED),
        ("http://user@127.0.0.1:{port}/", Cause.REDIRECTED),
        (f"http://{KEY[:9]}.example/", Cause.REDIRECTED),
        ("http://localhost:{port}/", Cause.REDIRECTED),
        ("file:///etc/passwd", Cause.REDIRECTED),
        ("/again", Cause.MALFORMED),
        ("http://[::1", Cause.MALFORMED),
        ("http://127.0.0.1:99999999/", Cause.REDIRECTED),
        ("", Cause.MALFORMED),
    ],
)
def test_a_redirect_elsewhere_or_in_a_circle_is_not_followed(
    location: str, cause: Cause, server: Hostile, looking: Looking
) -> None:
    server.pages["/"] = answers(b"", "302 Found", f"Location: {location.format(port=server.port)}")
    server.pages["/again"] = server.pages["/"]

    answer = looking.transport.get(looking.ask(f"{server.url}/"))

    assert answer.cause is cause, answer.body
    assert sum(server.asked.values()) <= 4


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_within_the_host_is_followed_with_the_key(status: str, server: Hostile, looking: Looking) -> None:
    server.pages["/"] = answers(b"never read" * 100, status, "Location: /there?page=2")
    server.pages["/there"] = answers(b"[1]")

    assert looking.transport.get(looking.ask(f"{server.url}/")).usable().body == b"[1]"
    assert KEY.encode() in server.heard[-1]
    assert server.asked == {"/": 1, "/there?page=2": 1}


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("401 Unauthorized", Cause.UNAUTHORISED),
        ("403 Forbidden", Cause.UNAUTHORISED),
        ("404 Not Found", Cause.MALFORMED),
        ("204 No Content", Cause.MALFORMED),
        ("304 Not Modified", Cause.MALFORMED),
        ("500 Oops", Cause.SERVER_ERROR),
        ("999 Strange", Cause.SERVER_ERROR),
    ],
)
def test_a_status_other_than_200_is_kept_and_asked_once(
    status: str, cause: Cause, server: Hostile, looking: Looking
) -> None:
    server.pages["/"] = answers(b"" if status[0] in "23" else b"sorry", status)

    answer = looking.transport.get(looking.ask(f"{server.url}/"))

    assert (answer.cause, answer.status) == (None, int(status[:3]))
    with pytest.raises(Unobservable) as caught:
        answer.usable()
    assert caught.value.cause is cause
    assert server.asked["/"] == 1


@pytest.mark.parametrize(
    ("header", "times", "least", "most"),
    [("0", 3, 0.0, 2), ("1", 3, 2.0, 4), ("9999", 1, 0, 1), ("", 3, 0, 2), ("soon", 3, 0, 2), ("²", 3, 0, 2),
     ("-5", 3, 0, 2), ("9" * 400, 1, 0, 1), ("Wed, 21 Oct 2015 07:28:00 GMT", 3, 0, 2)],
)  # fmt: skip
def test_a_throttling_node_is_waited_for_a_little(
    header: str, times: int, least: float, most: float, server: Hostile, looking: Looking
) -> None:
    head = f"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\nRetry-After: {header}\r\nConnection: close\r\n\r\n"
    server.pages["/"] = says(head.encode())
    begun = time.perf_counter()

    answer = looking.transport.get(looking.ask(f"{server.url}/"))

    assert least <= time.perf_counter() - begun < most
    assert server.asked["/"] == times
    with pytest.raises(Unobservable) as caught:
        answer.usable()
    assert caught.value.cause is Cause.THROTTLED


def test_a_passing_overload_is_repeated_and_an_error_is_not(server: Hostile, looking: Looking) -> None:
    server.pages["/busy"] = in_turn(answers(b"", "503 Busy"), answers(b"", "502 Bad"), answers(b"[]"))
    server.pages["/broken"] = in_turn(answers(b"", "500 Oops"), answers(b"[]"))
    server.pages["/cut"] = in_turn(says(), answers(b"[]"))

    assert looking.transport.get(looking.ask(f"{server.url}/busy")).status == 200
    assert looking.transport.get(looking.ask(f"{server.url}/broken")).status == 500
    assert looking.transport.get(looking.ask(f"{server.url}/cut")).status == 200
    assert server.asked == {"/busy": 3, "/broken": 1, "/cut": 2}


def test_what_must_not_be_repeated_is_asked_once(server: Hostile, looking: Looking) -> None:
    server.pages["/"] = in_turn(answers(b"", "503 Busy"), answers(b"[]"))

    assert looking.transport.get(looking.ask(f"{server.url}/", retry=False)).status == 503


def test_a_slow_overload_has_cost_enough(server: Hostile, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("junzi_audit.probes.transport._QUICK", 0.2)

    def slow(peer: socket.socket, nth: int) -> None:
        server.wait(0.3)
        answers(b"", "503 Busy")(peer, nth)

    server.pages["/"] = slow

    assert looking.transport.get(looking.ask(f"{server.url}/")).status == 503
    assert server.asked["/"] == 1


def test_a_node_that_hangs_on_two_pages_in_a_row_is_given_up(server: Hostile, looking: Looking) -> None:
    for page in range(20):
        server.pages[f"/{page}"] = silent(server)
    begun = time.perf_counter()

    found = [looking.transport.get(looking.ask(f"{server.url}/{page}")) for page in range(20)]

    assert time.perf_counter() - begun < 4
    assert {answer.cause for answer in found} == {Cause.TIMED_OUT}
    assert sum(server.asked.values()) == 2
    assert b"not tried again" in found[-1].body


def test_a_node_that_hangs_on_many_pages_at_once_is_given_up(server: Hostile, looking: Looking) -> None:
    for page in range(40):
        server.pages[f"/{page}"] = silent(server)
    begun = time.perf_counter()

    found = looking.transport.get_all([looking.ask(f"{server.url}/{page}") for page in range(40)])

    assert time.perf_counter() - begun < 4
    assert {answer.cause for answer in found} == {Cause.TIMED_OUT}
    assert sum(server.asked.values()) <= 8


def test_one_hanging_page_among_good_ones_gives_up_nothing(server: Hostile, looking: Looking) -> None:
    server.pages["/hangs"] = silent(server)

    for _ in range(2):
        assert looking.transport.get(looking.ask(f"{server.url}/hangs")).cause is Cause.TIMED_OUT
    assert looking.transport.get(looking.ask(f"{server.url}/good")).status == 200


def test_two_hanging_pages_asked_together_with_good_ones_give_up_nothing(server: Hostile, looking: Looking) -> None:
    server.pages["/a"] = server.pages["/b"] = silent(server)

    found = looking.transport.get_all([looking.ask(f"{server.url}/{page}") for page in "abcdefgh"])

    assert [answer.status for answer in found] == [0, 0, 200, 200, 200, 200, 200, 200]
    assert looking.transport.get(looking.ask(f"{server.url}/c")).status == 200


def test_one_node_given_up_leaves_the_others(server: Hostile, looking: Looking) -> None:
    with contextlib.closing(Hostile()) as other:
        other.pages["/a"] = other.pages["/b"] = silent(other)
        looking.transport.get_all([looking.ask(f"{other.url}/{page}") for page in "ab"])
        assert b"not tried again" in looking.transport.get(looking.ask(f"{other.url}/c")).body
        assert looking.transport.get(looking.ask(f"{server.url}/c")).status == 200


def test_waiting_in_vain_has_an_end_even_if_pages_answer_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    node = patience.Patience()
    for turn in range(100):
        if node.exhausted():
            break
        node.failed(f"/{turn}", Cause.TIMED_OUT, begun=turn * 10.0, ended=turn * 10.0 + 5)
        node.answered(turn * 10.0 + 6)
    assert turn == 24
    assert node.exhausted() == (Cause.TIMED_OUT, "not tried again: 120 s went by waiting for it in vain")


def test_waiting_for_several_pages_at_once_counts_once() -> None:
    node = patience.Patience()
    for page in range(30):
        node.answered(0.5)
        node.failed(f"/{page}", Cause.TIMED_OUT, begun=0.0, ended=5.0)
    assert node.exhausted() is None


def test_no_key_that_a_server_echoes_is_kept(server: Hostile, looking: Looking) -> None:
    echoes = [KEY, quote(KEY, safe=""), json.dumps(KEY), html.escape(KEY)]
    server.pages["/"] = answers(" ".join(echoes).encode(), "401 No")
    server.pages["/id"] = answers(json.dumps([KEY]).encode())

    for page in ("/", "/id", "/other"):
        answer = looking.transport.get(looking.ask(f"{server.url}{page}"))
        assert KEY.encode() not in answer.body
    assert KEY.encode() in server.heard[0]
    assert KEY not in repr(looking.ask(f"{server.url}/"))


def test_a_key_echoed_by_another_surface_is_not_kept_either(server: Hostile, looking: Looking) -> None:
    looking.surface(server.url).get("test", "/audit")
    server.pages["/public"] = answers(KEY.encode())
    plain_surface = type(looking.surface(server.url))(looking.transport, node=server.url, base="", bounds=BOUNDS)

    assert KEY.encode() not in plain_surface.get("test", "/public").body


def test_cookies_are_not_kept(server: Hostile, looking: Looking) -> None:
    server.pages["/"] = answers(b"{}", "200 OK", "Set-Cookie: auditor=1; Path=/")
    for _ in range(2):
        looking.transport.get(looking.ask(f"{server.url}/"))

    assert b"cookie" not in server.heard[-1].lower()


def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(
    server: Hostile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(Hostile()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)

        assert looking.transport.get(looking.ask(f"{server.url}/")).status == 200
        assert looking.transport.get(looking.ask(f"http://localhost:{server.port}/")).status == 200
        assert not proxy.heard
        assert looking.transport.get(looking.ask("http://node.example/")).status == 200
        assert proxy.heard


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed, so no certificate can be made")
def test_a_self_signed_certificate_is_refused(tmp_path: Path, looking: Looking) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with contextlib.closing(Hostile(context)) as server:
        answer = looking.transport.get(looking.ask(f"{server.url}/"))

    assert answer.cause is Cause.UNREACHABLE
    assert b"CERTIFICATE" in answer.body.upper()
    assert not server.heard


@pytest.mark.parametrize(
    "name", ["a/../b", "a?b", "a#b", "%2e%2e", "a\nb", "a b", "日本", "a\\b", "..%2f", "…", ";", "a\0b"]
)
def test_an_id_of_a_node_stays_one_segment_of_the_path(name: str, server: Hostile, looking: Looking) -> None:
    looking.surface(server.url).get("test", f"/sources/{segment(name)}/content")

    path = server.heard[0].split(b" ")[1].decode()
    assert path == f"/sources/{quote(name, safe='')}/content"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_leads_to_another_page_is_not_asked(name: str) -> None:
    with pytest.raises(Unobservable) as caught:
        segment(name)
    assert caught.value.cause is Cause.MALFORMED


def test_a_replay_answers_as_the_run_did_in_its_order(server: Hostile, looking: Looking, tmp_path: Path) -> None:
    server.pages["/metrics"] = in_turn(answers(b"up 1\n"), answers(b"up 2\n"))
    server.pages["/gone"], server.pages["/cut"] = answers(b"no", "404 No"), says(HEAD + b"Content-Length: 9\r\n\r\n1")
    asks = [looking.ask(f"{server.url}/{page}") for page in ("metrics", "gone", "metrics", "cut", "a", "b")]
    looking.store.begin("daily.some-duty")
    live = [looking.transport.get(ask) for ask in asks[:4]] + looking.transport.get_all(asks[4:])
    looking.store.end()
    heard = len(server.heard)

    store = Store(tmp_path / "again", replay=Archive(looking.folder))
    (tmp_path / "again").mkdir()
    again = Transport(store)
    store.begin("daily.some-duty")
    replayed = [again.get(ask) for ask in asks[:4]] + again.get_all(asks[4:])
    again.close()

    assert [(each.body, each.cause, each.status) for each in replayed] == [(e.body, e.cause, e.status) for e in live]
    assert [each.observation.at for each in replayed] == [each.observation.at for each in live]
    assert [each.observation.seconds for each in replayed] == [each.observation.seconds for each in live]
    assert len(server.heard) == heard
    assert [each.body for each in live[:3]] == [b"up 1\n", b"no", b"up 2\n"]


def test_a_replay_knows_nothing_that_was_not_recorded_and_trusts_no_altered_byte(
    server: Hostile, looking: Looking, tmp_path: Path
) -> None:
    server.pages["/"] = answers(b'{"risk": 3}')
    answer = looking.transport.get(looking.ask(f"{server.url}/"))
    (looking.folder / answer.observation.path).write_bytes(b'{"risk": 1}')
    again = Transport(Store(tmp_path, replay=Archive(looking.folder)))

    with pytest.raises(Unobservable) as never:
        again.get(looking.ask(f"{server.url}/other"))
    with pytest.raises(Unobservable) as altered:
        again.get(looking.ask(f"{server.url}/"))
    (looking.folder / answer.observation.path).unlink()
    with pytest.raises(Unobservable) as gone:
        again.get(looking.ask(f"{server.url}/"))
    again.close()
    again.close()  # does nothing

    assert [error.value.cause for error in (never, altered, gone)] == [
        Cause.NOT_RECORDED, Cause.MALFORMED, Cause.MALFORMED,
    ]  # fmt: skip
