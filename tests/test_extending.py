"""docs/EXTENDING.md is true: its blocks are run in order, in a copy of the repository's folders."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "EXTENDING.md"
_COPIED = ("obligations", "suites", "fixtures", "targets", "baselines", "conftest.py", "pyproject.toml")
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def test_the_page_can_be_followed_from_top_to_bottom(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    for name in _COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, repository / name)
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert {kind for kind, _, _ in blocks} == {"console", "toml", "python"}
    for kind, title, body in blocks:
        if kind == "console":
            for command, status, shown in commands(body):
                follow(repository, command, status, shown)
        elif kind == "toml":
            put_table(repository / title, body)
        else:
            (repository / title).write_text(body, encoding="utf-8")


def test_every_fixture_is_in_the_table_and_every_one_in_the_table_exists() -> None:
    wired = {
        name
        for file in (ROOT / "fixtures").glob("*.py")
        for name in re.findall(r"@pytest\.fixture.*?\ndef (\w+)\(", file.read_text(), re.DOTALL)
    }
    # What the nouns are made of.
    behind = {"run", "transport", "surface", "audit_surface", "ground", "locate", "rehearsal"}
    behind |= {"stage", "scene_left", "pair_of"}
    behind |= {name for name in wired if name.endswith("_table")}
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert told == wired - behind


def commands(body: str) -> list[tuple[str, int, list[str]]]:
    """Each ``$`` line as its command, the status behind it (0 when none is given) and the lines shown below it."""
    found: list[tuple[str, int, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            command, _, status = line[2:].partition("# exit status ")
            found.append((command.strip(), int(status or 0), []))
        else:
            found[-1][2].append(line)
    return found


def follow(repository: Path, command: str, status: int, shown: list[str]) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "JUNZI_"))}
    bin_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, shell=True, cwd=repository, env={**known, "PATH": bin_first, "COLUMNS": "100"}, capture_output=True,
        text=True, timeout=90, check=False,
    )  # fmt: skip
    said = re.sub(r" +", " ", done.stdout)
    assert done.returncode == status, f"$ {command}\n{done.stdout}{done.stderr}"
    for line in shown:
        wanted = ".*".join(re.escape(part.strip()) for part in re.sub(r" +", " ", line).split("…"))
        assert re.search(wanted, said), f"$ {command}\nshows no line like {line!r} but\n{done.stdout}"


def put_table(path: Path, body: str) -> None:
    """The block in place of the table that ``new`` began."""
    heading = body.splitlines()[0]
    text = path.read_text(encoding="utf-8")
    assert heading in text, f"{path.name} has no {heading}"
    path.write_text(text[: text.index(heading)] + body, encoding="utf-8")


def test_a_page_that_promises_too_much_is_noticed(tmp_path: Path) -> None:
    for command, status, shown in (("true", 1, []), ("echo one", 0, ["two"])):
        with pytest.raises(AssertionError):
            follow(tmp_path, command, status, shown)
