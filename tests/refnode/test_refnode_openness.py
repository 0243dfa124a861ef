"""What a stranger finds at the node's doors, honest and not."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

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


def test_the_node_tells_how_often_a_key_may_ask_and_how_often_it_still_may(here: Open) -> None:
    app = here(rate_limit=2).app
    told = [ask(app, f"{PUBLIC}/reports/") for _ in range(3)]
    assert [each.status for each in told] == [200, 200, 429]
    assert [each.headers["ratelimit-remaining"] for each in told[:2]] == ["1", "0"]
    assert {each.headers["ratelimit-limit"] for each in told[:2]} == {"2"}


def test_a_limit_that_is_none_is_not_told(here: Open) -> None:
    assert "ratelimit-limit" not in ask(here(rate_limit=0).app, f"{PUBLIC}/reports/", headers=KEYS).headers
