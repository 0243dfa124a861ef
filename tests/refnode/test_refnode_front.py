"""The front before two nodes: takes over after a kill and after a hang, gives back, and leaves nothing running."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from refnode.front import cli
from refnode.front.kinds import KINDS
from tests.refnode.conftest import ROOT

STUB = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = sys.argv[1].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Answer)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
HERE = [kind.name for kind in KINDS if kind.found()]
KIND = [pytest.param(kind.name, marks=[] if kind.found() else pytest.mark.skip("not installed")) for kind in KINDS]


class Stub:
    """A process that answers every GET with its name, and keeps its port over restarts."""

    def __init__(self, name: str) -> None:
        self.name, self.port = name, 0
        self.start()

    def start(self) -> None:
        words = [sys.executable, "-c", STUB, self.name, str(self.port)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


@dataclass(kw_only=True)
class Pair:
    """Two stubs and the front before them."""

    primary: Stub
    secondary: Stub
    front: subprocess.Popen[str]
    told: dict[str, Any]

    def asked(self) -> str:
        """Who answers; nobody's name when nobody does."""
        with contextlib.suppress(OSError), urllib.request.urlopen(self.told["url"], timeout=5) as answer:
            return str(answer.read().decode())
        return ""

    def until(self, name: str, seconds: float = 8) -> float:
        """Seconds until that one answers three times running."""
        begun, running = time.monotonic(), 0
        while time.monotonic() - begun < seconds:
            running = running + 1 if self.asked() == name else 0
            if running == 3:
                return time.monotonic() - begun
            time.sleep(0.02)
        raise AssertionError(f"{name} did not answer within {seconds} s")


@pytest.fixture
def pair() -> Iterator[Callable[..., Pair]]:
    with ExitStack() as stack:

        def start(kind: str, *more: str) -> Pair:
            stubs = [Stub(name) for name in ("primary", "secondary")]
            for stub in stubs:
                stack.callback(stub.end)
            urls = [f"http://127.0.0.1:{stub.port}" for stub in stubs]
            words = ["--kind", kind, "--primary", urls[0], "--secondary", urls[1], "--stop-with-stdin", *more]
            front = subprocess.Popen(
                [sys.executable, "-m", "refnode.front", *words], cwd=ROOT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            stack.callback(_ended, front)
            assert front.stdout
            made = Pair(
                primary=stubs[0], secondary=stubs[1], front=front, told=json.loads(front.stdout.readline())
            )  # fmt: skip
            made.until("primary")
            return made

        yield start


def _ended(front: subprocess.Popen[str]) -> int:
    assert front.stdin
    assert front.stdout
    front.stdin.close()
    try:
        return front.wait(10)
    finally:
        front.kill()
        front.wait()
        front.stdout.close()


def _gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("kind", KIND)
def test_the_secondary_answers_after_a_kill_and_the_primary_once_it_is_back(
    pair: Callable[..., Pair], kind: str
) -> None:
    both = pair(kind)
    assert both.told["kind"] == kind

    both.primary.end()
    print(f"{kind}: killed, {both.until('secondary'):.2f} s")
    both.primary.start()
    print(f"{kind}: back, {both.until('primary'):.2f} s")

    assert _ended(both.front) == 0
    assert _gone(both.told["child"])


@pytest.mark.parametrize("kind", KIND)
def test_the_secondary_answers_while_the_primary_hangs(pair: Callable[..., Pair], kind: str) -> None:
    both = pair(kind)

    both.primary.send(signal.SIGSTOP)
    try:
        hung = both.until("secondary")
    finally:
        both.primary.send(signal.SIGCONT)
    back = both.until("primary")
    print(f"{kind}: hung, {hung:.2f} s; back, {back:.2f} s")
    assert both.asked() == "primary"


@pytest.mark.parametrize("kind", KIND)
def test_a_front_that_knows_no_secondary_never_fails_over(pair: Callable[..., Pair], kind: str) -> None:
    both = pair(kind, "--fault", "failover-broken")

    both.primary.end()
    seen = set()
    for _ in range(20):
        seen.add(both.asked())
        time.sleep(0.05)

    assert seen == {""}
    both.primary.start()
    both.until("primary")


def test_auto_takes_the_first_kind_that_is_installed_and_a_killed_front_takes_its_child_with_it(
    pair: Callable[..., Pair],
) -> None:
    both = pair("auto")
    assert both.told["kind"] == HERE[0]

    both.front.kill()

    assert not sys.platform.startswith("linux") or _gone(both.told["child"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--primary", "ftp://x", "--secondary", "http://127.0.0.1:2"], "--primary: 'ftp://x' is no URL such as"),
        (["--primary", "http://127.0.0.1:1", "--secondary", "http://127.0.0.1:99999"], "--secondary: "),
        (["--primary", "http://127.0.0.1:1", "--secondary", "http://127.0.0.1:1"], "is the primary"),
        (["--primary", "http://127.0.0.1:1", "--secondary", "http://127.0.0.1:2", "--port", "70000"], "--port must"),
    ],
)
def test_a_wrong_argument_is_told(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_kind_that_is_not_installed_is_told_with_what_is_possible(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("refnode.front.kinds.SYSTEM", str(tmp_path))

    with pytest.raises(SystemExit):
        cli.main(["--primary", "http://127.0.0.1:1", "--secondary", "http://127.0.0.1:2", "--kind", "nginx"])

    assert "--kind nginx is not installed here; possible: router" in capsys.readouterr().err
