"""A page as Chromium sees it, with scripts enabled."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here to open the page in")


def dumped(path: Path, scratch: Path) -> str:
    """The DOM after loading, as HTML."""
    quiet = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *quiet.split(), "--dump-dom"]
    command += [f"--user-data-dir={scratch / 'profile'}", path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
