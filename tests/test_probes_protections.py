"""What a node lets a stranger do, on a server that answers as badly as each protection fears; and who is not asked."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.declared.scanning import Host, Scan
from junzi_audit.evidence.store import Store
from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import protections, rate_limit
from junzi_audit.probes.protections import Door, Doors
from junzi_audit.probes.scanner import Scanner
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.weaknesses import Look
from tests.hostile import BOUNDS, KEY, Hostile, Looking, Play, answers, looking, server

__all__ = ["looking", "server"]

GUARDS = ("X-Content-Type-Options: nosniff", "Cache-Control: private, no-store")
COUNTED = ("RateLimit-Limit: 100", "RateLimit-Remaining: 98")
PAGES = ("/alerts/", "/risk_scores/", "/reports/", "/sources", "/sources/%27%22%3C%00", "/no-such-page/")


class Node:
    """Answers every page: 401 without a key of ``keys``, else ``good``; ``heads`` come with either."""

    def __init__(self, server: Hostile) -> None:
        self.server = server
        self.keys = {KEY}
        self.heads: tuple[str, ...] = (*GUARDS, *COUNTED)
        self.good = answers(b'{"items": []}', "200 OK")
        self.body, self.shares = b'{"items": []}', ""
        server.pages = dict.fromkeys(PAGES, self._play)

    def _play(self, peer: socket.socket, nth: int) -> None:
        asked = self.server.heard[-1].decode()
        told = dict(line.lower().split(": ", 1) for line in asked.splitlines()[1:] if ": " in line)
        key = told.get("x-api-key") or told.get("x-audit-key") or ""
        heads = (*self.heads, *([f"Access-Control-Allow-Origin: {told['origin']}", self.shares] if self.shares and
                 "origin" in told else []))  # fmt: skip
        known = "" in self.keys or key in {each.lower() for each in self.keys}
        play: Play = answers(self.body, "200 OK", *heads) if known else answers(b"{}", "401 No", *heads)
        play(peer, nth)


@pytest.fixture
def node(server: Hostile) -> Node:
    return Node(server)


def doors(looking: Looking, url: str, *, spare: bool = False) -> Doors:
    def surface(header: str = "") -> Surface:
        return Surface(
            looking.transport, node=url, base="", header=header, key_env="K", keys={"K": KEY}, bounds=BOUNDS,
            cite=looking.store.cite,
        )  # fmt: skip

    return Doors(
        doors=(
            Door(name="public API", open=surface(), header="X-API-Key", page="/alerts/"),
            Door(name="audit feed", open=surface(), header="X-Audit-Key", page="/sources?newest=1"),
        ),
        api=surface("X-API-Key"), spare=surface("X-API-Key") if spare else None,
        keys=(*protections.DEFAULT_KEYS, "given-by-target"),
    )  # fmt: skip


def ids(look: Look) -> set[str]:
    return {each.id for each in look.found}


def test_a_guarded_node_lacks_nothing(node: Node, looking: Looking) -> None:
    look = protections.look(doors(looking, node.server.url))
    assert (ids(look), look.unseen) == (set(), ())
    assert sum(node.server.asked.values()) < 40


def change(**changes: Any) -> Callable[[Node], None]:
    return lambda node: [setattr(node, name, value) for name, value in changes.items()] and None


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (change(keys={""}), {"key-none"}),
        (change(keys={KEY, "no-key"}), {"key-wrong"}),
        (change(keys={KEY, "changeme"}), {"key-default"}),
        (change(keys={KEY, "given-by-target"}), {"key-default"}),
        (change(heads=(GUARDS[0], *COUNTED)), {"header-cache-control"}),
        (change(heads=(GUARDS[1], *COUNTED)), {"header-x-content-type-options"}),
        (change(heads=(*GUARDS, *COUNTED, "Server: nginx/1.22.1")), {"header-server"}),
        (change(heads=(*GUARDS, *COUNTED, "Server: nginx")), set()),
        (change(heads=(*GUARDS, *COUNTED, "X-Powered-By: PHP/8.1")), {"header-x-powered-by"}),
        (change(shares="Access-Control-Allow-Credentials: true"), {"cors-open"}),
        (change(heads=(*GUARDS, *COUNTED, "Access-Control-Allow-Origin: *")), set()),
        (change(body=b'{"d": "File \\"/x/y.py\\", line 3"}'), {"errors-verbose"}),
        (change(body=b'{"d": "at a.b.C(D.java:12)"}'), {"errors-verbose"}),
        (change(body=b'{"d": "/home/junzi/node/app.py"}'), {"errors-verbose"}),
        (change(heads=(*GUARDS, "RateLimit-Limit: 1000", "RateLimit-Remaining: 998")), {"rate-limit"}),
        (change(heads=(*GUARDS, "X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 100")), {"rate-limit"}),
    ],
)
def test_what_is_open_is_found_and_nothing_else(
    broken: Callable[[Node], None], found: set[str], node: Node, looking: Looking
) -> None:
    broken(node)
    look = protections.look(doors(looking, node.server.url))
    assert ids(look) == found
    assert all(KEY not in each.repeat and each.repeat.startswith("curl ") for each in look.found)


def test_credentials_make_shared_answers_grave(node: Node, looking: Looking) -> None:
    node.shares = "Vary: Origin"
    assert [each.severity for each in protections.look(doors(looking, node.server.url)).found] == ["medium"]
    node.shares = "Access-Control-Allow-Credentials: true"
    assert [each.severity for each in protections.look(doors(looking, node.server.url)).found] == ["high"]


def test_a_rate_limit_nobody_tells_needs_a_spare_key(node: Node, looking: Looking) -> None:
    node.heads = GUARDS
    look = protections.look(doors(looking, node.server.url))
    assert look.found == ()
    assert [each.cause for _, each in look.unseen] == [Cause.NOT_CONFIGURED]


def test_a_spare_key_is_asked_until_it_is_refused_or_clearly_never_will_be(node: Node, looking: Looking) -> None:
    node.heads = GUARDS
    assert ids(protections.look(doors(looking, node.server.url, spare=True))) == {"rate-limit"}
    assert node.server.asked["/reports/"] == 122
    node.server.pages["/reports/"] = lambda peer, nth: answers(b"{}", "200 OK" if nth < 150 else "429 Slower")(
        peer, nth
    )
    assert ids(protections.look(doors(looking, node.server.url, spare=True))) == set()


def rates(node: Node, left: Callable[[int], int]) -> None:
    """``/reports/`` tells of a limit of 100 and of what is left at the nth request."""

    def play(peer: socket.socket, nth: int) -> None:
        answers(b"{}", "200 OK", "RateLimit-Limit: 100", f"RateLimit-Remaining: {left(nth)}")(peer, nth)

    node.server.pages["/reports/"] = play


@pytest.mark.parametrize(
    ("left", "found"),
    [
        (lambda nth: 100 - nth, set()), (lambda nth: 3 if nth == 1 else 101 - nth, set()),
        (lambda nth: 99 if nth <= 2 else 101 - nth, set()), (lambda nth: 99, {"rate-limit"}),
    ],
    ids=["counts down", "its minute turns", "gives back between two asks", "never counts down"],
)  # fmt: skip
def test_a_key_is_said_to_be_uncounted_only_when_it_never_counts_down(
    left: Callable[[int], int], found: set[str], node: Node, looking: Looking
) -> None:
    rates(node, left)
    look = protections.look(doors(looking, node.server.url))
    assert (ids(look), look.unseen) == (found, ())
    assert node.server.asked["/reports/"] <= 7


def test_a_node_so_slow_that_a_key_has_all_back_is_not_accused(
    node: Node, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates(node, lambda nth: 99)
    monkeypatch.setattr(rate_limit, "_lasted", lambda answers: 0.6 * len(answers))
    look = protections.look(doors(looking, node.server.url))
    assert (ids(look), [each.cause for _, each in look.unseen]) == (set(), [Cause.UNDEFINED])
    rates(node, lambda nth: 100)
    assert ids(protections.look(doors(looking, node.server.url))) == {"rate-limit"}


@pytest.mark.parametrize("heard", [5, 6, 8])
def test_a_guard_that_hears_no_more_keys_after_a_few_wrong_ones_refuses_them(
    heard: int, node: Node, looking: Looking
) -> None:
    guarded = node._play
    wrong = 0

    def play(peer: socket.socket, nth: int) -> None:
        nonlocal wrong
        wrong += KEY.encode() not in node.server.heard[-1]
        (guarded if wrong <= heard else answers(b"{}", "429 Slower", *GUARDS))(peer, nth)

    node.server.pages = dict.fromkeys(PAGES, play)
    look = protections.look(doors(looking, node.server.url))
    assert (ids(look), look.unseen) == (set(), ())


def test_a_door_that_hears_nobody_from_the_first_has_refused_nothing(node: Node, looking: Looking) -> None:
    node.server.pages["/sources"] = answers(b"{}", "429 Slower", *GUARDS)
    with pytest.raises(Unobservable, match="answered 429"):
        protections.look(doors(looking, node.server.url))


def test_an_answer_that_is_neither_page_nor_refusal_is_no_finding(node: Node, looking: Looking) -> None:
    node.keys, node.body = {""}, b"<html>welcome</html>"
    with pytest.raises(Unobservable, match="not as JSON") as raised:
        protections.look(doors(looking, node.server.url))
    assert raised.value.cause is Cause.MALFORMED


@pytest.mark.parametrize("status", ["403 No", "503 Later", "429 Slower"])
def test_a_node_that_answers_nobody_proves_no_protection(status: str, node: Node, looking: Looking) -> None:
    node.server.pages = dict.fromkeys(PAGES, answers(b"{}", status, *GUARDS, *COUNTED))
    with pytest.raises(Unobservable):
        protections.look(doors(looking, node.server.url))
    keyless = answers(b"{}", "401 No", *GUARDS)
    node.server.pages |= {"/alerts/": keyless, "/sources": keyless}
    with pytest.raises(Unobservable):
        protections.look(doors(looking, node.server.url))


def test_a_door_that_opens_is_found_on_a_node_that_refuses_the_runs_key(node: Node, looking: Looking) -> None:
    node.keys = {"changeme"}
    look = protections.look(doors(looking, node.server.url))
    assert (ids(look), [each.cause for _, each in look.unseen]) == ({"key-default"}, [Cause.UNAUTHORISED])


def test_the_graver_of_two_ways_to_share_counts(node: Node, looking: Looking) -> None:
    guarded = node._play

    def play(peer: socket.socket, nth: int) -> None:
        known = KEY.encode() in node.server.heard[-1]
        node.shares = "Access-Control-Allow-Credentials: true" if known else "Vary: Origin"
        guarded(peer, nth)

    node.server.pages = dict.fromkeys(PAGES, play)
    assert [each.severity for each in protections.look(doors(looking, node.server.url)).found] == ["high"]


def test_what_is_shared_on_a_200_alone_is_found_with_the_key(node: Node, looking: Looking) -> None:
    guarded = node._play

    def play(peer: socket.socket, nth: int) -> None:
        node.shares = "Vary: Origin" if KEY.encode() in node.server.heard[-1] else ""
        guarded(peer, nth)

    node.server.pages = dict.fromkeys(PAGES, play)
    (found,) = protections.look(doors(looking, node.server.url)).found
    assert (found.id, KEY in found.repeat) == ("cors-open", False)


@pytest.fixture
def other() -> Iterator[Hostile]:
    with contextlib.closing(Hostile()) as hostile:
        yield hostile


def scanner(looking: Looking, url: str, host: str, folder: Path, sarif: tuple[str, ...] = ()) -> Scanner:
    return Scanner(
        table=Scan(hosts=(Host(name=host, ports=("node",)),), range="node", sarif=sarif), urls=(url,),
        doors=lambda url: doors(looking, url), software=None, recorder=Store(looking.folder), root=folder,
    )  # fmt: skip


def test_a_host_that_nobody_declared_is_never_contacted(
    node: Node, other: Hostile, looking: Looking, tmp_path: Path
) -> None:
    onward = answers(b"", "302 Found", f"Location: {other.url}/alerts/")
    node.server.pages = dict.fromkeys(PAGES, onward)
    place = {"physicalLocation": {"artifactLocation": {"uri": f"{other.url}/x"}}}
    found = {"ruleId": "R", "message": {"text": other.url}, "locations": [place], "level": "error"}
    driver = {"name": "ZAP", "rules": [{"id": "R", "helpUri": f"{other.url}/help"}]}
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": [found]}]}
    (tmp_path / "zap.sarif").write_text(json.dumps(log))

    scan = scanner(looking, node.server.url, "127.0.0.1", tmp_path, ("zap.sarif",))
    seen = scan.protections()["primary"]
    assert isinstance(seen, Unseen)
    assert seen.cause is Cause.REDIRECTED
    assert not isinstance(scan.reports(datetime(2026, 1, 1, tzinfo=UTC))["zap.sarif"], Unseen)
    assert scan.handshakes() == scan.ciphers() == {}
    assert other.heard == []
    assert node.server.heard != []


def test_a_node_outside_of_the_table_is_not_tried(node: Node, looking: Looking, tmp_path: Path) -> None:
    seen = scanner(looking, node.server.url, "node.example", tmp_path).protections()["primary"]
    assert isinstance(seen, Unseen)
    assert seen.cause is Cause.REFUSED
    assert node.server.heard == []


def test_a_target_that_names_neither_software_nor_reports_has_nobody_who_looked(
    node: Node, looking: Looking, tmp_path: Path
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    (unseen,) = scanner(looking, node.server.url, "127.0.0.1", tmp_path).installed(now).values()
    assert isinstance(unseen, Unseen)
    assert unseen.cause is Cause.NOT_CONFIGURED
    assert scanner(looking, node.server.url, "127.0.0.1", tmp_path, ("*.sarif",)).installed(now) == {}
