"""How a check names the duty it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

Check = TypeVar("Check", bound=Callable[..., object])


def obligation(duty: str) -> Callable[[Check], Check]:
    """Tie a test function to the duty of that id (``daily.bias-drift``); it gets the cadence's marker with it."""
    cadence = duty.split(".", 1)[0]

    def mark(check: Check) -> Check:
        marked: Check = pytest.mark.obligation(duty)(getattr(pytest.mark, cadence)(check))
        return marked

    return mark
