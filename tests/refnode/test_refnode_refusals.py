"""What the node refuses, and how it says so: keys, unknown ids, bad input, too much, too often."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from refnode.api.application import application
from refnode.running import prepared
from refnode.settings import Keys, Settings
from tests.refnode.asking import AUDIT, PUBLIC, ask
from tests.refnode.conftest import Open
from tests.refnode.test_refnode_contract import FEED_SHAPES, SHAPES, ago, public

UNKNOWN = (
    "/entities/nobody/profile",
    "/entities/nobody/contradictions",
    "/promises/nobody",
    "/sources/nothing",
    "/oops",
)
INVALID = (
    "/alerts/?page=0",
    "/alerts/?page_size=201",
    "/alerts/?page=first",
    "/disputes/?page=99999999999999999999",
    "/risk_scores/?risk_level=grave",
    "/risk_scores/?jurisdiction=%FF%FE",
)


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Any]:
    with ExitStack() as stack:
        node, applied = stack.enter_context(prepared(settings))
        yield application(node, applied.wraps)


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T00:00:00", "99999-01-01T00:00:00Z", "%00"])
def test_an_interval_of_no_instants_is_refused(app: Any, since: str) -> None:
    assert ask(app, f"{AUDIT}/alerts?since={since}").status == 400


def test_other_methods_are_405_and_told_which_are_offered(app: Any) -> None:
    allowed = {path: public(app, path, method="PUT") for path in ("/disputes/", "/alerts/", "/user_reports/")}

    assert [answer.status for answer in allowed.values()] == [405] * 3
    assert [answer.headers["allow"] for answer in allowed.values()] == ["GET, POST", "GET", "POST"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"entity_id": "ENT-00001"',
        b'{"entity_id": "ENT-00001", "report_type": "gossip", "content": "x"}',
        b'{"entity_id": "ENT-00001", "report_type": "other", "content": "\\ud800"}',
        b'{"entity_id": 1, "report_type": "other", "content": "x"}',
    ],
)
def test_a_bad_body_is_refused_with_400(app: Any, body: bytes) -> None:
    answer = public(app, "/user_reports/", method="POST", body=body)

    assert answer.status == 400
    assert set(answer.json) == {"detail"}


def test_a_body_beyond_ten_megabytes_is_refused_with_413(app: Any) -> None:
    assert public(app, "/user_reports/", method="POST", body=b" " * (10 * 1024 * 1024 + 1)).status == 413


def test_reports_about_nobody_are_refused_with_404(app: Any) -> None:
    body = b'{"entity_id": "nobody", "report_type": "other", "content": "x"}'
    assert public(app, "/user_reports/", method="POST", body=body).status == 404


@pytest.mark.parametrize("path", UNKNOWN)
def test_the_unknown_is_404(app: Any, path: str) -> None:
    answer = public(app, path)

    assert answer.status == 404
    assert set(answer.json) == {"detail"}


@pytest.mark.parametrize("path", INVALID)
def test_bad_input_is_400(app: Any, path: str) -> None:
    assert public(app, path).status == 400


@pytest.mark.parametrize("path", [*(PUBLIC + path for path in SHAPES), *(AUDIT + path for path in FEED_SHAPES)])
@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong", "x-audit-key": "w\u00f6rng"}])
def test_without_a_valid_key_there_is_401(app: Any, path: str, headers: dict[str, str]) -> None:
    answer = ask(app, path, headers=headers)

    assert answer.status == 401
    assert set(answer.json) == {"detail"}


def test_too_many_requests_are_429_per_key_and_the_feed_is_free(settings: Settings) -> None:
    keys = Keys(public=("one", "two"), audit="three")
    with prepared(replace(settings, rate_limit=5, keys=keys)) as (node, applied):
        app = application(node, applied.wraps)
        seen = [public(app, "/reports/", headers={"x-api-key": "one"}) for _ in range(7)]

        assert [answer.status for answer in seen] == [200] * 5 + [429] * 2
        assert 1 <= int(seen[-1].headers["retry-after"]) <= 60
        assert public(app, "/reports/", headers={"x-api-key": "two"}).status == 200
        feed = [ask(app, f"{AUDIT}/sources?newest=1", headers={"x-audit-key": "three"}).status for _ in range(9)]
        assert set(feed) == {200}


def test_the_openapi_document_is_truthful_about_statuses(app: Any) -> None:
    document = ask(app, "/openapi.json", headers={}).json
    answers = {
        (path, method): set(call["responses"])
        for path, calls in document["paths"].items()
        for method, call in calls.items()
    }

    assert public(app, "/openapi.json").json == document
    assert answers[f"{PUBLIC}/alerts/", "get"] == {"200", "400", "401", "429", "503"}
    assert answers[f"{PUBLIC}/entities/{{entity_id}}/profile", "get"] == {"200", "401", "404", "429", "503"}
    assert answers[f"{PUBLIC}/disputes/", "post"] == {"201", "202", "400", "401", "404", "413", "429", "503"}
    assert not any("audit/v1" in path for path, _ in answers)


def test_a_node_without_its_storage_answers_503(here: Open) -> None:
    opened = here()
    with opened.node.store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alerts")

    answer = public(opened.app, "/alerts/")

    assert answer.status == 503
    assert set(answer.json) == {"detail"}


def test_a_fault_free_node_writes_no_errors_while_it_answers(here: Open) -> None:
    opened = here()
    for path in (*SHAPES, *UNKNOWN, *INVALID):
        public(opened.app, path)

    lines = ask(opened.app, f"{AUDIT}/logs?since={ago(seconds=20)}").lines
    live = [line for line in lines if line["prefix"] == "[JUNZI-Api]"]

    assert len(live) == len(SHAPES) + len(UNKNOWN) + len(INVALID)
    assert {line["level"] for line in live} == {"INFO"}
