"""Random audit: who counts, what is agreed, how evidence is read; scores by hand; results as handed in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit.evidence.reviews import Reviews
from junzi_audit.evidence.store import Store
from junzi_audit.findings import Awaited, Measurement, Unseen
from junzi_audit.measures import recomputed, reviewed
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.reviews import FiledResults
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.draws import Drawn, Seed, tickets
from junzi_audit.seen.outputs import Contradiction, ExplainedScore, Factors, Found
from junzi_audit.seen.packs import Pack
from junzi_audit.seen.worksheets import (
    FIRST,
    NOT_UPHELD,
    SECOND,
    TIE_BREAK,
    UNSURE,
    UPHELD,
    Audit,
    Control,
    Heard,
    Item,
    Result,
    Sheet,
    prepared,
)

DRAWN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = DRAWN + timedelta(days=10)
Answer = Callable[[Item], str]


def contradiction(number: int) -> Contradiction:
    return Contradiction(
        contradiction_id=f"CON-{number}", entity_id="ENT-1", published_at=DRAWN - timedelta(days=number + 1),
        confidence=0.77, description=f"=spoke for {number}", source_ids=("SRC-1", "SRC-2"),
    )  # fmt: skip


def audit(items: int = 80, population: int = 400, limit: float = 0.05) -> Audit:
    published = {each.contradiction_id: each for each in map(contradiction, range(population))}
    controls = [
        Control(control_id=f"CTL-{n}", entity_id="ENT-2", description="d", source_ids=("SRC-3", "SRC-4"), known=known)
        for n, known in enumerate(["upheld", "not upheld"] * 3)
    ]  # type: ignore[misc]
    keys = tuple(each.key for each in tickets(published, seed="s", root="r"))
    drawn = Drawn(keys=keys, root="r", commitment="c", published=DRAWN, seed=Seed(value="s", origin="o"))
    return prepared(published, controls, drawn, items=items, limit=limit, alpha=0.05, links="https://n/sources/")


def honest(item: Item) -> str:
    return item.known or UPHELD


def result(sheet: Sheet, who: str, answer: Answer = honest, *, days: float = 2, most: int | None = None) -> Result:
    answers = {each.item: answer(each) for each in sheet.items[:most]}
    return Result(worksheet=sheet.digest, reviewer=who, date=DRAWN + timedelta(days=days), answers=answers, source=who)


def panel(of: Audit, first: Answer = honest, second: Answer = honest, third: Answer | None = None) -> reviewed.Panel:
    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    results = [result(sheets[0], "Ada", first), result(sheets[1], "Ben", second)]
    seen = seated(of, sheets, results)
    if third is not None:
        sheets.append(of.tie_break(seen.disputed))
        results.append(result(sheets[2], "Cy", third, days=4))
        seen = seated(of, sheets, results)
    return seen


def seated(of: Audit, sheets: list[Sheet], results: list[Result]) -> reviewed.Panel:
    return reviewed.seated(of, sheets, Heard(place="p", results=tuple(results)), NOW, most_errors=0.2)


def test_a_worksheet_is_blind() -> None:
    sheet = audit().sheet(FIRST)
    told = sheet.body.decode()
    assert set(sheet.rows[0]) == {"item", "entity_id", "description", "sources"}
    assert not [word for word in ("CTL-", "CON-", "known", "0.77") if word in told]
    places = [place for place, each in enumerate(sheet.items) if each.known]
    assert len(places) == 6
    assert len(sheet.items) == 86
    assert max(places) - min(places) > 6
    assert [each.key for each in audit(items=20).sample] == [each.key for each in audit().sample][:20]


def test_all_upheld_is_assured_and_stays_so_when_answered_halfway() -> None:
    of = audit()
    share = reviewed.wrong_share(panel(of), 0.2)
    assert isinstance(share, Measurement)
    assert share.value == 0
    assert share.high <= 0.05
    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    some = seated(of, sheets, [result(sheets[0], "Ada", most=70), result(sheets[1], "Ben")])
    assert some.is_answered
    few = seated(of, sheets, [result(sheets[0], "Ada", most=20), result(sheets[1], "Ben")])
    waits = reviewed.wrong_share(few, 0.2)
    assert isinstance(waits, Awaited)
    assert "66 of 86 items of the first sheet are not answered" in waits.detail
    days = reviewed.days_taken(few, NOW)
    assert isinstance(days, Awaited)
    assert days.value == 10


def test_what_both_do_not_uphold_breaches_by_the_exact_lower_end() -> None:
    of = audit()
    wrong = {each.item for each in of.sample[:20]}

    def answer(item: Item) -> str:
        return NOT_UPHELD if item.item in wrong else honest(item)

    share = reviewed.wrong_share(panel(of, answer, answer), 0.2)
    assert isinstance(share, Measurement)
    assert share.value == 0.25
    assert 0.05 < share.low < 0.25 < share.high


@pytest.mark.parametrize(("third", "error"), [(UPHELD, 0.0), (NOT_UPHELD, 1.0), (UNSURE, 0.5)])
def test_a_third_settles_what_two_do_not_agree_on(third: str, error: float) -> None:
    of = audit()
    odd = of.sample[3]

    def unsure(item: Item) -> str:
        return UNSURE if item is odd or item.item == odd.item else honest(item)

    def settles(item: Item) -> str:
        return third if item.item == odd.item else honest(item)

    waiting = panel(of, second=unsure)
    assert [item.item for item in waiting.disputed] == [odd.item]
    assert isinstance(reviewed.wrong_share(waiting, 0.2), Awaited)
    done = panel(of, second=unsure, third=settles)
    assert done.errors[3] == error
    assert sum(done.errors) == error
    assert len(of.tie_break(waiting.disputed).items) == 7


def test_a_careless_reviewer_leaves_it_unseen_until_another_answers() -> None:
    of = audit()
    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    given = [result(sheets[0], "Ada"), result(sheets[1], "Ben", lambda _: UPHELD)]
    careless = seated(of, sheets, given)
    assert isinstance(reviewed.wrong_share(careless, 0.2), Unseen)
    errors = reviewed.reviewer_errors(careless)
    assert isinstance(errors, dict)
    assert [each.value for each in errors.values()] == [0, 1]
    replaced = seated(of, sheets, [*given, result(sheets[1], "Dee", days=5)])
    assert isinstance(reviewed.wrong_share(replaced, 0.2), Measurement)
    assert replaced.seats[SECOND].reviewer == "Dee"


def test_who_met_no_control_of_a_kind_is_awaited_and_gives_way_to_one_who_did() -> None:
    of = audit(items=300)
    place = {kind: next(at for at, item in enumerate(of.items) if item.known == kind) for kind in (UPHELD, NOT_UPHELD)}
    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    few = result(sheets[1], "Ben", lambda _: UPHELD, most=max(place.values()))
    stopped = seated(of, sheets, [result(sheets[0], "Ada"), few])

    assert stopped.untested == (SECOND,)
    assert not stopped.is_answered
    share = reviewed.wrong_share(stopped, 0.2)
    assert isinstance(share, Awaited)
    assert "the second sheet is not answered up to a control of each kind" in share.detail
    both = seated(of, sheets, [result(sheets[0], "Ada"), few, result(sheets[1], "Dee", days=5)])
    assert (both.seats[SECOND].reviewer, both.untested) == ("Dee", ())


@pytest.mark.parametrize(
    "name", ["ADA  NG", "Ada\u200b Ng", "\uff21da Ng", "Ada Ng\u2060", "Ada\u00adNg", "\u0410da Ng"]
)
def test_one_person_holds_one_seat_however_the_name_is_written(name: str) -> None:
    of = audit()
    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    assert set(seated(of, sheets, [result(sheets[0], "Ada Ng"), result(sheets[1], name)]).seats) == {FIRST}


def test_nobody_sits_twice_nor_before_the_draw_nor_in_the_future() -> None:
    of = audit()
    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    given = [
        result(sheets[0], "Ada"), result(sheets[1], "ADA"), result(sheets[1], "Ben", days=-1),
        result(sheets[1], "Cy", days=12),
    ]  # fmt: skip
    seen = seated(of, sheets, given)
    assert set(seen.seats) == {FIRST}
    told = " ".join(seen.remarks)
    for words in ("has answered another sheet already", "before the draw", "in the future"):
        assert words in told


def score(value: float, *confidences: float, promises: tuple[str, ...] = ()) -> ExplainedScore:
    found = tuple(Found(confidence=each, upheld=True) for each in confidences)
    factors = Factors(contradictions=found, promises=promises)  # type: ignore[arg-type]
    return ExplainedScore(risk_id=f"R-{value}", calculated_at=NOW, risk_value=value, factors=factors, model_version="m")


def test_scores_are_computed_again_by_hand() -> None:
    exact = 10 * (1 - math.exp(-(0.6 * 0.9 + 0.25 - 0.05)))
    assert exact == pytest.approx(5.2289, abs=1e-4)
    found = recomputed.again(
        [score(5.23, 0.9, promises=("Broken", "Fulfilled", "Pending")), score(0.0), score(6.0, 0.9)], ()
    )
    assert recomputed.unexplained(found).value == 1
    gaps = (5.23 - exact + 0 + 6.0 - 10 * (1 - math.exp(-0.54))) / 30
    assert recomputed.mean_gap(found).value == pytest.approx(gaps)
    assert recomputed.mean_gap(()).n == 0


def logged(risk_id: str, value: float) -> ScoredDecision:
    return ScoredDecision(
        risk_id=risk_id, entity_id="e", calculated_at=DRAWN, risk_value=value, flagged=False, outcome=None,
        adjudicated_at=None, party=None, jurisdiction=None, role=None, region=None, bias_audit_id=None, bias_audit=None,
        model_version="m",
    )  # fmt: skip


def test_a_score_that_the_decision_log_tells_otherwise_does_not_follow_either() -> None:
    trivial = score(0.0)
    log = (logged(trivial.risk_id, 7.0), logged("RSK-other", 3.0))
    found = recomputed.again([trivial], log)

    assert recomputed.unexplained(found).value == 1
    assert recomputed.mean_gap(found).value == pytest.approx(0.7)
    missing = recomputed.left_out(found, log)
    assert missing is not None
    assert "1 of 2 scores in the decision log come with no factors: RSK-other" in missing.detail
    assert recomputed.left_out(found, log[:1]) is None


def test_the_oldest_audit_under_way_is_kept_and_worksheets_are_no_formulas(tmp_path: Path) -> None:
    of, packs = audit(), []

    def keep(pack: Pack) -> Pack:
        packs.append(pack)
        return pack

    def never() -> Audit:
        raise AssertionError("another audit was drawn")

    def reviews(now: datetime) -> Reviews:
        texts = {"a": "no json", **{each.digest: each.body.decode() for each in packs}}
        return Reviews(tmp_path, "quarterly.q", lambda: texts, keep, now=now, days=timedelta(days=92))

    assert reviews(NOW).under_way(0.05, lambda: of) == of
    assert reviews(NOW).under_way(0.05, never) == of
    assert reviews(DRAWN + timedelta(days=93)).under_way(0.05, lambda: audit(items=3)).items != of.items
    reviews(NOW).hand_out([of.sheet(FIRST)])
    text = (tmp_path / "worksheets" / "quarterly.q" / "first.csv").read_text()
    assert ",'=spoke for" in text


def test_a_result_that_earlier_runs_did_not_find_counts_from_when_it_was_found(tmp_path: Path) -> None:
    of, packs = audit(), []

    def keep(pack: Pack) -> Pack:
        packs.append(pack)
        return pack

    def heard(days: float, *results: Result) -> Heard:
        texts = {each.digest: each.body.decode() for each in packs}
        now = DRAWN + timedelta(days=days)
        reviews = Reviews(tmp_path, "quarterly.q", lambda: texts, keep, now=now, days=timedelta(days=92))
        return reviews.heard(Heard(place="p", results=results), sheets)

    sheets = [of.sheet(FIRST), of.sheet(SECOND)]
    honest_one, backdated = result(sheets[0], "Ada", days=2), result(sheets[1], "Ben", days=2)
    assert heard(2.5, honest_one).results == (honest_one,)
    assert heard(4, honest_one).results == (honest_one,)
    late = heard(80, honest_one, backdated)
    assert late.results == (honest_one, replace(backdated, date=DRAWN + timedelta(days=80)))
    assert late.problems == ("Ben: dated 2026-03-03, not there until 2026-05-20: it counts from then",)
    assert heard(85, honest_one, backdated).results == late.results, "from the first look that found it"
    third = result(of.tie_break(()), "Cy", days=3)
    assert heard(86, third).results == (third,), "nobody had asked for that sheet before"


def test_results_are_read_from_json_and_csv_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    of = audit()
    sheet, folder = of.sheet(FIRST), tmp_path / "results"
    folder.mkdir()
    item = sheet.items[0].item
    good = {"worksheet": sheet.digest, "reviewer": " Ada  Ng ", "date": "2026-03-04", "answers": {item: UPHELD}}
    (folder / "good.json").write_text(json.dumps(good))
    lines = ["worksheet,reviewer,date,item,entity_id,verdict", f"{sheet.digest},Ben,2026-03-05,{item},E,not upheld"]
    (folder / "ben.csv").write_text("\n".join([*lines, f"{sheet.digest},,,other,E,"]))
    (folder / "word.json").write_text(json.dumps(good | {"answers": {item: "uphelt"}}))
    (folder / "naive.json").write_text(json.dumps(good | {"date": "2026-03-04T10:00:00"}))
    (folder / "astray.json").write_text(json.dumps(good | {"worksheet": "0" * 64}))
    (folder / "broken.json").write_text("{")
    run = tmp_path / "run"
    run.mkdir()
    heard = FiledResults(tmp_path, "results", Store(run), NOW).of([sheet])
    assert {(each.reviewer, each.answers[item]) for each in heard.results} == {("Ada Ng", UPHELD), ("Ben", NOT_UPHELD)}
    told = " ".join(heard.problems)
    assert "did you mean 'upheld'?" in told
    for words in ("naive.json: date", "astray.json: about another worksheet", "broken.json: cannot be read"):
        assert words in told
    with pytest.raises(Unobservable) as caught:
        FiledResults(tmp_path, "elsewhere", Store(run), NOW).of([sheet])
    assert caught.value.cause is Cause.NOT_CONFIGURED
    assert of.tie_break(()).name == TIE_BREAK
