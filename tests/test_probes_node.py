"""The public face of a node that answers with the wrong thing: a 200 proves nothing by itself."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.node import Node, endpoint_name
from tests.hostile import Hostile, Looking, Play, answers, in_turn, looking, says, server

__all__ = ["looking", "server"]


def shown(value: object, status: str = "200 OK") -> Play:
    return answers(json.dumps(value).encode(), status)


def health(**change: Any) -> Play:
    """A healthy answer of now, with the changes."""

    def play(peer: socket.socket, nth: int) -> None:
        shown({"status": "ok", "node": "n", "version": "1", "time": iso(datetime.now(UTC)), **change})(peer, nth)

    return play


def alert(number: int, **change: Any) -> dict[str, Any]:
    at = "2026-03-01T12:00:00.000Z"
    return {"alert_id": f"a{number}", "entity_id": "e1", "alert_type": "t", "timestamp": at, "confidence": 1, **change}


PAGES = {
    "/entities/e1/profile": {"entity_id": "e1", "name": "n"},
    "/entities/e1/contradictions": [{"contradiction_id": "c", "sources": ["s1", "s2"]}],
    "/risk_scores/": {"items": [{"entity_id": "e1", "risk_score": 4.0}], "page": 1, "total": 1},
    "/promises/e1": [{"promise_id": "p", "source_id": "s3"}],
    "/alerts/": {"items": [], "page": 1, "page_size": 50, "total": 0},
    "/sources/s1": {"source_id": "s1"},
    "/disputes/": {"items": [], "total": 0},
    "/reports/": [],
}
WRONG = [
    b"null", b"{}", b"5", b'"ok"', b"[5]", b'{"detail": "Not Found"}', b"<html></html>", b"", b"[" * 50_000, b"\xff",
    b'{"items": 5, "total": 0}', b'{"items": [5], "total": 1}',
]  # fmt: skip


@pytest.fixture
def node(server: Hostile, looking: Looking) -> Node:
    server.pages.update({path: shown(value) for path, value in PAGES.items()})
    server.pages["/health"] = health()
    surface = looking.surface(server.url)
    return Node(surface, [surface])


def unobservable(ask: Any) -> Unobservable:
    with pytest.raises(Unobservable) as caught:
        ask()
    return caught.value


def test_a_proper_node_answers_every_page(node: Node) -> None:
    reads = node.reads()

    assert {read.endpoint: read.problem for read in reads} == dict.fromkeys(map(endpoint_name, PAGES), "")
    assert [each.problem for each in node.health()] == [""]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("body", WRONG)
def test_a_200_with_something_else_is_a_problem(path: str, body: bytes, node: Node, server: Hostile) -> None:
    if path == "/reports/" and body == b"[5]":
        pytest.skip("what a published report holds is not in the contract")
    node._paths()
    server.pages[path] = answers(body)

    (problem,) = [read.problem for read in node.reads() if read.endpoint == endpoint_name(path)]
    assert "answered 200 with" in problem
    assert len(problem) < 300


def test_a_profile_of_somebody_else_is_not_the_entity(node: Node, server: Hostile) -> None:
    server.pages["/entities/e2/profile"] = shown({"entity_id": "e1"})
    server.pages["/entities/e3/profile"] = shown({"detail": "unknown"}, "404 Not Found")
    server.pages["/entities/junzi-audit-asks-for-nobody/profile"] = shown({"detail": "unknown"}, "404 Not Found")

    assert node.known_entities(["e1", "e2", "e3"], most=10) == {"e1": True, "e2": False, "e3": False}


def test_a_node_that_knows_everybody_proves_nothing(node: Node, server: Hostile) -> None:
    server.pages["/entities/junzi-audit-asks-for-nobody/profile"] = shown({"entity_id": "junzi-audit-asks-for-nobody"})

    assert unobservable(lambda: node.known_entities(["e1"], most=10)).cause is Cause.MALFORMED


def test_at_most_so_many_entities_are_asked_for_and_evenly(node: Node, server: Hostile) -> None:
    for name in (*(f"e{number:03}" for number in range(100)), "junzi-audit-asks-for-nobody"):
        server.pages[f"/entities/{name}/profile"] = shown({}, "404 Not Found")

    asked = node.known_entities([f"e{number:03}" for number in range(100)], most=10)
    assert list(asked) == [f"e{number:03}" for number in range(0, 100, 10)]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (shown({"status": "down", "time": iso(datetime.now(UTC))}), "not ok"),
        (shown({"status": "ok"}), "something else"),
        (shown("ok"), "something else"),
        (answers(b"OK"), "not JSON"),
        (answers(b"<html>maintenance</html>"), "not JSON"),
        (health(time="2020-01-01T00:00:00Z"), "from ours"),
        (health(time=iso(datetime.now(UTC) + timedelta(hours=1))), "from ours"),
        (health(time="yesterday"), "something else"),
        (answers(b"{}", "503 Busy"), "answered 503"),
        (answers(b"{}", "429 Slow"), "answered 429"),
    ],
)
def test_a_health_page_that_says_anything_but_ok_now_is_a_problem(
    page: Play, words: str, node: Node, server: Hostile
) -> None:
    server.pages["/health"] = page

    (found,) = node.health()
    assert words in found.problem


def test_a_miss_is_repeated_once(node: Node, server: Hostile) -> None:
    server.pages["/health"] = in_turn(answers(b"", "500 Oops"), health())
    server.pages["/reports/"] = in_turn(answers(b"", "500 Oops"), shown([]))

    assert node.health()[0].problem == ""
    assert not any(read.problem for read in node.reads(confirm=True))
    assert server.asked["/health"] == server.asked["/reports/"] == 2


def test_silence_of_all_nodes_is_not_their_fault_and_of_one_is(node: Node, server: Hostile, looking: Looking) -> None:
    with closing(Hostile()) as other:
        other.pages["/health"] = says()
        dead = looking.surface(other.url)
        both = Node(dead, [looking.surface(server.url), dead])

        assert [bool(each.problem) for each in both.health()] == [False, True]
        assert unobservable(Node(dead, [dead]).health).cause is Cause.UNREACHABLE


def test_a_key_that_is_refused_says_nothing_about_the_pages(node: Node, server: Hostile) -> None:
    server.pages["/reports/"] = answers(b"", "401 No")

    assert unobservable(node.reads).cause is Cause.UNAUTHORISED


def test_an_entity_without_contradictions_is_read_by_its_promises(node: Node, server: Hostile) -> None:
    server.pages["/entities/e1/contradictions"] = shown([])
    server.pages["/sources/s3"] = shown({"source_id": "s3"})

    assert not any(read.problem for read in node.reads())
    assert server.asked["/sources/s3"] == 1


def test_a_node_that_names_nobody_cannot_be_read(node: Node, server: Hostile) -> None:
    server.pages["/risk_scores/"] = shown({"items": [], "total": 0})

    assert unobservable(node.reads).cause is Cause.TOO_FEW


def test_a_broken_list_of_scores_leaves_its_own_problem_visible(node: Node, server: Hostile) -> None:
    server.pages["/risk_scores/"] = answers(b"", "500 Oops")

    assert any(read.endpoint == "/risk_scores/" and read.problem == "answered 500" for read in node.reads())


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_an_entity_id_that_leads_elsewhere_is_not_asked(name: str, node: Node, server: Hostile) -> None:
    server.pages["/risk_scores/"] = shown({"items": [{"entity_id": name, "risk_score": 4}], "total": 1})
    node.reads()

    known = ("/entities/unknown", "/promises/unknown", "/sources/unknown", "/risk", "/alerts", "/disputes", "/reports")
    assert all(path.startswith(known) for path in server.asked)


def pages(*shapes: tuple[int, int], total: int) -> Play:
    """Pages of alerts numbered from the first of each pair up to the second."""
    return in_turn(*(shown({"items": [alert(n) for n in range(*each)], "total": total}) for each in shapes))


@pytest.mark.parametrize(
    ("shapes", "total", "number"),
    [
        ([(0, 0)], 0, 0),
        ([(0, 150)], 150, 150),
        ([(0, 200), (200, 200)], 200, 200),
        ([(0, 200), (200, 400), (400, 450)], 450, 450),
        ([(0, 200), (199, 300)], 300, 300),
        ([(0, 200), (200, 350)], 100, 350),
        ([(0, 1), (1, 2), (2, 3)], 3, 3),
    ],
)  # fmt: skip
def test_all_pages_of_alerts_are_read(
    shapes: list[tuple[int, int]], total: int, number: int, node: Node, server: Hostile
) -> None:
    def play(peer: socket.socket, nth: int) -> None:
        pages(*shapes, total=total)(peer, len([head for head in server.heard if b"/alerts/?" in head]))

    server.pages["/alerts/"] = play

    assert len(node.alerts()) == number


@pytest.mark.parametrize(
    ("shapes", "total"),
    [([(0, 150), (0, 0)], 300), ([(0, 1)], 300), ([(0, 0)], 5), ([(0, 200)], 10_000), ([(0, 0)], -1), ([(0, 10)], -1)],
)
def test_alerts_that_are_not_shown_are_missed(
    shapes: list[tuple[int, int]], total: int, node: Node, server: Hostile
) -> None:
    def play(peer: socket.socket, nth: int) -> None:
        pages(*shapes, total=total)(peer, len([head for head in server.heard if b"/alerts/?" in head]))

    server.pages["/alerts/"] = play

    assert unobservable(node.alerts).cause is Cause.MALFORMED
    assert len(server.heard) <= 50


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "2026-03-01T12:00:00", "soon", None])
def test_an_alert_of_no_instant_is_malformed(at: object, node: Node, server: Hostile) -> None:
    server.pages["/alerts/"] = shown({"items": [alert(1, timestamp=at)], "total": 1})

    assert unobservable(node.alerts).cause is Cause.MALFORMED


def test_reads_of_a_node_that_just_died_end_soon(node: Node, server: Hostile) -> None:
    node._paths()
    for path in PAGES:
        server.pages[path] = lambda peer, nth: server.wait(30) and None
    begun = time.perf_counter()

    reads = node.timed_reads(24)

    assert time.perf_counter() - begun < 4
    assert {read.status for read in reads} == {0}


def test_every_healthy_node_is_read_and_not_the_first_alone(node: Node, server: Hostile, looking: Looking) -> None:
    with closing(Hostile()) as second:
        second.pages.update({path: shown(value) for path, value in PAGES.items()})
        second.pages["/alerts/"] = answers(b"", "500 Internal Server Error")
        first, other = looking.surface(server.url), looking.surface(second.url)
        both = Node(first, [first, other], {second.url: Node(other, [other])})
        assert not any(read.problem for read in both.reads(confirm=True))
        assert both.reads_elsewhere([server.url]) == {}
        (found,) = both.reads_elsewhere([server.url, second.url]).values()
        assert [read.endpoint for read in found if read.problem] == ["/alerts/"]
