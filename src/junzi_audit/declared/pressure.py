"""What may be loaded and crashed: how much of the published load a target bears, and the node that bears it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from junzi_audit.declared.words import unfilled


@dataclass(frozen=True, kw_only=True)
class Load:
    """The ``[load]`` table.

    ``time_factor`` shortens the published scenarios, never below ``least_seconds`` each; ``user_factor`` thins them.
    ``pace_seconds``: between two requests of one user. ``ramp``: requests per second of the stress steps, each
    ``ramp_seconds`` long. ``workers``: generator processes beside the one that leads them, 0 for a single one.
    ``most_users`` and ``most_seconds`` are never exceeded, whatever the factors say.

    ``keys_env``: the variable with many API keys, separated by commas, the last of which the scraper uses;
    ``key_limit``: requests the target lets a key make in 60 s, 0 when these keys are exempt. A target that is launched
    gets ``keys`` new ones on a node of its own, started with ``launch`` behind the usual words; ``{port}`` and
    ``{folder}`` in them are a free port and a folder that outlives a crash. ``crash``: the command that kills a node we
    did not launch; what supervises it must bring it back.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    time_factor: float = 1.0
    user_factor: float = 1.0
    least_seconds: float = 8.0
    pace_seconds: float = 1.0
    ramp: tuple[float, ...] = ()
    ramp_seconds: float = 30.0
    workers: int = 0
    most_users: int = 1000
    most_seconds: float = 7200.0
    keys_env: str = ""
    key_limit: int = 100
    keys: int = 0
    launch: tuple[str, ...] = ()
    crash: tuple[str, ...] = ()


class Ground(Protocol):
    """A node that may be loaded and crashed; nothing is started before it is asked for its URL."""

    #: Whether ``crash`` is sure to end the node; else it must be seen down before it counts as crashed.
    certain: bool

    def url(self) -> str:
        """The node's base URL, once it answers; Unobservable when it does not."""

    def keys(self) -> Sequence[str]:
        """API keys for the users, the last one for the scraper; Unobservable when there are none."""

    def crash(self) -> None:
        """End the node hard; Unobservable when nobody gave us the power to."""

    def restart(self) -> None:
        """Start it again with the same data, port and keys, where that is ours to do."""

    def close(self) -> None:
        """End what was started."""


def mistakes(load: Load | None, *, launched: bool) -> Iterator[str]:
    """What is wrong with the table, in words that begin with the key."""
    if load is None:
        return
    for name in ("time_factor", "user_factor"):
        if not 0 < getattr(load, name) <= 1:
            yield f"[load] {name}: {getattr(load, name):g} is not above 0 and at most 1"
    for name in ("least_seconds", "pace_seconds", "ramp_seconds", "most_seconds", "most_users"):
        if not 0 < getattr(load, name) <= 100_000:
            yield f"[load] {name}: {getattr(load, name):g} is not above 0"
    if not 0 <= load.workers <= 64:
        yield f"[load] workers: {load.workers} is not from 0 (a single process) to 64"
    if list(load.ramp) != sorted({rate for rate in load.ramp if rate > 0}):
        yield "[load] ramp: the rates of the steps must be above 0 and rise, such as [25, 50, 100]"
    if load.key_limit < 0:
        yield f"[load] key_limit: {load.key_limit} is below 0; 0 says that the keys are exempt"
    if launched and (load.keys < 2 or not load.launch):
        yield "[load] keys and launch: a launched node needs two keys or more, and the words that give it a port"
    yield from unfilled("[load] launch", load.launch, ("port", "folder"))
    if launched and (load.keys_env or load.crash):
        yield "[load] keys_env and crash: are for a node that we do not launch; this target has a [launch]"
    if not launched and (load.keys or load.launch):
        yield "[load] keys and launch: are for a node that we launch; this target has no [launch]; name keys_env"
    if not launched and not load.keys_env:
        yield "[load] keys_env: missing; name the variable that holds many API keys, separated by commas"
