"""What a start of the node was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys that open the two surfaces; the public one may have several, each with its own rate limit.

    tracker: the token of the bug tracker; empty when the audit key opens that too. control: the key of the control
    plane; empty opens nothing.
    """

    public: tuple[str, ...]
    audit: str
    tracker: str = ""
    control: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One start: where to listen, what to seed, where to keep it, what to get wrong.

    database: an SQLAlchemy URL, or None for a private working copy of the cached seed.
    rate_limit: public requests per key in any 60 seconds; 0 for no limit.
    faults: (name, argument) pairs as given, argument "" for the default.
    recovering: begin with a recovery under way. subscribers: URLs that are told of every correction.
    """

    host: str
    port: int
    seed: int
    scale: float
    database: str | None
    state: Path
    rate_limit: int
    faults: tuple[tuple[str, str], ...]
    stop_with_stdin: bool
    keys: Keys
    recovering: bool = False
    subscribers: tuple[str, ...] = ()
