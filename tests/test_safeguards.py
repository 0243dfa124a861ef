"""What a target's file says of its backups, and every mistake a person can make in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from junzi_audit import plan, targets
from tests.synthetic import ROOT


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('kind = "sqlite"', "needs either url or path"), ('kind = "sqlit"\npath = "x"', "[backup] kind"),
        ('kind = "sqlite"\npath = "x"\nteir = 1', "did you mean 'tier'?"),
        ('kind = "sqlite"\npath = "x"\ntier = 5', "tier: 5"),
        ('kind = "sqlite"\nurl = "https://me:word@host/x"', "[backup] url"),
        ('kind = "sqlite"\npath = "x"\ndecisions = "d"', "decisions"),
        ('kind = "sqlite"\npath = "x"\nmost_seconds = 0', "most_seconds: 0"),
        ('kind = "sqlite"\npath = "x"\n[backup.excused]\n"a.b" = 1', "[backup.excused] 'a.b' is neither in"),
        ('kind = "sqlite"\npath = "x"\n[backup.excused]\n"foreign keys" = -1', "foreign keys: -1 is below 0"),
        ('kind = "sqlite"\npath = "x"\n[backup.links]\n"a.b" = "c"', "[backup.links] a.b"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_table_is_told_with_its_key(tmp_path: Path, text: str, told: str) -> None:
    node = 'environment = "live"\n[nodes]\nprimary = "https://node.example"\n'
    (tmp_path / "mine.toml").write_text(f"{node}[backup]\n{text}\n")
    with pytest.raises(targets.TargetError, match=re.escape(told)):
        targets.load(tmp_path, "mine", plan.load(ROOT / "obligations").obligations)
