"""Which file checks which duty: one convention, read in both directions."""

from __future__ import annotations

import re
from pathlib import Path

from junzi_audit.model import Obligation

SUITES, PLAN = "suites", "obligations"


def check_of(root: Path, duty: Obligation) -> Path:
    """Where the check of a duty stands: one file per duty, named after it."""
    cadence, name = duty.id.split(".")
    return root / SUITES / cadence / f"test_{name.replace('-', '_')}.py"


def duty_of(node_id: str) -> str:
    """The duty a test id belongs to, by the same convention; empty when it is no check."""
    found = re.match(rf"{SUITES}/(\w+)/test_(\w+)\.py::|{PLAN}/(\w+)\.toml::([\w-]+)$", node_id)
    if found is None:
        return ""
    cadence, name = (found[1], found[2]) if found[1] else (found[3], found[4])
    return f"{cadence}.{name.replace('_', '-')}"
