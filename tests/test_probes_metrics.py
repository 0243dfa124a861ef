"""One scrape of /metrics: an exposition is read, anything else is malformed, and time is bounded."""

from __future__ import annotations

import contextlib
import math
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Bounds
from junzi_audit.probes.metrics import Metrics
from tests.hostile import Hostile, Looking, answers, in_turn, looking, server

__all__ = ["looking", "server"]


@pytest.fixture
def metrics(server: Hostile, looking: Looking) -> Metrics:
    return Metrics(looking.surface(server.url, Bounds()), lambda since, until: ())


def test_every_sample_is_read_with_the_instant_of_the_scrape(metrics: Metrics, server: Hostile) -> None:
    server.pages["/metrics"] = answers(b'# TYPE a gauge\na{agent="x",b="\\"q\\n"} 1.5\na{agent="y"} NaN\nb_total 3\n')

    gauges = metrics.now()

    assert gauges.by("a", "agent")["x"] == 1.5
    assert math.isnan(gauges.by("a", "agent")["y"])
    assert gauges.samples["b_total"] == {(): 3.0}
    assert gauges.at.microsecond % 1000 == 0


def test_a_fresh_look_is_a_new_scrape_and_another_is_not(metrics: Metrics, server: Hostile) -> None:
    server.pages["/metrics"] = in_turn(answers(b"a 1\n"), answers(b"a 2\n"))

    values = [metrics.now(fresh=fresh).samples["a"][()] for fresh in (True, False, True, False)]

    assert values == [1, 1, 2, 2]


NO_EXPOSITION = [
    b"", b"# nothing\n", b"<!DOCTYPE html>\n<html>\n", b'{"a": 1}', b"a b c\n", b'a{b="c} 1\n', b"\xff\xfe", b"a{b\n",
    b"a nope\n", b'a{="x"} 1\n', b"{} 1\n", b"# TYPE a nonsense\na 1\n", b"# TYPE\n",
    b'a{b="x"} 50000\na{b="x"} 3\n', b'a{b="x",c="y"} 1\na{c="y",b="x"} 1\n', b"a 1\nb 90",
]  # fmt: skip


@pytest.mark.parametrize("body", NO_EXPOSITION)
def test_what_is_no_exposition_is_malformed(body: bytes, metrics: Metrics, server: Hostile) -> None:
    server.pages["/metrics"] = answers(body)

    with pytest.raises(Unobservable) as caught:
        metrics.now()
    assert caught.value.cause is Cause.MALFORMED


class Said:
    """A surface that says what it is told."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.observation = type("Seen", (), {"at": None})

    def get(self, *_: Any, **__: Any) -> Said:
        return self


LINES = st.lists(
    st.text(alphabet='a_{}",=\\\n #TYPEHELP1.eNI+-\t\0é', max_size=30)
    | st.sampled_from(['a{b="c"} 1', "# TYPE a counter"])
).map(lambda lines: "\n".join(lines).encode())


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES | st.binary(max_size=60))
def test_a_scrape_gives_gauges_or_unobservable_and_nothing_else(body: bytes) -> None:
    try:
        assert Metrics(Said(body), lambda since, until: ()).now().samples  # type: ignore[arg-type]
    except Unobservable as error:
        assert error.cause is Cause.MALFORMED  # noqa: PT017 - either way is right


LARGE = {
    "labels": b"a{" + b'b="c",' * 300_000 + b"} 1\n",
    "escapes": b'a{b="' + b"\\" * 2_000_000 + b'"} 1\n',
    "lines": b"a 1\n" * 300_000,
    "comment": b"#" * 3_000_000,
    "braces": b"{" * 2_000_000,
    "quotes": b'a{b="' + b'"' * 2_000_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_scrape_is_read_in_bounded_time(name: str) -> None:
    begun = time.perf_counter()
    with contextlib.suppress(Unobservable):
        Metrics(Said(LARGE[name]), lambda since, until: ()).now()  # type: ignore[arg-type]
    assert time.perf_counter() - begun < 15
