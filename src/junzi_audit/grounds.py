"""Where load is put: a node launched for the duty alone, or one that the target names; and how each is crashed."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from junzi_audit.declared.pressure import Ground
from junzi_audit.launch import LaunchedNode
from junzi_audit.model import Cause, Unobservable

__all__ = ["Ground", "NamedGround", "OwnGround"]

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
        words = {"{port}": str(_free_port()), "{folder}": self._place.name}
        self._command = [_filled(word, words) for word in command]
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
        try:
            done = subprocess.run(  # noqa: S603 - the command stands in the target's file
                list(self._crash), stdin=subprocess.DEVNULL, capture_output=True, timeout=_CRASHING, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unobservable(Cause.NOT_RUN, f"[load] crash: {self._crash[0]}: {type(error).__name__}") from None
        if done.returncode:
            raise Unobservable(Cause.NOT_RUN, f"[load] crash: {self._crash[0]} ended with {done.returncode}")

    def restart(self) -> None:
        """Its supervisor must: that is what is rehearsed."""

    def close(self) -> None:
        """Nothing was started."""


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
