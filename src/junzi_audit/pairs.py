"""A primary and a secondary behind a front, of the drill's own or run by others; how each is brought down."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from junzi_audit.declared.downtime import Downtime, Failed
from junzi_audit.grounds import filled, free_ports, ordered
from junzi_audit.launch import LaunchedNode
from junzi_audit.model import Cause, Unobservable

#: What shells and ssh answer when a command could not be run at all.
_NOT_RUN = {126, 127, 255}


class OwnPair:
    """Two nodes on one database and a front before them, launched for the drill alone and gone with it.

    ``usual`` is the target's own launch command with seed and faults; ``faults`` those words alone, which the front
    and the backup are told as well.
    """

    hangs, stays = True, False

    def __init__(
        self, usual: Sequence[str], table: Downtime, *, faults: Sequence[str], keys: Mapping[str, str],
        ready_seconds: float, root: Path,
    ) -> None:  # fmt: skip
        self._usual, self._table, self._faults, self._keys = usual, table, faults, keys
        self._ready_seconds, self._root = ready_seconds, root
        self._place = tempfile.TemporaryDirectory(prefix="junzi-downtime-")
        self._ports = dict(zip(("primary", "secondary"), free_ports(2), strict=True))
        self.primary, self.secondary = (f"http://127.0.0.1:{port}" for port in self._ports.values())
        self.front, self.restored = "", ""
        self._running: dict[str, LaunchedNode] = {}
        self._lost = False

    def start(self) -> None:
        """Both nodes, and the front once they answer."""
        self._node("primary", self._table.nodes).wait_until_ready()  # makes the database
        self._node("secondary", self._table.nodes)
        self.front = self._launch("front", [*self._words(self._table.router), *self._faults]).wait_until_ready()
        self._running["secondary"].wait_until_ready()
        self.restored = self.front

    def kill(self) -> None:
        """The primary, without a chance to tidy up."""
        self._running["primary"].crash()

    def revive(self) -> None:
        """The primary again, on the same port and database."""
        self._end("primary")
        self._node("primary", self._table.nodes).wait_until_ready()

    def hang(self) -> None:
        """The primary stands still."""
        self._running["primary"].hang()

    def resume(self) -> None:
        """It goes on."""
        self._running["primary"].resume()

    def backup(self) -> datetime:
        """One is taken while both serve; gives an instant that it cannot be older than."""
        at = datetime.now(UTC)
        self._ordered("backup", [*self._table.backup, *self._faults])
        return at

    def lose(self) -> None:
        """Both nodes, without a chance to tidy up; nobody looks at their database any more."""
        self._lost = True
        for name in ("primary", "secondary"):
            self._running[name].crash()
            self._end(name)

    def restore(self) -> None:
        """The backup becomes a new database."""
        self._ordered("restore", self._table.restore)

    def recover(self) -> None:
        """A node is started on it, where the primary was; Failed when it does not come up."""
        try:
            self._node("primary", self._table.recover).wait_until_ready()
        except Unobservable as failure:
            raise Failed(failure.detail) from None
        self._lost = False

    def put_back(self) -> None:
        """One that stands still goes on; where nothing was restored, the primary serves its own database again."""
        if self._lost:
            self.revive()
        elif "primary" in self._running:
            self.resume()

    def owe_everything(self) -> None:
        """Nothing of another process's pair is left."""

    def discard(self) -> None:
        """The restored node answers for the pair until it is closed."""

    def close(self) -> None:
        """End whatever runs, and remove its data."""
        for name in tuple(self._running):
            self._end(name)
        self._place.cleanup()

    def _node(self, name: str, words: Sequence[str]) -> LaunchedNode:
        return self._launch(name, [*self._usual, *self._words(words, self._ports[name])])

    def _launch(self, name: str, words: Sequence[str]) -> LaunchedNode:
        self._running[name] = LaunchedNode(
            words, keys=self._keys, ready_seconds=self._ready_seconds, folder=self._root
        )  # fmt: skip
        return self._running[name]

    def _end(self, name: str) -> None:
        if node := self._running.pop(name, None):
            node.stop()

    def _ordered(self, key: str, words: Sequence[str]) -> None:
        _run(key, self._words(words), seconds=self._table.command_seconds, folder=self._root)

    def _words(self, words: Sequence[str], port: int = 0) -> list[str]:
        values = {
            "{python}": sys.executable, "{folder}": self._place.name, "{port}": str(port),
            "{primary}": self.primary, "{secondary}": self.secondary,
        }  # fmt: skip
        return [filled(word, values) for word in words]


class NamedPair:
    """Nodes that others run, brought down and back by the target's own commands; nothing that serves is destroyed."""

    stays = True

    def __init__(
        self, table: Downtime, *, front: str, primary: str, secondary: str, newest: Callable[[], datetime]
    ) -> None:  # fmt: skip
        self._table, self._newest, self._taken = table, newest, datetime.min.replace(tzinfo=UTC)
        self.front, self.primary, self.secondary, self.restored = front, primary, secondary, table.restored
        self.hangs = bool(table.hang)
        self._owed: dict[str, Sequence[str]] = {}

    def start(self) -> None:
        """They run already; without a backup nothing is begun."""
        self._taken = self._newest()

    def kill(self) -> None:
        """The primary, by its command."""
        self._do("kill", self._table.kill, undo="revive", by=self._table.revive)

    def revive(self) -> None:
        """What brings it back."""
        self._undo("revive")

    def hang(self) -> None:
        """The primary stands still, by its command."""
        self._do("hang", self._table.hang, undo="resume", by=self._table.resume)

    def resume(self) -> None:
        """It goes on."""
        self._undo("resume")

    def backup(self) -> datetime:
        """None is taken: the newest that there is must do, and its age is what counts."""
        return self._taken

    def lose(self) -> None:
        """Nothing: the loss is supposed."""

    def restore(self) -> None:
        """The newest backup comes up as a node of its own."""
        self._do("restore", self._table.restore, undo="discard", by=self._table.discard)

    def recover(self) -> None:
        """The command before did."""

    def put_back(self) -> None:
        """Whatever was done and not undone, the last thing first; after an abort in another process, everything."""
        for key in reversed(tuple(self._owed)):
            self._undo(key)

    def owe_everything(self) -> None:
        """What a drill left that never came to its end is not known, so all of it is undone."""
        table = self._table
        owed = {"revive": table.revive, "resume": table.resume, "discard": table.discard}
        self._owed = {key: words for key, words in owed.items() if words}

    def discard(self) -> None:
        """The restored node is taken away."""
        self._undo("discard")

    def close(self) -> None:
        """Nothing was started."""

    def _do(self, key: str, words: Sequence[str], *, undo: str, by: Sequence[str]) -> None:
        self._owed[undo] = by
        _run(key, words, seconds=self._table.command_seconds)

    def _undo(self, key: str) -> None:
        if key in self._owed:
            _run(key, self._owed[key], seconds=self._table.command_seconds)
            del self._owed[key]


def _run(key: str, words: Sequence[str], *, seconds: float, folder: Path | None = None) -> None:
    """Failed when the command says that it failed; Unobservable when it could not be run."""
    status = ordered(f"[drills.downtime] {key}", words, seconds=seconds, folder=folder)
    if status in _NOT_RUN:
        raise Unobservable(Cause.NOT_RUN, f"[drills.downtime] {key}: {words[0]} ended with {status}")
    if status:
        raise Failed(f"{key}: {words[0]} ended with {status}")
