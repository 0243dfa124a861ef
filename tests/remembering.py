"""A small repository whose only check is held against a baseline."""

from __future__ import annotations

from pathlib import Path

from tests.synthetic import Repository

BEFORE = "from junzi_audit import Draft\nKEPT = lambda: Draft(value={'most': 3}, n=9, model=('m1',))\n"
#: Met where the baseline is there.
HELD = "judge(bad=census(0 if memory('norm', propose=KEPT) else 2, n=9))"


def remembering(root: Path, body: str = HELD) -> Repository:
    """``daily.one`` with that check, ``daily.two`` with none, and the ``memory`` fixture."""
    made = Repository(root).duty("daily.one", body, before=BEFORE, fixtures=", memory").duty("daily.two", None)
    made.write("conftest.py", 'pytest_plugins = ["junzi_audit.plugin", "fixtures.judge", "fixtures.memory", "wired"]\n')
    made.write("wired.py", "from fixtures.run import run\n\n__all__ = ['run']\n")
    settings = made.root / "pyproject.toml"
    settings.write_text(settings.read_text() + 'pythonpath = ["."]\n')
    return made
