"""A repository small enough to read in a test: a plan, the checks that a test needs, and pytest run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from junzi_audit.evidence.results import RunLog, read
from junzi_audit.findings import Record

ROOT = Path(__file__).parents[1]
BODY = "judge(bad=census(0, n=1))"
_PYPROJECT = """\
[tool.pytest.ini_options]
addopts = ["--disable-plugin-autoload", "-p", "xdist.plugin", "-p", "no:cacheprovider", "--import-mode=importlib",
           "--strict-markers"]
testpaths = ["suites", "obligations"]
filterwarnings = ["error"]
"""
_TABLE = """
[{name}]
title        = "Nothing of {name} is bad"
clause       = "Daily tasks, row 1: check it"
owner        = "DevOps / SRE Team"
escalates_to = "Infrastructure Team"
impact       = "high"
kind         = "measured"
where        = {where}
controls     = ["CA-7"]
why          = "It hurts."
remedy       = "Mend it."
tripwires    = [{{ fault = "some-fault", breaches = ["{first}"] }}]
"""
_LIMIT = """
[{name}.limits.{limit}]
bound   = "<= 1"
unit    = "items"
meaning = "Bad items"
source  = "ours"
"""
_CHECK = '''\
"""A check."""

import os
import sys
import time
from pathlib import Path

import pytest

from junzi_audit import Unobservable, obligation
from junzi_audit.findings import census
from junzi_audit.model import Cause


{before}
@obligation("{duty}")
def test_nothing_is_bad(judge{fixtures}):
    {body}
'''


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What one audit of the repository came to."""

    status: int
    said: str
    folder: Path

    @property
    def log(self) -> RunLog:
        return read(self.folder)

    @property
    def last(self) -> dict[str, Record]:
        """The record that counts, by the duty's name without its cadence."""
        return {record.duty.split(".")[1]: record for record in self.log.records}


class Repository:
    """Grows by ``duty``; audited by ``audit``."""

    def __init__(self, root: Path, target: str = 'environment = "recorded"\n') -> None:
        self.root = root
        self._runs = count(1)
        for folder in ("obligations", "targets", "suites"):
            (root / folder).mkdir(parents=True)
        self.write("conftest.py", 'pytest_plugins = ["junzi_audit.plugin", "fixtures.judge"]\n')
        self.write("pyproject.toml", _PYPROJECT)
        self.write("targets/embedded.toml", target)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def duty(
        self, duty: str, body: str | None = BODY, *, limits: tuple[str, ...] = ("bad",), before: str = "",
        fixtures: str = "", where: str = '["recorded", "live"]',
    ) -> Repository:  # fmt: skip
        """A table, and a check unless ``body`` is None."""
        cadence, name = duty.split(".")
        table = _TABLE.format(name=name, first=limits[0], where=where)
        table += "".join(_LIMIT.format(name=name, limit=limit) for limit in limits)
        with (self.root / "obligations" / f"{cadence}.toml").open("a") as file:
            file.write(table)
        if body is not None:
            check = _CHECK.format(duty=duty, body=body, before=before, fixtures=fixtures)
            self.write(f"suites/{cadence}/test_{name.replace('-', '_')}.py", check)
        return self

    def command(self, *words: str) -> tuple[list[str], Path, dict[str, str]]:
        """What to start, where its evidence will be, and in which environment."""
        folder = self.root / "reports" / f"run-{next(self._runs)}"
        known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "JUNZI_"))}
        environment = {**known, "PYTHONPATH": str(ROOT)}
        return [sys.executable, "-m", "pytest", "--record", str(folder), *words], folder, environment

    def audit(self, *words: str) -> Audited:
        """Run pytest in a process of its own."""
        command, folder, environment = self.command(*words)
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return Audited(status=done.returncode, said=done.stdout + done.stderr, folder=folder)
