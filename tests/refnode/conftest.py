"""Fixtures of the reference node's own tests: settings over one shared cache, nodes in this process or beside it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from refnode.api.application import application
from refnode.parts import Node
from refnode.running import prepared
from refnode.settings import Keys, Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of seeds for the whole run."""
    return tmp_path_factory.mktemp("junzi-refnode")


@pytest.fixture(scope="session")
def settings(state: Path) -> Settings:
    """An honest start without a rate limit."""
    return Settings(
        host="127.0.0.1",
        port=0,
        seed=1,
        scale=0.15,
        database=None,
        state=state,
        rate_limit=0,
        faults=(),
        stop_with_stdin=True,
        keys=Keys(public=("demonstration-key",), audit="demonstration-audit-key", control="demonstration-control-key"),
        # Nobody listens there; the node tells how its subscribers answered all the same.
        subscribers=("http://127.0.0.1:9/corrections",),
    )


@dataclass(frozen=True, kw_only=True)
class Here:
    """A node in this process: its parts and its application."""

    node: Node
    app: Any


Open = Callable[..., Here]


@pytest.fixture
def here(settings: Settings) -> Iterator[Open]:
    """Open a node in this process: `here("fault", "other:argument", seed=2)`."""
    with ExitStack() as stack:

        def opened(*faults: str, **changes: Any) -> Here:
            asked = tuple((name, argument) for name, _, argument in (fault.partition(":") for fault in faults))
            node, applied = stack.enter_context(prepared(replace(settings, faults=asked, **changes)))
            return Here(node=node, app=application(node, applied.wraps))

        yield opened


@pytest.fixture(scope="module")
def one(settings: Settings) -> Iterator[Here]:
    """One honest node in this process for all tests of a file that leave nothing behind."""
    with prepared(settings) as (node, applied):
        yield Here(node=node, app=application(node, applied.wraps))


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A node in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture
def beside(state: Path) -> Iterator[Callable[..., Beside]]:
    """Start a node as a user would: `beside("--fault", "hang")`."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **options: Any) -> Beside:
        command = [sys.executable, "-m", "refnode", "--stop-with-stdin", "--state", str(state), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        started.append(process)
        assert process.stdout
        line = process.stdout.readline()
        assert line, f"the node ended with status {process.wait(10)}"
        ready = json.loads(line)
        assert ready["ready"] is True
        assert ready["pid"] == process.pid
        return Beside(url=ready["url"], process=process)

    yield start
    for process in started:
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
