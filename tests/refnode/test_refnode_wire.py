"""Faults that are seen on the wire, against a node in its own process."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.refnode.asking import AUDIT, KEYS, PUBLIC, ask
from tests.refnode.conftest import Beside, Here, Open

Start = Callable[..., Beside]


def connected(node: Beside) -> socket.socket:
    place = urlsplit(node.url)
    assert place.hostname
    assert place.port
    return socket.create_connection((place.hostname, place.port), timeout=2)


def get(node: Beside, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(node.url + path, headers=KEYS), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_hanging_node_accepts_and_answers_nothing(beside: Start) -> None:
    node = beside("--fault", "hang", "--scale", "0.3")
    for path in ("/health", f"{PUBLIC}/alerts/"):
        with connected(node) as client:
            client.settimeout(0.3)
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            with pytest.raises(TimeoutError):
                client.recv(1)


def test_a_dripping_node_sends_a_byte_a_second(beside: Start) -> None:
    node = beside("--fault", "slow-drip", "--scale", "0.3")
    with connected(node) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        begun = time.perf_counter()
        received = b"".join(client.recv(65536) for _ in range(2))
        took = time.perf_counter() - begun
    assert received == b"HT"
    assert 0.7 < took < 3


def test_a_huge_answer_goes_on_and_on(beside: Start) -> None:
    node = beside("--fault", "huge-body", "--scale", "0.3")
    for path in (f"{PUBLIC}/alerts/", f"{AUDIT}/heartbeats"):
        with urllib.request.urlopen(urllib.request.Request(node.url + path, headers=KEYS), timeout=10) as answer:
            assert len(answer.read(12_000_000)) == 12_000_000
    assert get(node, "/health")[0] == 200


@pytest.mark.parametrize("path", [f"{PUBLIC}/alerts/", f"{AUDIT}/heartbeats"])
def test_answers_can_be_a_page_or_a_redirect_instead(here: Open, path: str) -> None:
    page, elsewhere = here("html-answers"), here("redirect-elsewhere")

    shown, sent = ask(page.app, path), ask(elsewhere.app, path)

    assert shown.status == 200
    assert shown.headers["content-type"].startswith("text/html")
    assert sent.status == 302
    assert sent.headers["location"] == f"http://example.invalid{path}"
    assert ask(page.app, "/health").json["status"] == ask(elsewhere.app, "/health").json["status"] == "ok"


def test_wrong_types_reach_both_surfaces(here: Open) -> None:
    app = here("wrong-types").app
    page, line = ask(app, f"{PUBLIC}/alerts/").json, ask(app, f"{AUDIT}/decisions").lines[-1]

    assert page["page"] == "1"
    assert isinstance(page["items"], dict)
    assert isinstance(line["calculated_at"], int)
    assert isinstance(line["risk_value"], str)
    assert line["flagged"] in (True, False)


def test_slow_reads_are_slow_now_and_in_the_last_ten_minutes(here: Open) -> None:
    opened = here("slow-reads:0.6")
    begun = time.perf_counter()
    assert ask(opened.app, f"{PUBLIC}/reports/").status == 200
    took = time.perf_counter() - begun

    rows = ask(opened.app, f"{AUDIT}/request-counts").lines
    slow = {row["minute"] for row in rows if row["slow"] > row["count"] / 2}
    assert took > 0.6
    assert 9 <= len(slow) <= 11


def test_every_fifth_request_fails_and_a_retry_succeeds(here: Open) -> None:
    app = here("http-5xx:0.2").app
    seen = [ask(app, f"{PUBLIC}/alerts/").status for _ in range(10)]

    assert seen == [200, 200, 200, 200, 503] * 2
    assert {ask(app, f"{AUDIT}/sources?newest=1").status for _ in range(6)} == {200}
    assert ask(app, f"{PUBLIC}/alerts/", headers={}).status == 401


def test_an_endpoint_is_down_and_the_others_are_up(here: Open) -> None:
    app = here("endpoint-down:profile").app

    assert ask(app, f"{PUBLIC}/entities/ENT-00001/profile").status == 500
    assert ask(app, f"{PUBLIC}/entities/ENT-00001/contradictions").status == 200


def test_garbage_is_in_good_public_answers_only(here: Open) -> None:
    app = here("garbage-json").app

    assert ask(app, f"{AUDIT}/sources?newest=1").lines
    assert ask(app, f"{PUBLIC}/oops").json["detail"]
    with pytest.raises(json.JSONDecodeError):
        _ = ask(app, f"{PUBLIC}/alerts/").json


def test_an_undercounting_node_forgets_errors_and_every_second_request(here: Open) -> None:
    opened = here("undercount", "endpoint-down:reports")
    before = sum(opened.node.tallies.totals.values())
    failed = _failed(opened)
    for _ in range(4):
        ask(opened.app, f"{PUBLIC}/reports/")
    for _ in range(10):
        ask(opened.app, f"{PUBLIC}/alerts/")

    assert sum(opened.node.tallies.totals.values()) - before == 5
    assert _failed(opened) == failed


def _failed(opened: Here) -> int:
    return sum(number for (_, _, status), number in opened.node.tallies.totals.items() if status >= 500)
