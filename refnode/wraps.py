"""How a fault gets between the client and the application."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp


@dataclass(frozen=True, kw_only=True)
class Wrap:
    """An ASGI middleware of a fault: inside the gate, or outside it (then keys no longer matter)."""

    around: Callable[[ASGIApp], ASGIApp]
    outer: bool = False
