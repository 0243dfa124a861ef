"""Starting and ending: the ready line, the cache, wrong arguments, and every way to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest

from refnode.cache import WorkingCopy, cached_seed, state_dir
from refnode.cli import main
from refnode.faults import FAULTS
from refnode.running import prepared
from refnode.settings import Settings
from tests.refnode.conftest import ROOT, Beside

Start = Callable[..., Beside]
RUN = [sys.executable, "-m", "refnode"]


def test_a_cached_start_answers_soon_and_ends_with_stdin(beside: Start, state: Path) -> None:
    cached_seed(state, 1, 1.0)

    begun = time.perf_counter()
    node = beside()
    took = time.perf_counter() - begun

    with urllib.request.urlopen(f"{node.url}/health", timeout=5) as answer:
        health = json.load(answer)
    print(f"cached start: {took:.2f} s")
    assert _median_answer_time(node.url) < 0.03
    assert took < 10
    assert set(health) == {"status", "node", "version", "model_version", "model_digest", "time"}

    assert node.process.stdin
    node.process.stdin.close()
    assert node.process.wait(10) == 0


def _median_answer_time(url: str) -> float:
    """Time small answers on one connection: about 2 ms, and above 40 ms when the kernel holds them back."""
    place = urlsplit(url)
    times = []
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=5) as client:
        for _ in range(21):
            begun = time.perf_counter()
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            client.recv(65536)
            times.append(time.perf_counter() - begun)
    return median(times)


def test_a_parent_killed_outright_takes_the_node_with_it(state: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            f"node = subprocess.Popen({[*RUN, '--stop-with-stdin', '--scale', '0.3', '--state', str(state)]!r},"
            " stdin=subprocess.PIPE)\n"
            "time.sleep(60)\n",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout
    pid = json.loads(parent.stdout.readline())["pid"]
    parent.kill()
    parent.wait(10)
    parent.stdout.close()

    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        # An orphan that ended is a zombie until whoever adopted it looks.
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the node outlived its parent")


def test_sigterm_ends_the_node_cleanly_and_removes_its_working_copy(beside: Start, tmp_path: Path) -> None:
    node = beside("--scale", "0.1", "--state", str(tmp_path))
    assert len(list((tmp_path / "work").glob("*.db"))) == 1

    begun = time.perf_counter()
    node.process.send_signal(signal.SIGTERM)

    assert node.process.wait(10) == 0
    assert time.perf_counter() - begun < 5
    assert not list((tmp_path / "work").iterdir())


def test_a_killed_nodes_working_copy_is_swept_by_the_next_start(tmp_path: Path) -> None:
    seed = cached_seed(tmp_path, 1, 0.1)
    left = tmp_path / "work" / "node-killed.lock"
    left.parent.mkdir()
    left.touch()
    left.with_suffix(".db").touch()
    held = WorkingCopy(seed)

    following = WorkingCopy(seed)

    assert not left.exists()
    assert held.path.exists()
    held.discard()
    following.discard()


def test_first_starts_at_the_same_time_share_one_whole_seed(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(lambda _: cached_seed(tmp_path, 4, 0.05), range(2)))

    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == [made.pop().name]


def test_the_cache_directory_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert state_dir(None) == tmp_path / "junzi-refnode"
    assert state_dir("/here") == Path("/here")


def test_the_faults_are_listed_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-faults"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(FAULTS)
    assert any(line.startswith("agent-silent[:AGENT=PromiseTrackerAgent] ") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "agent-silnt"], "did you mean 'agent-silent'?"),
        (["--fault", "feed-stale:newswire"], "did you mean 'news-wire'?"),
        (["--fault", "feed-poisoned:half"], "needs a share such as 0.2, not 'half'"),
        (["--fault", "http-5xx:2"], "needs a share above 0 and at most 1"),
        (["--fault", "backlog:many"], "needs a whole number"),
        (["--fault", "scores-biased:party=Unty"], "did you mean 'Unity'?"),
        (["--fault", "scores-biased:age=9"], "knows no attribute 'age'"),
        (["--fault", "hang:1"], "takes no argument"),
        (["--host", "0.0.0.0"], "set JUNZI_API_KEY, JUNZI_AUDIT_KEY and JUNZI_CONTROL_KEY first"),
        (["--scale", "0"], "--scale must be above 0"),
        (["--port", "70000"], "--port must be between"),
        (["--database", "mysql://x/y"], "possible are sqlite:///FILE"),
    ],
)
def test_a_wrong_argument_is_told_with_what_is_possible(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUNZI_API_KEY", raising=False)
    monkeypatch.delenv("JUNZI_AUDIT_KEY", raising=False)

    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_kept_sqlite_database_keeps_what_a_killed_node_had_taken(
    beside: Start, settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    key = {"X-API-Key": "demonstration-key", "Content-Type": "application/json"}
    body = json.dumps({"entity_id": "ENT-00001", "dispute_type": "outdated", "description": "kept"}).encode()
    first = beside("--database", url, "--scale", "0.05")
    asked = urllib.request.Request(f"{first.url}/junzi/api/v1/disputes/", data=body, headers=key)
    with urllib.request.urlopen(asked, timeout=5) as answer:
        sent = json.load(answer)["dispute_id"]
    first.process.kill()
    first.process.wait(10)

    with prepared(replace(settings, database=url)) as (node, _):
        assert node.store.number("SELECT count(*) FROM disputes WHERE dispute_id = :id", id=sent) == 1
