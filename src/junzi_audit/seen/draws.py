"""A sample that anyone can check: the manifest published first, the seed that came later, the tickets of both.

The order of the draw is that of SHA-256("seed|root|id"), where root is the SHA-256 of the manifest: consistent sampling
after Rivest. It does not depend on the order of listing, a larger sample extends a smaller one, and `sha256sum` is
enough to repeat it. Standard library only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from junzi_audit.model import Cause, Unobservable


def manifest(digests: Mapping[str, str]) -> str:
    """Sorted lines ``id<TAB>digest``, each ended; Unobservable when an id or digest has no place in such a line."""
    for key, digest in digests.items():
        if not key or not (key + digest).isprintable():
            raise Unobservable(Cause.MALFORMED, f"{key!r} with {digest!r} cannot be a line of a manifest")
    return "".join(sorted(f"{key}\t{digest}\n" for key, digest in digests.items()))


def sha256(text: str) -> str:
    """Lower-case hex SHA-256 of the text's UTF-8 bytes; of a manifest, its root."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Ticket:
    """One item's place in the draw; tickets sort into the order of drawing."""

    digest: str
    key: str


def tickets(keys: Iterable[str], *, seed: str, root: str) -> tuple[Ticket, ...]:
    """A ticket for each key, in the order of drawing."""
    return tuple(sorted(Ticket(digest=sha256(f"{seed}|{root}|{key}"), key=key) for key in keys))


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A seed and where it is from, in words. ``verified``: it can be shown to be younger than the commitment.

    ``recheck`` is the shell command with which a reader convinces himself of it, if there is one.
    """

    value: str
    origin: str
    verified: bool = False
    recheck: str = ""


class SeedSource(Protocol):
    """Where seeds come from; ``published`` is when the commitment was written."""

    def promise(self, published: datetime) -> Mapping[str, str | int]:
        """What can be said of the seed before it exists, for the commitment."""

    def seed(self, published: datetime) -> Seed:
        """The seed; Unobservable when it cannot be had, or is not the one promised."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A sample as it was drawn. ``keys``: the whole population in the order of drawing.

    ``root`` is the digest of the manifest, ``commitment`` of what was published at ``published``, before the seed.
    """

    keys: tuple[str, ...]
    root: str
    commitment: str
    published: datetime
    seed: Seed

    def order(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Other keys than the population's in the order that this draw gives them."""
        return tuple(ticket.key for ticket in tickets(keys, seed=self.seed.value, root=self.root))
