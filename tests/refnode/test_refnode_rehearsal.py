"""Contract faults change what they say; dry scores are fair; what is labelled is followed up, and goes again."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import ASGIApp

from refnode import labels
from refnode.agents import answering
from refnode.factors import Record, risk_value
from refnode.faults import FAULTS, contract, document, rehearsal
from tests.refnode.asking import AUDIT, KEYS, PUBLIC, Answer, ask
from tests.refnode.conftest import Here, Open

NOBODY, LABEL = "nobody-knows-this-one", "a-rehearsal"
ROOMS = (contract, document, rehearsal)
HONEST = Record(
    party="Unity", region="North", role="judge", jurisdiction="State",
    contradictions=[(0.9, True)] * 3, promises=["Broken"],
)  # fmt: skip
#: Where each fault shows: a path, or a path with a status that the honest node answers there.
SHOWS: dict[str, str] = {
    "page-loses-a-row": "/risk_scores/?page=2&page_size=9",
    "page-repeats-a-row": "/disputes/?page=2&page_size=9",
    "page-capped": "/risk_scores/?page_size=200",
    "page-past-end-is-404": "/alerts/?page=999",
    "total-wrong": "/alerts/",
    "filter-ignored": "/risk_scores/?risk_level=low",
    "filter-drops": "/risk_scores/?jurisdiction=State",
    "alert-order-reversed": "/alerts/",
    "unknown-entity-is-200": f"/entities/{NOBODY}/profile",
    "unknown-source-is-500": f"/sources/{NOBODY}",
    "status-undocumented": f"/sources/{NOBODY}",
    "bad-input-is-500": "/alerts/?page=0",
    "bad-input-accepted": "/alerts/?page=0",
    "error-reworded": f"/sources/{NOBODY}",
    "error-is-html": f"/sources/{NOBODY}",
    "one-source-only": "/entities/{entity}/contradictions",
    "source-twice": "/entities/{entity}/contradictions",
    "source-missing": "/entities/{entity}/contradictions",
    "finding-recast": "/entities/{entity}/contradictions",
    "level-does-not-match": "/risk_scores/?page_size=200",
    "score-out-of-range": "/risk_scores/",
    "contact-leaks": "/disputes/",
    "type-changed": "/alerts/",
    "promise-forgotten": "/promises/{entity}",
    "promise-reverts": "/promises/{entity}",
    "field-removed": "/sources/{source}",
    "hash-upper-case": "/sources/{source}",
    "answer-wobbles": "/sources/{source}",
    "source-edited": "/sources/{source}",
}
QUIET = "/reports/"
#: Whose promises a fault can turn back, whichever node looks.
KEPT = "SELECT entity_id FROM promises WHERE promise_id IN ('PRM-000006', 'PRM-000024', 'PRM-000026')"


def read(here: Here, path: str) -> Answer:
    rows = here.node.store.rows("SELECT entity_id, source_1_id FROM contradictions ORDER BY contradiction_id")
    kept = {row[0] for row in here.node.store.rows(KEPT)}
    entity, source = next(row for row in rows if row[0] in kept)
    return ask(here.app, PUBLIC + path.format(entity=entity, source=source))


def told(answer: Answer) -> Any:
    """An answer without instants, which differ from start to start."""
    whole = json.loads(answer.body) if answer.headers["content-type"] == "application/json" else answer.body
    text = json.dumps(whole, default=repr)
    return answer.status, text if "2026-" not in text and "T" not in text else _without_instants(whole)


def _without_instants(whole: Any) -> Any:
    if isinstance(whole, dict):
        names = {"date", "date_made", "timestamp", "capture_timestamp", "calculated_at", "submitted_at"}
        return {name: _without_instants(value) for name, value in whole.items() if name not in names}
    return [_without_instants(each) for each in whole] if isinstance(whole, list) else whole


@pytest.mark.parametrize("name", SHOWS)
def test_a_contract_fault_changes_what_it_says_and_leaves_another_page_alone(here: Open, name: str) -> None:
    honest, faulty = here(), here(f"contract-{name}")

    assert told(read(honest, SHOWS[name])) != told(read(faulty, SHOWS[name]))
    assert read(faulty, QUIET).status == 200


@pytest.mark.parametrize("fault", document.FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_document_changes_the_document_only(here: Open, fault: Any) -> None:
    honest, faulty = here(), here(fault.name)

    assert ask(honest.app, "/openapi.json").json != ask(faulty.app, "/openapi.json").json
    assert told(read(honest, "/alerts/")) == told(read(faulty, "/alerts/"))


def test_every_contract_fault_is_seen_here_or_named_as_seen_elsewhere() -> None:
    elsewhere = {
        "contract-bad-body-is-500", "contract-bad-body-accepted", "contract-wrong-key-is-404",
        "contract-no-retry-after", "contract-missing-key-accepted", "contract-write-lost",
        "contract-report-ignored", "contract-ruling-ignored", "contract-cleanup-idle",
        "contract-cleanup-lies", *SCORES,
    }  # fmt: skip
    mine = {fault.name for room in ROOMS for fault in room.FAULTS}

    assert mine <= set(FAULTS)
    assert mine == {f"contract-{name}" for name in SHOWS} | {fault.name for fault in document.FAULTS} | elsewhere


def posted(app: ASGIApp, path: str, body: Any, **headers: str) -> Answer:
    return ask(app, path, method="POST", headers={**KEYS, **headers}, body=json.dumps(body).encode())


def test_bad_bodies_and_keys_are_answered_as_the_faults_say(here: Open) -> None:
    assert posted(here("contract-bad-body-is-500").app, f"{PUBLIC}/user_reports/", {}).status == 500
    assert posted(here("contract-bad-body-accepted").app, f"{PUBLIC}/user_reports/", {}).status == 201
    assert ask(here("contract-wrong-key-is-404").app, f"{PUBLIC}/alerts/", headers={}).status == 404
    assert ask(here("contract-missing-key-accepted").app, f"{PUBLIC}/alerts/", headers={}).status == 200


@pytest.mark.parametrize(("faults", "wait"), [((), True), (("contract-no-retry-after",), False)])
def test_a_node_in_a_hurry_does_not_say_how_long_to_wait(here: Open, faults: tuple[str, ...], wait: bool) -> None:
    app = here(*faults, rate_limit=1).app
    first, second = (ask(app, f"{PUBLIC}/reports/") for _ in range(2))

    assert (first.status, second.status) == (200, 429)
    assert ("retry-after" in second.headers) is wait


SCORES: dict[str, Callable[[Record], Record]] = {
    "score-partisan": lambda record: Record(**{**vars(record), "party": "Progress"}),
    "score-regional": lambda record: Record(**{**vars(record), "region": "South"}),
    "score-by-role": lambda record: Record(**{**vars(record), "role": "legislator"}),
    "score-by-order": lambda record: Record(**{**vars(record), "contradictions": [(1.0, True), (0.7, True)]}),
    "score-perverse": lambda record: Record(**{**vars(record), "contradictions": [(0.9, True)] * 2}),
}


def scored(app: ASGIApp, record: Record) -> float:
    body = vars(record) | {"contradictions": [{"confidence": c, "upheld": u} for c, u in record.contradictions]}
    answer = posted(app, f"{AUDIT}/score", body)
    assert answer.status == 200, answer.body
    return float(answer.json["risk_value"])


def test_a_dry_score_follows_from_what_was_done_and_by_whom_it_was_done_does_not_matter(here: Open) -> None:
    app = here().app
    score = scored(app, HONEST)

    # By hand: 10 (1 - exp(-(3 * 0.6 * 0.9 + 0.25))).
    assert score == pytest.approx(10 * (1 - 2.718281828459045**-1.87), abs=1e-6)
    for name in ("score-partisan", "score-regional", "score-by-role"):
        assert scored(app, SCORES[name](HONEST)) == score
    assert scored(app, SCORES["score-perverse"](HONEST)) < score
    assert risk_value(SCORES["score-by-order"](HONEST)) == risk_value(
        Record(**{**vars(HONEST), "contradictions": [(0.7, True), (1.0, True)]})
    )


@pytest.mark.parametrize("name", SCORES)
def test_an_unfair_dry_score_is_unfair(here: Open, name: str) -> None:
    app = here(name).app
    turned = Record(**{**vars(HONEST), "contradictions": [(0.7, True), (1.0, True)]})
    one, other = (turned, SCORES[name](turned)) if name == "score-by-order" else (HONEST, SCORES[name](HONEST))

    if name == "score-perverse":
        assert scored(app, one) < scored(app, other)
    else:
        assert scored(app, one) != scored(app, other)


def test_a_dry_score_needs_the_auditors_key_and_a_whole_record(here: Open) -> None:
    app = here().app

    assert ask(app, f"{AUDIT}/score", method="POST", headers={}, body=b"{}").status == 401
    assert posted(app, f"{AUDIT}/score", {"party": "Unity"}).status == 400


def rehearsed(here: Here, rounds: int = 1) -> tuple[str, list[dict[str, str]]]:
    """A labelled report and then a dispute, answered; the entity, and what carries the label."""
    entity = next(iter(here.node.people))
    report = {"entity_id": entity, "report_type": "contradiction", "content": "It was said otherwise."}
    dispute = {"entity_id": entity, "dispute_type": "factual_error", "description": "It was not."}
    assert posted(here.app, f"{PUBLIC}/user_reports/", report, **{"x-audit-label": LABEL}).status == 201
    for _ in range(rounds):
        answering.answer(here.node, random.Random(1))
    assert posted(here.app, f"{PUBLIC}/disputes/", dispute, **{"x-audit-label": LABEL}).status == 201
    for _ in range(rounds):
        answering.answer(here.node, random.Random(1))
    return entity, [json.loads(line) for line in labels.found(here.node.store, LABEL)]


def alerts(here: Here, entity: str) -> list[str]:
    return [line["status"] for line in ask(here.app, f"{AUDIT}/alerts").lines if line["entity_id"] == entity][-1:]


def test_what_is_labelled_is_followed_up_once_and_ruled_on(here: Open) -> None:
    node = here()
    before = ask(node.app, f"{PUBLIC}/entities/{next(iter(node.node.people))}/profile").json
    entity, made = rehearsed(node, rounds=3)

    assert sorted(each["kind"] for each in made) == ["alert", "contradiction", "dispute", "risk_score", "user_report"]
    assert alerts(node, entity) == ["withdrawn"]
    deleted = ask(node.app, f"{AUDIT}/labelled?label={LABEL}", method="DELETE").json
    assert deleted == {"deleted": 5}
    assert ask(node.app, f"{AUDIT}/labelled?label={LABEL}").body == b""
    after = ask(node.app, f"{PUBLIC}/entities/{entity}/profile").json
    assert after["risk_score"] == before["risk_score"]


def test_what_is_not_labelled_is_left_to_people(here: Open) -> None:
    node = here()
    report = {"entity_id": next(iter(node.node.people)), "report_type": "contradiction", "content": "x"}
    before = node.node.store.number("SELECT count(*) FROM contradictions")
    posted(node.app, f"{PUBLIC}/user_reports/", report)
    answering.answer(node.node, random.Random(1))

    assert node.node.store.number("SELECT count(*) FROM contradictions") == before
    assert ask(node.app, f"{AUDIT}/labelled?label=").status == 400


def test_faults_of_the_rehearsal_show_in_what_follows(here: Open) -> None:
    ignoring = rehearsed(here("contract-report-ignored"))[1]
    assert sorted(each["kind"] for each in ignoring) == ["dispute", "user_report"]

    lost = rehearsed(here("contract-write-lost"))[1]
    assert [each["kind"] for each in lost] == ["dispute"]

    stubborn = here("contract-ruling-ignored")
    entity, _ = rehearsed(stubborn)
    assert alerts(stubborn, entity) == ["published"]


@pytest.mark.parametrize(("fault", "listed"), [("contract-cleanup-idle", 5), ("contract-cleanup-lies", 0)])
def test_a_clean_up_that_cleans_nothing(here: Open, fault: str, listed: int) -> None:
    node = here(fault)
    rehearsed(node)

    assert ask(node.app, f"{AUDIT}/labelled?label={LABEL}", method="DELETE").status == 200
    assert len(ask(node.app, f"{AUDIT}/labelled?label={LABEL}").lines) == listed
    assert len(labels.found(node.node.store, LABEL)) == 5
