"""A public randomness beacon in drand's form: the value of a round that was fixed before it existed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.asking import Answer
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.draws import Seed

#: What a beacon says of a round it has not reached; it is asked again after a period, this often.
_NOT_YET = frozenset({404, 425})
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """One round's value; ``randomness`` is the SHA-256 of ``signature``, both in lower-case hex."""

    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    round: int
    randomness: str
    signature: str


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A beacon's clock: round 1 at the Unix time ``genesis``, another one every ``period`` seconds."""

    genesis: int
    period: float

    def due(self, number: int) -> datetime:
        """When that round comes into being."""
        return datetime.fromtimestamp(self.genesis + (number - 1) * self.period, UTC)

    def first_after(self, moment: datetime) -> int:
        """The first round that is due after that instant."""
        return max(1, math.floor((moment.timestamp() - self.genesis) / self.period) + 2)


class Beacon:
    """Seeds from the first round due ``margin`` seconds after a commitment is published.

    That the signature is the network's own is not checked here (it takes the chain's public key and a pairing library):
    the round and its signature are shown, so that anyone can. ``pause`` waits for seconds; ``now`` is the clock.
    """

    def __init__(
        self, surface: Surface, chain: Chain, *, margin: float, pause: Callable[[float], None],
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._surface = surface
        self._chain = chain
        self._margin = margin
        self._pause = pause
        self._now = now

    def promise(self, published: datetime) -> dict[str, str | int]:
        """The round, before it exists."""
        number = self._round(published)
        return {
            "kind": "beacon",
            "url": f"{self._surface.url}/{number}",
            "round": number,
            "due": iso(self._due(number)),
        }

    def seed(self, published: datetime) -> Seed:
        """The round's randomness; Unobservable when it cannot be had, is another round's, or not its signature's."""
        number = self._round(published)
        answer = self._asked(number)
        pulse = parse(Pulse, answer)
        where = answer.observation.query
        if pulse.round != number:
            before = " (it was known before the commitment)" if self._due(pulse.round) <= published else ""
            raise Unobservable(Cause.MALFORMED, f"{where}: it answers with round {pulse.round}, not {number}{before}")
        if not _is_of(pulse):
            raise Unobservable(Cause.MALFORMED, f"{where}: its randomness is not the SHA-256 of its signature")
        return Seed(
            value=pulse.randomness,
            origin=f"round {number} of {self._surface.url}, due {self._due(number):%Y-%m-%d %H:%M:%S} UTC",
            verified=True,
            recheck=f"printf %s {pulse.signature.upper()} | basenc --base16 -d | sha256sum",
        )

    def _asked(self, number: int) -> Answer:
        self._pause(max(0.0, (self._due(number) - self._now()).total_seconds()))
        for _ in range(_TRIES):
            answer = self._surface.get_all([self._surface.ask("beacon", f"/{number}")])[0]
            if answer.cause is not None or answer.status not in _NOT_YET:
                return answer.usable()
            self._pause(min(self._chain.period, 10))
        raise Unobservable(Cause.STALE, f"{answer.observation.query}: the beacon still has no round {number}")

    def _round(self, published: datetime) -> int:
        return self._chain.first_after(datetime.fromtimestamp(published.timestamp() + self._margin, UTC))

    def _due(self, number: int) -> datetime:
        try:
            return self._chain.due(number)
        except (OverflowError, ValueError, OSError):
            return datetime.max.replace(tzinfo=UTC)


def _is_of(pulse: Pulse) -> bool:
    try:
        signature = bytes.fromhex(pulse.signature)
    except ValueError:
        return False
    # Whatever else fromhex would pass over is no signature; it is shown in a shell command.
    return pulse.signature.isalnum() and bool(signature) and hashlib.sha256(signature).hexdigest() == pulse.randomness
