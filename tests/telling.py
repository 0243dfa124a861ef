"""Finished runs written by hand, a target that escalates them, and HTTP doubles that listen on this machine."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from junzi_audit import limits
from junzi_audit.evidence import results
from junzi_audit.findings import Evidence, Measurement, Observation, Record, RunEnd, RunHeader, census
from junzi_audit.model import Bound, Cadence, Environment, Limit, Verdict
from tests.synthetic import Repository

BEAT, DAILY, BREACH = "heartbeat.one", "daily.two", "emergency.security-breach"
KEY = "control-Key-of-the-tests"
_GAP = Limit(name="gap", bound=Bound(comparator="<=", value=0.1), unit="share", meaning="m", source="s")
_TARGET = """\
environment = "{environment}"
[nodes]
primary = "{node}"
[escalation]
dry_run = {dry}
channels = {{ on-call = {{ url_env = "JUNZI_ONCALL_URL" }}, board = {{ url_env = "JUNZI_BOARD_URL" }} }}
[[escalation.rules]]
duties = ["heartbeat.one"]
procedure = "{procedure}"
channels = {channels}
acts = "{acts}"
[[escalation.rules]]
duties = ["*"]
procedure = "notify"
channels = ["on-call"]
verdicts = ["BREACHED", "INCONCLUSIVE"]
"""


def repository(root: Path) -> Repository:
    made = Repository(root)
    for duty in (BEAT, DAILY, BREACH, "emergency.bias-anomaly"):
        made.duty(duty, None, where='["recorded", "live", "staging", "embedded"]')
    return made


def target(
    made: Repository, *, environment: str = "staging", node: str = "http://127.0.0.1:9", dry: bool = False,
    procedure: str = "security-breach", acts: str = "none", channels: tuple[str, ...] = ("on-call",),
) -> None:  # fmt: skip
    made.write(
        "targets/here.toml",
        _TARGET.format(
            environment=environment, node=node, dry=str(dry).lower(), procedure=procedure, acts=acts,
            channels=json.dumps(list(channels)),
        ),
    )  # fmt: skip


def counted() -> Measurement:
    return census(3, n=10)


def weighed(value: float, reached: float | None = None, threshold: float = 7300) -> Measurement:
    evidence = Evidence(value=value, reached=reached or value, threshold=threshold, watch=20, looks=40)
    return Measurement(value=0.3, low=0.2, high=0.4, n=100, evidence=evidence)


def record(duty: str, verdict: Verdict, reason: str = "r.", began: datetime | None = None, *readings: Any) -> Record:
    judged = tuple(each for reading in readings for each in limits.judge(_GAP, reading))
    return Record(
        duty=duty, verdict=verdict, reason=reason, started=began or datetime.fromisoformat("2026-03-01T12:00:00Z"),
        seconds=1, judgements=judged,
    )  # fmt: skip


def header(name: str, began: datetime, *, notes: tuple[str, ...] = (), replay_of: str = "", due: tuple[str, ...] = (),
           environment: str = "staging", nodes: tuple[str, ...] = ()) -> RunHeader:  # fmt: skip
    return RunHeader(
        run=name, started=began, target="here", environment=Environment(environment), nodes=nodes,
        cadences=(Cadence.DAILY,), due=due, plan_digest="p", target_digest="t", baseline_digests={}, versions={},
        seed=1, notes=notes, replay_of=replay_of,
    )  # fmt: skip


def run(
    made: Repository, began: datetime, *records: Record, ended: bool = True, seen: bytes = b"", **words: Any
) -> Path:
    """A run's folder; ``seen``: bytes that every record cites."""
    folder = made.root / "reports" / f"{began:%Y%m%dT%H%M%SZ}-here"
    folder.mkdir(parents=True)
    given = {"due": tuple(each.duty for each in records), **words}
    results.append(folder, header(folder.name, began, **given))
    for each in records:
        results.append(folder, _citing(each, folder, seen) if seen else each)
    if ended:
        results.append(folder, RunEnd(finished=began + timedelta(seconds=9), verdict=Verdict.BREACHED, exit_status=1))
    return folder


def _citing(each: Record, folder: Path, seen: bytes) -> Record:
    from dataclasses import replace

    digest = hashlib.sha256(seen).hexdigest()
    path = f"raw/{digest[:2]}/{digest}"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(seen)
    cited = Observation(
        id="main-00001", probe="p", query="q", at=each.started, seconds=0, status=200, sha256=digest, size=len(seen),
        path=path,
    )  # fmt: skip
    return replace(each, observations=(cited,))


class Listener:
    """Hears every POST; answers what ``answers`` says of its path, else 200; every GET as ``public`` says."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str | None] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.public: tuple[int, dict[str, str]] = (503, {"X-Junzi-Safeguard": "freeze-public-api"})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append((self.path, json.loads(body)))
                outer.keys.append(self.headers.get("X-Control-Key"))
                status, told = outer.answers.get(self.path, (200, {}))
                self.send_response(status)
                said = json.dumps(told).encode()
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def do_GET(self) -> None:
                status, heads = outer.public
                self.send_response(status)
                for name, value in {**heads, "Content-Length": "2"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, *args: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.port = self._server.server_port
        self.node = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def plane(listener: Listener) -> None:
    """Answer as a node's control plane does."""
    at = "2026-03-01T12:00:00Z"
    listener.answers["/eirp/report-incident"] = (201, {
        "incident_id": "inc-1", "kind": "security", "status": "reported", "severity": None, "scope": None,
        "drill": False, "reported_at": at, "classified_at": None, "escalated_at": None, "escalated_to": None,
        "resolved_at": None, "notified": [],
    })  # fmt: skip
    listener.answers["/gesp/trigger-safeguard"] = (202, {
        "safeguard_id": "safe-1", "incident_id": "inc-1", "safeguard": "freeze-public-api", "state": "active",
        "triggered_at": at, "lifted_at": None,
    })  # fmt: skip
