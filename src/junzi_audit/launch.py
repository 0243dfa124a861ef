"""Starting a node that belongs to the run, and making sure that it ends with it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from junzi_audit.model import Cause, Unobservable

#: What a command answers that was started with words it does not know.
_USAGE = 2
#: Characters of a child's first line that we read; it has one URL to tell.
_LINE = 10_000


class LaunchedNode:
    """A child process that prints one JSON line with its ``url`` and ends when its standard input closes.

    Its keys are made for this run, unless they are given as a mapping, and handed over in the environment only.
    """

    def __init__(
        self, command: Sequence[str], *, keys: Sequence[str] | Mapping[str, str], ready_seconds: float, folder: Path
    ) -> None:
        self.keys = dict(keys) if isinstance(keys, Mapping) else {name: secrets.token_urlsafe(24) for name in keys}
        self.url = ""
        #: Whether it ended because it does not know the words it was started with.
        self.misused = False
        self._ready_seconds = ready_seconds
        self._failure = ""
        self._first: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        words = [sys.executable if word == "{python}" else word for word in command]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command stands in the target's file
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, cwd=folder, text=True,
                errors="replace", env={**os.environ, **self.keys},
            )  # fmt: skip
        except OSError as error:
            self._failure = f"{words[0]}: {error.strerror}"
            return
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def __enter__(self) -> LaunchedNode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_until_ready(self) -> str:
        """The node's URL once it answers; Unobservable with its last words when it ended or took too long."""
        if not self.url and not self._failure:
            try:
                self.url = _url(self._first.get(timeout=self._ready_seconds))
            except (queue.Empty, ValueError, KeyError, TypeError, RecursionError):
                self._failure = self._last_words()
                self.misused = self._process is not None and self._process.poll() == _USAGE
                self.stop()
        if not self.url:
            raise Unobservable(Cause.UNREACHABLE, f"the launched node did not start: {self._failure}")
        return self.url

    def crash(self) -> None:
        """End the child without a chance to tidy up, by its own process id; Unobservable when it had ended already."""
        if self._process is None or self._process.poll() is not None:
            raise Unobservable(Cause.UNREACHABLE, "the launched node ended by itself before it could be crashed")
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        """Let the child stand still, connections and all, until ``resume``, or until this process ends however."""
        if self._process is None or self._process.poll() is not None:
            raise Unobservable(Cause.UNREACHABLE, "the launched node ended by itself before it could be made to hang")
        # One that stands still would not notice that its parent is gone, so a guard does, in a session of its own.
        words = ["sh", "-c", f"cat >/dev/null; kill -CONT {self._process.pid}"]
        self._guard = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on; a second call does nothing."""
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            guard.wait()

    def stop(self) -> None:
        """End the child by closing its standard input, then by its own process id; a second call does nothing."""
        self.resume()
        process, self._process = self._process, None
        if process is not None:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            except KeyboardInterrupt:  # a person does not want to wait for it
                process.kill()
                process.wait()
                self._errors.close()
                raise
        self._errors.close()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        """Read what the child prints until it ends: one that fills its pipe would stand still in the middle of a run.

        In a thread of its own, because a grandchild that inherited the pipe can keep it open for ever.
        """
        if process.stdout is None:  # pragma: no cover - Popen was given a pipe
            return
        with process.stdout as output:
            self._first.put(output.readline(_LINE))
            while output.read(_LINE):
                pass

    def _last_words(self) -> str:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.5)  # a child that just said its last word may still be ending
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        words = lines[-1][-500:] if lines else f"it said nothing within {self._ready_seconds:g} s"
        for key in (each for kept in self.keys.values() for each in kept.split(",") if each):
            words = words.replace(key, "[its key]")
        return words


def _url(line: str) -> str:
    """The URL that the child's first line tells; ValueError, KeyError or TypeError when it tells none."""
    url = json.loads(line)["url"]
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no http URL")
    return url
