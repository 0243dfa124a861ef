"""The downtime drill on nodes that others run: struck down while the primary is dead, it is undone, and then held."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.grounds import free_ports
from junzi_audit.model import Verdict
from tests.audited import ROOT, copied_repository

KEYS = {name: f"{name.lower()}-of-the-test" for name in ("JUNZI_API_KEY", "JUNZI_AUDIT_KEY", "JUNZI_CONTROL_KEY")}
DUTY = "emergency.system-downtime"
#: What an operator would have on a host: it starts nodes that outlive it, and brings them down and back.
OPERATOR = """
import os, signal, subprocess, sys, time, urllib.request
from pathlib import Path
word, folder, (primary, secondary, restored) = sys.argv[1], Path(sys.argv[2]), sys.argv[3:6]
def pid(name): return int((folder / name).read_text())
def start(name, port, database, *more):
    words = [sys.executable, "-m", "refnode", "--scale", "0.1", "--rate-limit", "0", "--port", port,
             "--database", f"sqlite:///{folder / database}", *more]
    with open(folder / "out", "a") as out:
        node = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    (folder / name).write_text(str(node.pid))
    for _ in range(600):
        try: return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
        except OSError: time.sleep(0.1)
def end(name):
    try: os.kill(pid(name), signal.SIGKILL)
    except (OSError, ValueError): pass
def rescue(*words): subprocess.run([sys.executable, "-m", "refnode.rescue", *words], check=True)
with open(folder / "log", "a") as log: log.write(word + " ")
if word == "start":
    start("primary", primary, "node.db"); start("secondary", secondary, "node.db")
elif word == "kill": end("primary")
elif word == "revive": end("primary"); start("primary", primary, "node.db")
elif word == "hang": os.kill(pid("primary"), signal.SIGSTOP)
elif word == "resume": os.kill(pid("primary"), signal.SIGCONT) if Path(f"/proc/{pid('primary')}").exists() else None
elif word == "restore":
    rescue("take", "--database", f"sqlite:///{folder / 'node.db'}", "--into", str(folder / "copy"))
    rescue("restore", "--from", str(folder / "copy"), "--database", f"sqlite:///{folder / 'restored.db'}")
    start("restored", restored, "restored.db", "--recovering")
elif word == "discard": end("restored"); (folder / "restored.db").unlink(missing_ok=True)
"""
TARGET = """
environment = "staging"
agents = ["RiskProfilerAgent"]
[nodes]
primary     = "http://127.0.0.1:{primary}"
secondaries = ["http://127.0.0.1:{secondary}"]
[feeds]
news-wire = ["wire.news.example"]
[writes]
allowed = true
[backup]
kind = "archive"
url  = "/backup/manifest.json"
[drills]
pause_seconds = 0.02
front = "{front}"
[[drills.approvals]]
who  = "A. Person"
role = "chair"
body = "Ethical Governance Board"
[[drills.approvals]]
who  = "B. Person"
role = "chair"
body = "Bias Monitoring Council"
[drills.downtime]
restored = "http://127.0.0.1:{restored}"
"""


class Site:
    """A primary and a secondary behind a front, and the operator's words for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(("primary", "secondary", "restored"), map(str, free_ports(3)), strict=True))
        self.operate("start")
        urls = [f"http://127.0.0.1:{self.ports[name]}" for name in ("primary", "secondary")]
        self.front = subprocess.Popen(
            [sys.executable, "-m", "refnode.front", "--primary", urls[0], "--secondary", urls[1], "--stop-with-stdin"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.front.stdout
        self.url = json.loads(self.front.stdout.readline())["url"]

    def words(self, word: str) -> list[str]:
        return [sys.executable, str(self.folder / "runbook.py"), word, str(self.folder), *self.ports.values()]

    def operate(self, word: str) -> None:
        (self.folder / "runbook.py").write_text(OPERATOR)
        subprocess.run(self.words(word), cwd=ROOT, env={**os.environ, **KEYS}, check=True, timeout=120)

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().split()

    def close(self) -> None:
        assert self.front.stdin
        assert self.front.stdout
        self.front.stdin.close()
        self.front.wait(10)
        self.front.stdout.close()
        for name in self.ports:
            with suppress(OSError):
                os.kill(int((self.folder / name).read_text()), signal.SIGKILL)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    made = Site(tmp_path / "site")
    yield made
    made.close()


def repository(folder: Path, site: Site) -> Path:
    root = copied_repository(folder)
    words = ("kill", "revive", "hang", "resume", "restore", "discard")
    commands = "".join(f"{word} = {json.dumps(site.words(word))}\n" for word in words)
    target = TARGET.format(front=site.url, **site.ports) + commands
    (root / "targets" / "drilled.toml").write_text(target, encoding="utf-8")
    return root


def drill(root: Path, name: str) -> subprocess.Popen[str]:
    words = ["-m", "pytest", "-m", "emergency", "-k", "system_downtime", "--no-plots", "-q", "--target", "drilled"]
    return subprocess.Popen(
        [sys.executable, *words, f"--record={root / 'reports' / name}"], cwd=root, text=True,
        env={**os.environ, **KEYS}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_drill_struck_down_while_the_primary_is_dead_is_undone_at_the_next_start_and_then_held(
    site: Site, tmp_path: Path
) -> None:
    root = repository(tmp_path / "root", site)
    with drill(root, "first") as first:
        deadline = time.monotonic() + 90
        while "kill" not in site.log() and time.monotonic() < deadline and first.poll() is None:
            time.sleep(0.02)
        first.kill()
    assert site.log()[:2] == ["start", "kill"]
    assert len(list((root / "reports" / "drills").rglob("*.json"))) == 1
    done = len(site.log())

    with drill(root, "second") as second:
        said, _ = second.communicate(timeout=200)

    record = {each.duty: each for each in results.read(root / "reports" / "second").records}[DUTY]
    assert record.verdict is Verdict.MET, said
    undone = ["discard", "resume", "revive"]
    assert site.log()[done:] == [*undone, "kill", "revive", "hang", "resume", "restore", "discard"]
    assert not list((root / "reports" / "drills").rglob("*.json"))
