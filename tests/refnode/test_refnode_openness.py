"""What a stranger finds at the node's doors, honest and not."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from refnode import server
from tests.refnode.asking import KEYS, PUBLIC, ask
from tests.refnode.conftest import Beside, Open


def listening_above(node: Beside) -> int:
    port = urlsplit(node.url).port
    assert port
    found = 0
    for above in range(port + 1, port + 4):
        with socket.socket() as peer:
            found += peer.connect_ex(("127.0.0.1", above)) == 0
    return found


def test_a_stray_port_listens_until_the_node_ends(beside: Callable[..., Beside]) -> None:
    assert listening_above(beside("--fault", "port-open", "--scale", "0.3")) == 1


def test_a_node_holds_the_port_above_its_own_so_that_nobody_else_listens_there(beside: Callable[..., Beside]) -> None:
    node = beside("--scale", "0.3")
    assert listening_above(node) == 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", (urlsplit(node.url).port or 0) + 1))


def test_a_port_whose_neighbour_is_taken_is_left_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[socket.socket] = []
    honest = server.listener

    def crowded(host: str, port: int) -> socket.socket:
        bound = honest(host, port)
        if len(tried) < 3:
            neighbour = socket.socket()
            tried.append(neighbour)
            neighbour.bind((host, bound.getsockname()[1] + 1))
        return bound

    monkeypatch.setattr(server, "listener", crowded)
    bound, above = server.listeners("127.0.0.1", 0, stray=True)
    assert above
    own, next_one = bound.getsockname()[1], above.getsockname()[1]
    taken = {each.getsockname()[1] for each in tried}
    for each in (bound, above, *tried):
        each.close()
    assert len(taken) == 3
    assert own + 1 == next_one
    assert next_one not in taken


def test_the_node_tells_how_often_a_key_may_ask_and_how_often_it_still_may(here: Open) -> None:
    app = here(rate_limit=2).app
    told = [ask(app, f"{PUBLIC}/reports/") for _ in range(3)]
    assert [each.status for each in told] == [200, 200, 429]
    assert [each.headers["ratelimit-remaining"] for each in told[:2]] == ["1", "0"]
    assert {each.headers["ratelimit-limit"] for each in told[:2]} == {"2"}


def test_a_limit_that_is_none_is_not_told(here: Open) -> None:
    assert "ratelimit-limit" not in ask(here(rate_limit=0).app, f"{PUBLIC}/reports/", headers=KEYS).headers
