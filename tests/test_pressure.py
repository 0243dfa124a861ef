"""The [load] table: what is possible, and mistakes told by their key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from junzi_audit.declared.pressure import Load, mistakes

LAUNCHED = Load(keys=5, launch=("--port", "{port}"))
NAMED = Load(keys_env="MANY")


def test_without_a_table_nothing_is_wrong() -> None:
    assert list(mistakes(None, launched=True)) == []


def test_a_target_launches_its_node_or_names_its_keys() -> None:
    assert list(mistakes(LAUNCHED, launched=True)) == list(mistakes(NAMED, launched=False)) == []
    assert "[load] keys and launch" in next(mistakes(NAMED, launched=True))
    assert "[load] keys and launch" in next(mistakes(LAUNCHED, launched=False))
    assert list(mistakes(replace(NAMED, keys_env=""), launched=False)) == [
        "[load] keys_env: missing; name the variable that holds many API keys, separated by commas"
    ]
    typo = replace(LAUNCHED, launch=("--port", "{prot}"))
    assert list(mistakes(typo, launched=True)) == ["[load] launch: nothing fills in {prot}; did you mean 'port'?"]
    assert "[load] keys_env and crash" in next(mistakes(replace(LAUNCHED, crash=("kill",)), launched=True))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("time_factor", 0.0), ("time_factor", 1.5), ("user_factor", -1.0), ("user_factor", float("nan")),
        ("least_seconds", 0.0), ("pace_seconds", -1.0), ("ramp_seconds", 0.0), ("most_seconds", 0.0),
        ("most_users", 0), ("workers", -1), ("workers", 65), ("ramp", (50.0, 25.0)), ("ramp", (0.0, 25.0)),
        ("key_limit", -1),
    ],
)  # fmt: skip
def test_a_mistake_names_its_key(key: str, value: object) -> None:
    found = list(mistakes(replace(NAMED, **{key: value}), launched=False))  # type: ignore[arg-type]

    assert len(found) == 1
    assert found[0].startswith(f"[load] {key}: ")
