"""JUNZI's post-launch plan as an executable audit: what a check in ``suites/`` may import from the top."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from junzi_audit.marking import obligation
    from junzi_audit.model import Unobservable
    from junzi_audit.proposals import Draft
    from junzi_audit.verdicts import Judge

__all__ = ["Draft", "Judge", "Unobservable", "obligation"]
_HOME = {"Draft": "proposals", "Judge": "verdicts", "Unobservable": "model", "obligation": "marking"}


def __getattr__(name: str) -> object:
    """Looked up when asked for: whoever uses the engine alone shall not pay for pytest."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"junzi_audit.{_HOME[name]}"), name)
