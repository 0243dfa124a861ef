"""The command line of the front: picks a kind, runs it as a child, says where it listens, and ends it."""

import argparse
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from refnode.front.kinds import KINDS, Kind
from refnode.front.plan import BROKEN, HOST, Place, Plan, place_of

READY, ENDING = 10.0, 3.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a front until told to stop. Gives the exit status; wrong arguments end with status 2."""
    parser = _parser()
    given = parser.parse_args(arguments)
    plan, kinds = _plan(parser, given), _kinds(parser, given.kind)
    with tempfile.TemporaryDirectory(prefix="refnode-front-") as name:
        for kind, binary in kinds:
            with _running(kind.command(binary, plan, Path(name))) as child:
                if _answering(child, plan.port):
                    return _until_told(child, kind.name, plan.port, stop_with_stdin=given.stop_with_stdin)
                sys.stderr.write(f"{kind.name} did not start on port {plan.port}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refnode.front", description="One address before a primary and a secondary.")
    parser.add_argument("--primary", required=True, metavar="URL", help="the node that answers")
    parser.add_argument("--secondary", required=True, metavar="URL", help="the node that takes over")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument(
        "--kind", choices=("auto", *(kind.name for kind in KINDS)), default="auto",
        help="what to run; auto takes the first that is installed (default)",
    )  # fmt: skip
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[:ARG]", help=f"a node's faults; {BROKEN} is the front's"
    )
    parser.add_argument("--stop-with-stdin", action="store_true", help="end as soon as stdin ends")
    return parser


def _plan(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Plan:
    places: list[Place] = []
    for word in ("primary", "secondary"):
        try:
            places.append(place_of(getattr(given, word)))
        except ValueError as error:
            parser.error(f"--{word}: {error}")
    if places[0] == places[1]:
        parser.error(f"--secondary: {places[1]} is the primary")
    if not 0 <= given.port <= 65535:
        parser.error(f"--port must be between 0 and 65535, not {given.port}")
    told = BROKEN not in given.fault
    return Plan(port=given.port or _free_port(), primary=places[0], secondary=places[1] if told else None)


def _kinds(parser: argparse.ArgumentParser, asked: str) -> list[tuple[Kind, str]]:
    here = [(kind, binary) for kind in KINDS if (binary := kind.found())]
    chosen = [each for each in here if asked in ("auto", each[0].name)]
    if not chosen:
        parser.error(f"--kind {asked} is not installed here; possible: {', '.join(kind.name for kind, _ in here)}")
    return chosen


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(  # noqa: S603 - a command of our own
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=_end_with_parent
    )
    try:
        yield child
    finally:
        if child.stdin:
            child.stdin.close()
        child.terminate()
        try:
            child.wait(ENDING)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _end_with_parent() -> None:
    """Ask Linux to end the child when the front is killed outright; elsewhere only the router would notice."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _answering(child: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + READY
    while child.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return child.poll() is None
        time.sleep(0.02)
    return False


def _until_told(child: subprocess.Popen[bytes], kind: str, port: int, *, stop_with_stdin: bool) -> int:
    """Say that the front is ready, and wait for a signal, the end of stdin, or the end of the child (status 1)."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    if stop_with_stdin:
        threading.Thread(target=_until_stdin_ends, args=(told,), daemon=True).start()
    ready = {"ready": True, "url": f"http://{HOST}:{port}", "pid": os.getpid(), "child": child.pid, "kind": kind}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    while not told.wait(0.1):
        if child.poll() is not None:
            sys.stderr.write(f"{kind} ended by itself\n")
            return 1
    return 0


def _until_stdin_ends(told: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    told.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
