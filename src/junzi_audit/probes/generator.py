"""The load generator: Locust in processes of its own, bounded in time, ended by their own ids whatever happens."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from junzi_audit.model import Cause, Unobservable

_FILE = Path(__file__).with_name("locustfile.py")
#: Seconds on top of the stages: starting, and users that wait for their last answer between stages.
_SLACK = 90.0
#: Seconds an answer may take; a request that waited longer counts as never answered.
ANSWER = 5.0


def generate(plan: Mapping[str, Any], *, host: str, keys: Sequence[str], workers: int, most_seconds: float) -> bytes:
    """Run the plan's stages against the host; the JSON lines that all generator processes wrote.

    Unobservable when Locust is not installed, ended badly, or had to be ended after ``most_seconds``.
    """
    if importlib.util.find_spec("locust") is None:
        raise Unobservable(Cause.NOT_CONFIGURED, "Locust is not installed; pip install 'junzi-audit[load]'")
    if len(keys) < 2:
        raise Unobservable(Cause.NOT_CONFIGURED, "a load run needs at least two API keys, one of them for the scraper")
    bound = min(most_seconds, sum(stage["seconds"] for stage in plan["stages"]) + _SLACK)
    with tempfile.TemporaryDirectory(prefix="junzi-load-") as place, contextlib.ExitStack() as stack:
        folder = Path(place)
        (folder / "plan.json").write_text(json.dumps({**plan, "workers": workers, "answer_seconds": ANSWER}))
        (folder / "events").mkdir()
        words = stack.enter_context(tempfile.TemporaryFile())
        deadline = time.monotonic() + bound
        processes = [
            stack.enter_context(_started(arguments, worker, folder, keys, words))
            for worker, arguments in enumerate(_roles(host, workers))
        ]
        main = processes[-1]
        try:
            main.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Unobservable(Cause.TIMED_OUT, f"the load generator was ended after {bound:.0f} s") from None
        if main.returncode:
            said = _last_words(words, keys)
            raise Unobservable(Cause.BROKEN_CHECK, f"the load generator ended with {main.returncode}: {said}")
        for worker in processes[:-1]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(timeout=5)  # the master has sent it home; its last second is still being written
        return b"".join(path.read_bytes() for path in sorted((folder / "events").iterdir()))


def _roles(host: str, workers: int) -> Iterator[list[str]]:
    """The command of each process: the workers, and last the one that decides when it is over."""
    common = [
        sys.executable, "-m", "locust", "-f", str(_FILE), "--headless", "--only-summary", "--host", host,
        "--loglevel", "ERROR", "--exit-code-on-error", "0", "--stop-timeout", f"{ANSWER + 1:.0f}",
    ]  # fmt: skip
    if not workers:
        yield common
        return
    port = str(_free_port())
    for _ in range(workers):
        yield [*common, "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    bind = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    yield [*common, "--master", *bind, "--expect-workers", str(workers), "--expect-workers-max-wait", "30"]


@contextlib.contextmanager
def _started(
    command: Sequence[str], worker: int, folder: Path, keys: Sequence[str], words: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """One generator process; it is ended with the block, by its own id."""
    # Locust reads settings from LOCUST_… variables and from files in the working directory: neither may add to ours.
    env = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    ours = {
        "JUNZI_LOAD_PLAN": str(folder / "plan.json"), "JUNZI_LOAD_EVENTS": str(folder / "events"),
        "JUNZI_LOAD_KEYS": ",".join(keys), "JUNZI_LOAD_WORKER": str(worker), "HOME": str(folder),
    }  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own command, no shell
        command, cwd=folder, env=env | ours, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _last_words(words: IO[bytes], keys: Sequence[str]) -> str:
    words.seek(0)
    lines = words.read()[-20_000:].decode(errors="replace").strip().splitlines()
    said = lines[-1][-300:] if lines else "it said nothing"
    for key in keys:
        said = said.replace(key, "[a key]")
    return said
