"""The load probe: scenarios cut to a target, the generator's processes and lines, the crash rehearsed and replayed."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.grounds import NamedGround, OwnGround
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import generator, loadlines, scenarios
from junzi_audit.probes import load as probe
from junzi_audit.probes.load import CRASHED, LOADED, Load
from junzi_audit.seen.blocks import Stage, latencies
from tests.loaded import BEGUN, load_run, stage

FULL = scenarios.Factors(
    time=1, users=1, least_seconds=8, pace=1, ramp=(), ramp_seconds=30, most_users=1000, most_seconds=7200
)  # fmt: skip


def unobservable(act: Any) -> Unobservable:
    with pytest.raises(Unobservable) as caught:
        act()
    return caught.value


class TestScenarios:
    def test_at_full_length_they_are_the_published_ones(self) -> None:
        found = {each.name: (each.users, each.seconds) for each in scenarios.stages(FULL)}

        assert found == {
            "steady": (50, 300), "crowd": (1000, 120), "browsing": (300, 3600), "mixed": (200, 300),
            "scraping": (100, 120),
        }  # fmt: skip
        steady = scenarios.stages(FULL)[0]
        assert steady.rate * steady.seconds == 50 * 10

    def test_factors_shorten_and_thin_them_but_never_below_what_can_be_judged(self) -> None:
        cut = replace(FULL, time=0.01, users=0.1, ramp=(25, 50))
        found = {each.name: (each.users, each.seconds) for each in scenarios.stages(cut)}

        assert found["browsing"] == (30, 36)
        assert found["crowd"] == (100, 8)
        assert found["ramp 50/s"] == (50, 30)
        steady = scenarios.stages(cut)[0]
        assert steady.rate * steady.seconds == steady.users * 10

    def test_what_would_go_beyond_the_target_is_refused(self) -> None:
        assert "need 1000 users" in unobservable(lambda: scenarios.stages(replace(FULL, most_users=999))).detail
        failure = unobservable(lambda: scenarios.stages(replace(FULL, most_seconds=600)))
        assert (failure.cause, "last 4440" in failure.detail) == (Cause.REFUSED, True)


class TestLines:
    def body(self, *lines: dict[str, Any]) -> bytes:
        run = load_run([], [stage("steady")])
        names = ("node", "begun", "ended", "stages", "workers", "time_factor", "user_factor", "key_limit")
        head = loadlines.header({name: getattr(run, name) for name in names})
        return head + b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    def test_the_seconds_of_several_processes_are_added_up(self) -> None:
        part = {"second": 7, "stage": "steady", "served": 2, "errors": 1, "cells": {"40": 2}, "bytes": 10}
        run = loadlines.load_run(self.body(part, part, {"accepted": "RPT-1"}))

        assert (run.begun, run.accepted) == (BEGUN, ("RPT-1",))
        assert [(each.second, each.served, each.errors, each.bytes) for each in run.blocks] == [(7, 4, 2, 20)]
        assert latencies(run.blocks) == {40: 4}

    @pytest.mark.parametrize(
        "damage",
        [b"", b"not json\n", b'{"second": 1, "stage": "s", "cells": 5}\n', b'{"process": 1}\n', b"[1]\n", b"7\n"],
    )
    def test_damaged_lines_are_malformed(self, damage: bytes) -> None:
        body = self.body() + damage if damage else b"\n"

        assert unobservable(lambda: loadlines.load_run(body)).cause is Cause.MALFORMED


class Answering(BaseHTTPRequestHandler):
    """Takes reports, serves pages, and knows no key but one."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.say(200 if self.headers["X-API-Key"] in {"a", "b", "c"} else 401, b"[]")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.say(201, b'{"report_id": "RPT-7"}')

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process the generator started."""
    real, found = subprocess.Popen, []

    def start(*words: Any, **rest: Any) -> subprocess.Popen[bytes]:
        found.append(real(*words, **rest))
        return found[-1]

    monkeypatch.setattr(generator.subprocess, "Popen", start)
    return found


def plan(*stages: Stage) -> dict[str, Any]:
    return {
        "stages": [vars(each) for each in stages], "base": "", "key_limit": 100, "seed": 1, "entities": ["E"],
        "paths": ["/alerts/"],
    }  # fmt: skip


def test_workers_and_their_master_share_the_load_and_all_end(host: str, started: list[Any]) -> None:
    stages = (stage("mixed", seconds=3, rate=20, pace=0.5), stage("scraping", seconds=2, rate=20, pace=0.5))
    body = generator.generate(plan(*stages), host=host, keys=["a", "b", "c"], workers=2, most_seconds=60)
    run = loadlines.load_run(TestLines().body() + body)

    assert len({each.process for each in run.efforts}) == len(started) == 3
    mixed, scraping, flooding = (run.of(name) for name in ("mixed", "scraping", "flooding"))
    assert sum(each.served for each in mixed) > 20
    assert all(each.refused == each.n for each in scraping)
    assert sum(each.served for each in flooding) > 0
    assert set(run.accepted) == {"RPT-7"}
    assert [span.stage for span in run.spans] == ["mixed", "scraping"]
    assert run.seconds_of("mixed") == pytest.approx(3, abs=1)
    assert all(process.returncode is not None for process in started)
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


def test_a_generator_that_takes_too_long_is_ended(host: str, started: list[Any]) -> None:
    long = plan(stage("steady", seconds=600))
    failure = unobservable(
        lambda: generator.generate(long, host=host, keys=["a", "b"], workers=0, most_seconds=3)
    )  # fmt: skip

    assert (failure.cause, failure.detail) == (Cause.TIMED_OUT, "the load generator was ended after 3 s")
    assert [process.returncode is not None for process in started] == [True]


def test_a_generator_that_breaks_tells_its_last_words(host: str) -> None:
    broken = plan() | {"stages": [{"name": "steady", "seconds": 1}]}
    failure = unobservable(
        lambda: generator.generate(broken, host=host, keys=["a", "b"], workers=0, most_seconds=30)
    )  # fmt: skip

    assert failure.cause is Cause.BROKEN_CHECK
    assert failure.detail.startswith("the load generator ended with 1: ")


def test_last_words_never_hold_a_key() -> None:
    said = io.BytesIO(b"Traceback\nKeyError: 'secret-1' of secret-2\n")

    assert generator._last_words(said, ["secret-1", "secret-2"]) == "KeyError: '[a key]' of [a key]"
    assert generator._last_words(io.BytesIO(), []) == "it said nothing"


def test_without_locust_or_without_keys_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> bytes:
        return generator.generate(plan(), host="http://127.0.0.1:1", keys=["a"], workers=0, most_seconds=3)

    assert "at least two API keys" in unobservable(run).detail
    monkeypatch.setattr(generator.importlib.util, "find_spec", lambda name: None)
    assert "pip install 'junzi-audit[load]'" in unobservable(run).detail


class Node:
    """A node on paper: what it answers, look by look, and whether it can be started again."""

    certain = True

    def __init__(self, *statuses: int, restarts: bool = True) -> None:
        self.statuses, self.restarts, self.crashes = list(statuses), restarts, 0

    def url(self) -> str:
        return "http://127.0.0.1:1"

    def keys(self) -> list[str]:
        return ["a", "b"]

    def crash(self) -> None:
        self.crashes += 1

    def restart(self) -> None:
        if not self.restarts:
            raise Unobservable(Cause.UNREACHABLE, "the launched node did not start")

    def close(self) -> None:
        pass

    def faces(self, _: str) -> Any:
        face = SimpleNamespace(ask=lambda *_, **__: None, get_all=self._answers)
        return SimpleNamespace(root=face, api=face)

    def _answers(self, _: Any) -> list[Any]:
        return [SimpleNamespace(status=self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])]


class TestCrash:
    @pytest.fixture(autouse=True)
    def _no_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probe, "_LOOK", 0.01)
        monkeypatch.setattr(probe, "_WAIT", 0.3)
        monkeypatch.setattr(probe, "_DOWN", 0.1)

    def load(self, node: Any, store: Any) -> Load:
        return Load(recorder=store, table=None, ground=node, faces=node.faces, base="/api", seed=1)

    def run(self) -> Any:
        return load_run([], [stage("steady")])

    def test_it_is_over_when_health_and_a_read_answer(self, tmp_path: Path) -> None:
        node = Node(0, 503, 200, 503, 200, 200)
        found = self.load(node, Store(tmp_path)).recovery(self.run())

        assert 0.02 < found.seconds < 0.3
        assert node.statuses == [200]

    @pytest.mark.parametrize("node", [Node(0), Node(200, restarts=False)])
    def test_a_node_that_stays_down_took_without_end(self, node: Node, tmp_path: Path) -> None:
        assert self.load(node, Store(tmp_path)).recovery(self.run()).seconds == math.inf

    def test_a_node_that_was_never_seen_down_was_not_crashed(self, tmp_path: Path) -> None:
        node = Node(200)
        node.certain = False

        failure = unobservable(lambda: self.load(node, Store(tmp_path)).recovery(self.run()))
        assert "never seen down" in failure.detail

    def test_it_is_rehearsed_once_and_replayed_from_what_was_kept(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "again").mkdir()
        node = Node(200)
        load = self.load(node, Store(tmp_path / "run"))
        first = load.recovery(self.run())

        assert (load.recovery(self.run()), node.crashes) == (first, 1)
        replayed = self.load(node, Store(tmp_path / "again", replay=Archive(tmp_path / "run")))
        assert (replayed.recovery(self.run()), node.crashes) == (first, 1)

    def test_a_failure_to_look_is_kept_and_replayed_too(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "again").mkdir()
        first = unobservable(self.load(Node(200), Store(tmp_path / "run")).run)
        again = unobservable(
            self.load(Node(200), Store(tmp_path / "again", replay=Archive(tmp_path / "run"))).run
        )  # fmt: skip

        assert (first.cause, first.detail) == (again.cause, again.detail)
        assert (first.cause, "no [load] table" in first.detail) == (Cause.NOT_CONFIGURED, True)

    def test_an_earlier_load_run_is_read_from_its_recording(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "again").mkdir()
        for query, body in ((LOADED, TestLines().body({"accepted": "RPT-1"})), (CRASHED, b"")):
            Store(tmp_path / "run").keep(
                probe="load.run", query=query, at=datetime.now(UTC), seconds=1, status=0, body=body, cause=None
            )
        store = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))

        assert self.load(Node(200), store).run().accepted == ("RPT-1",)


class TestGrounds:
    LINES = (
        "import http.server, json, os, pathlib, sys, threading",
        "port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])",
        "with (folder / 'starts').open('a') as file: file.write(os.environ['K'] + '\\n')",
        "print(json.dumps({'url': f'http://127.0.0.1:{port}'}), flush=True)",
        "sys.stdin.read()",
    )

    def test_an_own_node_keeps_port_keys_and_folder_over_a_crash(self, tmp_path: Path) -> None:
        script = tmp_path / "node.py"
        script.write_text("\n".join(self.LINES))
        ground = OwnGround(
            ["{python}", str(script), "{port}", "{folder}"], keys={"K": "first"}, api_key="K", more=3,
            ready_seconds=20, root=tmp_path,
        )  # fmt: skip
        url = ground.url()
        folder = Path(ground._place.name)
        ground.crash()
        failure = unobservable(ground.crash)
        ground.restart()

        assert ground.url() == url
        assert (folder / "starts").read_text().split() == [",".join(["first", *ground.keys()])] * 2
        assert "ended by itself" in failure.detail
        ground.close()
        assert not folder.exists()

    def test_a_named_node_has_its_keys_in_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ground = NamedGround("https://s.example", keys_env="MANY", crash=())
        monkeypatch.delenv("MANY", raising=False)
        assert unobservable(ground.keys).cause is Cause.UNAUTHORISED
        monkeypatch.setenv("MANY", "a, b,,c")

        assert list(ground.keys()) == ["a", "b", "c"]
        assert unobservable(ground.crash).cause is Cause.NOT_CONFIGURED

    @pytest.mark.parametrize(("command", "words"), [(["false"], "false ended with 1"), (["no-such-word"], "not found")])
    def test_a_crash_command_that_fails_crashed_nothing(self, command: list[str], words: str) -> None:
        ground = NamedGround("https://s.example", keys_env="MANY", crash=command)

        assert words in unobservable(ground.crash).detail
        NamedGround("https://s.example", keys_env="MANY", crash=["true"]).crash()
