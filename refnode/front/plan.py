"""What a front was asked for: where it listens, and the nodes behind it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

#: The front and whatever it starts listen here only.
HOST = "127.0.0.1"
#: The fault that a front can have: nobody told it of the secondary.
BROKEN = "failover-broken"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a node listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One front: its port, the node that answers, and the one that takes over; None when nobody told it of one."""

    port: int
    primary: Place
    secondary: Place | None


def place_of(url: str) -> Place:
    """Read a node's base URL; ValueError says what was expected."""
    told = f"{url!r} is no URL such as http://127.0.0.1:8001"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(told) from None
    if parts.scheme != "http" or not host or not port or parts.path.strip("/") or parts.username:
        raise ValueError(told)
    return Place(host=host, port=port)
