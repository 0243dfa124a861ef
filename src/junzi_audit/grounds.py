"""Where load is put: a node launched for the duty alone, or one that the target names; and how each is crashed."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from junzi_audit.declared.pressure import Ground
from junzi_audit.launch import LaunchedNode
from junzi_audit.model import Cause, Unobservable

__all__ = ["Ground", "NamedGround", "OwnGround", "filled", "free_ports", "ordered"]

#: Seconds a command that crashes a node may take.
_CRASHING = 60


class OwnGround:
    """A node of the duty's own, so that load disturbs no other check: launched like the run's, with more keys."""

    certain = True

    def __init__(
        self, command: Sequence[str], *, keys: Mapping[str, str], api_key: str, more: int, ready_seconds: float,
        root: Path,
    ) -> None:  # fmt: skip
        self._place = tempfile.TemporaryDirectory(prefix="junzi-loaded-")
        words = {"{port}": str(free_ports(1)[0]), "{folder}": self._place.name}
        self._command = [filled(word, words) for word in command]
        self._keys = [secrets.token_urlsafe(24) for _ in range(more)]
        # The first key stays the run's own: with it the node is asked what load it has kept.
        self._given = {**keys, api_key: ",".join([keys.get(api_key, ""), *self._keys]).lstrip(",")}
        self._ready_seconds, self._root = ready_seconds, root
        self._node: LaunchedNode | None = None

    def url(self) -> str:
        """Launched when first asked for."""
        if self._node is None:
            self._node = LaunchedNode(
                self._command, keys=self._given, ready_seconds=self._ready_seconds, folder=self._root
            )
        return self._node.wait_until_ready()

    def keys(self) -> Sequence[str]:
        """Made for this duty."""
        return self._keys

    def crash(self) -> None:
        """Kill the process; its database file stays as it is at that instant."""
        self.url()
        assert self._node is not None
        self._node.crash()

    def restart(self) -> None:
        """The same command again: same port, same database."""
        self.close_node()
        self.url()

    def close_node(self) -> None:
        """End the process, if there is one."""
        node, self._node = self._node, None
        if node is not None:
            node.stop()

    def close(self) -> None:
        """End the process and remove its data."""
        self.close_node()
        self._place.cleanup()


class NamedGround:
    """A node that others run: its keys are in an environment variable, and it is crashed by the command it names."""

    certain = False

    def __init__(self, url: str, *, keys_env: str, crash: Sequence[str]) -> None:
        self._url, self._keys_env, self._crash = url, keys_env, crash

    def url(self) -> str:
        """As the target's file says."""
        return self._url

    def keys(self) -> Sequence[str]:
        """As the environment holds them."""
        found = [key.strip() for key in os.environ.get(self._keys_env, "").split(",") if key.strip()]
        if not found:
            raise Unobservable(
                Cause.UNAUTHORISED, f"the environment variable {self._keys_env} with the load keys is not set"
            )
        return found

    def crash(self) -> None:
        """Run the target's own command, without a shell."""
        if not self._crash:
            raise Unobservable(
                Cause.NOT_CONFIGURED,
                "no crash was rehearsed: the target neither launches its node nor names [load] crash",
            )
        if status := ordered("[load] crash", self._crash, seconds=_CRASHING):
            raise Unobservable(Cause.NOT_RUN, f"[load] crash: {self._crash[0]} ended with {status}")

    def restart(self) -> None:
        """Its supervisor must: that is what is rehearsed."""

    def close(self) -> None:
        """Nothing was started."""


def ordered(key: str, words: Sequence[str], *, seconds: float, folder: Path | None = None) -> int:
    """The exit status of a command of the target's file, run without a shell; Unobservable when it cannot be run."""
    try:
        return subprocess.run(  # noqa: S603 - the command stands in the target's file
            list(words), stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, cwd=folder
        ).returncode
    except FileNotFoundError:
        raise Unobservable(Cause.NOT_RUN, f"{key}: {words[0]}: not found") from None
    except OSError as error:
        raise Unobservable(Cause.NOT_RUN, f"{key}: {words[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Unobservable(Cause.NOT_RUN, f"{key}: {words[0]}: not done within {seconds:g} s") from None


def filled(word: str, values: Mapping[str, str]) -> str:
    """The word with the names in it replaced."""
    for name, value in values.items():
        word = word.replace(name, value)
    return word


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on now, each another one."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
