"""Starting a node that belongs to the run, and making sure that it ends with it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from junzi_audit.model import Cause, Unobservable


class LaunchedNode:
    """A child process that prints one JSON line with its ``url`` and ends when its standard input closes.

    Its keys are made for this run and handed over in the environment only.
    """

    def __init__(self, command: Sequence[str], *, keys: Sequence[str], ready_seconds: float, folder: Path) -> None:
        self.keys = {name: secrets.token_urlsafe(24) for name in keys}
        self.url = ""
        self._ready_seconds = ready_seconds
        words = [sys.executable if word == "{python}" else word for word in command]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(  # noqa: S603 - the command stands in the target's file
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, cwd=folder, text=True,
            env={**os.environ, **self.keys},
        )  # fmt: skip

    def __enter__(self) -> LaunchedNode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_until_ready(self) -> str:
        """The node's URL once it answers; Unobservable with its last words when it ended or took too long."""
        if self.url:
            return self.url
        stdout = self._process.stdout
        if stdout is None:  # pragma: no cover - Popen was given a pipe
            raise Unobservable(Cause.UNREACHABLE, "the launched node has no standard output")
        watchdog = threading.Timer(self._ready_seconds, self._process.kill)
        watchdog.start()
        line = stdout.readline()
        watchdog.cancel()
        try:
            self.url = str(json.loads(line)["url"])
        except (ValueError, KeyError, TypeError):
            self.stop()
            raise Unobservable(Cause.UNREACHABLE, f"the launched node did not start: {self._last_words()}") from None
        return self.url

    def stop(self) -> None:
        """End the child by closing its standard input, then by its own process id; a second call does nothing."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it said nothing within {self._ready_seconds:g} s"
