"""What a target's file says of the downtime drill, and the pair of nodes that it is held on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from junzi_audit.declared.words import unfilled

_OWN = ("nodes", "router", "backup", "restore", "recover")
_NAMED = ("kill", "revive", "restore", "restored", "discard")


@dataclass(frozen=True, kw_only=True)
class Downtime:
    """The ``[drills.downtime]`` table. Commands are lists of words and run without a shell.

    A target that is launched gets a pair of its own: ``nodes`` are the words behind the usual ones that start each of
    the two, ``router`` the command of the front before them, ``backup`` and ``restore`` commands, and ``recover`` the
    words that start a node on what was restored. ``{folder}``, ``{port}``, ``{primary}`` and ``{secondary}`` are filled
    in: a folder of the pair's, the node's port, and the nodes' URLs.

    Elsewhere ``kill`` ends the primary and ``revive`` brings it back; ``hang`` and ``resume`` may make it stand still.
    ``restore`` brings the newest backup up as a node of its own at the URL ``restored``, recovering, and ``discard``
    takes that away again: nothing that serves is destroyed.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    nodes: tuple[str, ...] = ()
    router: tuple[str, ...] = ()
    backup: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    recover: tuple[str, ...] = ()
    kill: tuple[str, ...] = ()
    revive: tuple[str, ...] = ()
    hang: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()
    restored: str = ""
    discard: tuple[str, ...] = ()
    command_seconds: float = 900

    def missing(self, *, launched: bool) -> str:
        """The first key that the drill needs and this table lacks; empty when it has all."""
        return next((key for key in (_OWN if launched else _NAMED) if not getattr(self, key)), "")


class Failed(Exception):
    """A command of the target did its work and says that it failed."""


class Pair(Protocol):
    """Base URLs, known once started, and the ways to bring the nodes down and back."""

    front: str
    primary: str
    secondary: str
    #: Where the restored node answers; of a pair of our own, behind the front.
    restored: str
    #: Whether the primary can be made to stand still.
    hangs: bool
    #: Whether the nodes outlive the drill, so that it must leave them as they were.
    stays: bool

    def start(self) -> None:
        """Start what is to be started."""

    def kill(self) -> None:
        """End the primary without a chance to tidy up."""

    def revive(self) -> None:
        """Bring it back."""

    def hang(self) -> None:
        """Let the primary stand still."""

    def resume(self) -> None:
        """Let it go on."""

    def backup(self) -> datetime:
        """See to a backup; gives an instant that all of its rows are at least as new as."""

    def lose(self) -> None:
        """Both nodes are lost."""

    def restore(self) -> None:
        """The backup is restored; Failed when that does not succeed."""

    def recover(self) -> None:
        """A node begins to serve what was restored; Failed when it does not."""

    def put_back(self) -> None:
        """Undo whatever was done and not undone."""

    def owe_everything(self) -> None:
        """Nobody knows how far an aborted drill came, so ``put_back`` shall undo all that there is."""

    def discard(self) -> None:
        """Take the restored node away again, where it stands beside what serves."""

    def close(self) -> None:
        """End what was started."""


def mistakes(
    table: Downtime | None, *, launched: bool, front: str = "", nodes: Sequence[str] = ()
) -> Iterator[str]:  # fmt: skip
    """What is wrong with the table, in words that begin with the key; ``front`` and ``nodes`` are URLs beside it."""
    if table is None:
        return
    places = {_place(url) for url in nodes}
    if front and _place(front) in places:
        yield f"[drills] front: {front} is one of the [nodes]; what ends with a node is no front before both"
    if table.restored and _place(table.restored) in places | {_place(front)}:
        yield f"[drills.downtime] restored: {table.restored} serves already; a backup comes up as a node of its own"
    for key in sorted(set(_NAMED if launched else _OWN) - set(_OWN if launched else _NAMED)):
        if getattr(table, key):
            told = "we launch; this target has no [launch]" if not launched else "others run; this one we launch"
            yield f"[drills.downtime] {key}: is for nodes that {told}"
    for key in _OWN if launched else ():
        names = ("python", "folder", "port", "primary", "secondary")
        yield from unfilled(f"[drills.downtime] {key}", getattr(table, key), names)
    if bool(table.hang) is not bool(table.resume):
        yield "[drills.downtime] hang and resume: one without the other could not be undone, or does nothing"
    if table.kill and not table.revive:
        yield "[drills.downtime] revive: missing; what kill ends could not be brought back"
    if table.restored and not re.fullmatch(r"https?://[^/@\s?#]+(/[^\s?#]*)?", table.restored):
        yield f"[drills.downtime] restored: {table.restored!r} is no http(s) URL without a password"
    if not 0 < table.command_seconds <= 86_400:
        yield f"[drills.downtime] command_seconds: {table.command_seconds:g} is not above 0 and at most 86,400"


def _place(url: str) -> tuple[str, int, str]:
    """What two ways to write one address have in common; of one that is none, itself."""
    try:
        parts = urlsplit(url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        return url, 0, ""
    return (parts.hostname or "").rstrip("."), port, parts.path.rstrip("/")
