"""Reading TOML that people wrote."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from junzi_audit import tables
from junzi_audit.tables import TableError, build, digest, nearest, read


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, kw_only=True)
class Part:
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012
    size: int
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class Thing:
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012
    name: str
    part: Part | None = None
    tags: tuple[str, ...] = field(default=())
    sure: bool = False
    at: datetime | None = None
    kind: Literal["red", "green"] = "red"


class OwnError(TableError):
    pass


@pytest.mark.parametrize(
    ("word", "possible", "tail"),
    [
        ("dayly", ["daily", "weekly"], "did you mean 'daily'?"),
        ("zzz", ["daily", "weekly"], "possible: daily, weekly"),
        ("x", [], "nothing is possible here"),
        ("gren", Colour, "did you mean 'green'?"),
    ],
)
def test_the_nearest_word_or_the_whole_choice(word: str, possible: list[str], tail: str) -> None:
    assert nearest(word, possible) == tail


def test_a_file_gives_its_tables(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('[one]\nkey = "ü"\n', encoding="utf-8")
    assert read(file) == {"one": {"key": "ü"}}


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"key = ", "not valid TOML"), (b"key = '\xff'", "not UTF-8 at byte 7"), (b"a = 1\na = 2", "not valid TOML")],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(content)
    with pytest.raises(OwnError, match=re.escape(f"{file}: {told}")):
        read(file, OwnError)


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "staging.toml").touch()
    with pytest.raises(TableError, match=r"no such file; did you mean 'staging.toml'\?"):
        read(tmp_path / "stagin.toml")
    with pytest.raises(TableError, match="no such file; nothing is possible here"):
        read(tmp_path / "nowhere" / "a.toml")
    with pytest.raises(TableError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.touch(mode=0)
    with pytest.raises(TableError, match="cannot be read: Permission denied"):
        read(file)


def test_a_table_becomes_its_shape() -> None:
    thing = build(Thing, {"name": "x", "part": {"size": 2, "colour": "green"}}, path=Path("a.toml"), table="one")
    assert thing == Thing(name="x", part=Part(size=2, colour=Colour.GREEN))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, "a.toml: [one] name: missing"),
        ({"name": "x", "nmae": 1}, "a.toml: [one] nmae: unknown key; did you mean 'name'?"),
        ({"name": "x", "part": {"size": 1, "color": "red"}}, "[one] part.color: unknown key; did you mean 'colour'?"),
        ({"name": "x", "part": {"size": 1, "colour": "gren"}}, "part.colour: 'gren' is not possible; did you mean"),
        ({"name": "x", "part": {"size": "big"}}, "[one] part.size: must be a whole number, found 'big'"),
        ({"name": "x", "part": {"size": "3"}}, "[one] part.size: must be a whole number, found '3'"),
        ({"name": "x", "part": {"size": True}}, "[one] part.size: must be a whole number, found True"),
        ({"name": "x", "part": 3}, "[one] part: must be a table, found 3"),
        ({"name": "x", "tags": "one"}, "[one] tags: must be a list, found 'one'"),
        ({"name": 3}, "[one] name: must be a text in quotes, found 3"),
        ({"name": "x", "sure": "no"}, "[one] sure: must be true or false, found 'no'"),
        ({"name": "x", "kind": "rde"}, "[one] kind: 'rde' is not possible; did you mean 'red'?"),
        ("text", "a.toml: [one] must be a table, found 'text'"),
    ],
)  # fmt: skip
def test_a_wrong_table_says_which_key_and_what_is_possible(raw: object, told: str) -> None:
    with pytest.raises(OwnError, match=re.escape(told)):
        build(Thing, raw, path=Path("a.toml"), table="one", error=OwnError)


def test_a_whole_file_names_the_table_of_the_mistake_and_not_the_file_twice() -> None:
    for raw, told in (
        ({}, "a.toml: name: missing"),
        ({"name": "x", "part": {}}, "a.toml: [part] size: missing"),
    ):
        with pytest.raises(TableError, match=re.escape(told)):
            build(Thing, raw, path=Path("a.toml"), table="")


def test_parts_that_were_made_before_and_instants_stay_as_they_are() -> None:
    made = {"name": "x", "part": Part(size=2), "at": datetime(2026, 1, 1, tzinfo=UTC), "sure": True}
    assert build(Thing, made, path=Path("a.toml"), table="one") == Thing(**made)


def test_the_digest_knows_names_and_bytes_but_no_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("ab")
    two.write_text("c")
    whole = digest([one, two])
    assert digest([two, one]) == whole
    one.write_text("a")
    two.write_text("bc")
    assert digest([one, two]) != whole


def test_every_mistake_is_a_table_error() -> None:
    from junzi_audit.baselines import BaselineError
    from junzi_audit.plan import PlanError
    from junzi_audit.targets import TargetError

    assert all(issubclass(error, tables.TableError) for error in (PlanError, TargetError, BaselineError))
