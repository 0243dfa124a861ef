"""A launched node: ready, refused, silent, flooding, leaving children behind; and always ended."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from junzi_audit.launch import LaunchedNode
from junzi_audit.model import Cause, Unobservable

Launch = Callable[..., LaunchedNode]


@pytest.fixture
def launch(tmp_path: Path, request: pytest.FixtureRequest) -> Launch:
    def start(*lines: str, ready_seconds: float = 10, command: tuple[str, ...] = ()) -> LaunchedNode:
        script = tmp_path / "node.py"
        script.write_text("import json, os, subprocess, sys, time\n" + "\n".join(lines))
        words = command or ("{python}", str(script))
        node = LaunchedNode(words, keys=["A_KEY", "B_KEY"], ready_seconds=ready_seconds, folder=tmp_path)
        request.addfinalizer(node.stop)
        return node

    return start


SAYS_URL = 'print(json.dumps({"url": "http://127.0.0.1:1"}), flush=True)'


def refused(node: LaunchedNode) -> str:
    with pytest.raises(Unobservable) as caught:
        node.wait_until_ready()
    assert caught.value.cause is Cause.UNREACHABLE
    return caught.value.detail


def test_a_node_is_ready_when_it_tells_its_url_and_ends_with_its_input(launch: Launch, tmp_path: Path) -> None:
    with launch(SAYS_URL, "sys.stdin.read()", "open('ended', 'w').close()") as node:
        assert node.wait_until_ready() == node.wait_until_ready() == "http://127.0.0.1:1"
    node.stop()


def test_keys_are_new_for_each_run_and_handed_over_in_the_environment(launch: Launch, tmp_path: Path) -> None:
    with launch("open('keys', 'w').write(os.environ['A_KEY'] + os.environ['B_KEY'])", SAYS_URL) as node:
        node.wait_until_ready()
        assert (tmp_path / "keys").read_text() == "".join(node.keys.values())
        assert node.keys != launch(SAYS_URL).keys


NO_URL = [
    "print('ready')", "print('{}')", "print('[]')", "print('null')", "print('[' * 5000)", "print('x' * 1_000_000)",
    'print(json.dumps({"url": 5}))', 'print(json.dumps({"url": "file:///etc/passwd"}))',
    "sys.stdout.buffer.write(b'\\xff\\n')",
]  # fmt: skip


@pytest.mark.parametrize("line", NO_URL)
def test_a_node_that_tells_no_url_did_not_start(line: str, launch: Launch) -> None:
    said = refused(launch(line, "print('its last words', file=sys.stderr)"))

    assert said == "the launched node did not start: its last words"


def test_a_node_that_ends_at_once_leaves_its_last_words_without_its_keys(launch: Launch) -> None:
    node = launch("sys.exit('bad key ' + os.environ['A_KEY'])")

    assert refused(node) == "the launched node did not start: bad key [its key]"
    assert refused(node) == "the launched node did not start: bad key [its key]"


def test_a_command_that_is_not_there_did_not_start(launch: Launch) -> None:
    assert "no-such-node: No such file" in refused(launch(command=("no-such-node",)))


def test_a_silent_node_is_waited_for_no_longer_than_said(launch: Launch) -> None:
    begun = time.perf_counter()
    node = launch("sys.stdin.read()", ready_seconds=0.3)

    assert "it said nothing within 0.3 s" in refused(node)
    assert time.perf_counter() - begun < 3


def test_a_child_of_the_node_that_keeps_its_output_open_does_not_keep_us(launch: Launch) -> None:
    begun = time.perf_counter()
    node = launch(
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(6)'])", "sys.stdin.read()", ready_seconds=0.5
    )

    refused(node)
    assert time.perf_counter() - begun < 4


def test_a_talkative_node_never_stands_still(launch: Launch, tmp_path: Path) -> None:
    with launch(
        SAYS_URL, "print('x' * 2_000_000, flush=True)", "open('done', 'w').close()", "sys.stdin.read()"
    ) as node:
        node.wait_until_ready()
        for _ in range(100):
            if (tmp_path / "done").exists():
                break
            time.sleep(0.05)
        assert (tmp_path / "done").exists()


def test_a_node_that_ignores_the_end_of_its_input_is_ended(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    node = launch(SAYS_URL, "time.sleep(60)")
    node.wait_until_ready()
    process = node._process
    assert process is not None
    wait = process.wait
    monkeypatch.setattr(process, "wait", lambda timeout=None: wait(timeout=0.2 if timeout else None))

    node.stop()

    assert process.returncode is not None


ECHO = """
import json, sys, threading, time
print(json.dumps({"url": "http://127.0.0.1:1"}), flush=True)
def ticks():
    while True:
        open(sys.argv[1], "a").write(".")
        time.sleep(0.02)
threading.Thread(target=ticks, daemon=True).start()
sys.stdin.read()
"""


def test_a_node_made_to_hang_goes_on_when_told_to_and_ends_when_it_was_not(tmp_path: Path) -> None:
    ticks = tmp_path / "ticks"
    command = [sys.executable, "-c", ECHO, str(ticks)]

    def moves() -> bool:
        before = ticks.read_text() if ticks.exists() else ""
        time.sleep(0.5)
        return ticks.read_text() != before

    with LaunchedNode(command, keys=(), ready_seconds=20, folder=tmp_path) as node:
        node.wait_until_ready()
        assert moves()
        node.hang()
        time.sleep(0.05)
        assert not moves()
        node.resume()
        assert moves()
        node.hang()
        begun = time.monotonic()
    assert time.monotonic() - begun < 3  # it was let go, so that it could end by itself


def test_a_node_that_hangs_goes_with_whoever_launched_it(tmp_path: Path) -> None:
    ticks = tmp_path / "ticks"
    parent = (
        "import sys, time; from pathlib import Path; from junzi_audit.launch import LaunchedNode\n"
        f"node = LaunchedNode([sys.executable, '-c', {ECHO!r}, {str(ticks)!r}], keys=(), ready_seconds=20,"
        " folder=Path('.'))\n"
        "node.wait_until_ready(); node.hang(); print(node._process.pid, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        process.kill()

    for _ in range(100):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("it stands still for ever")
