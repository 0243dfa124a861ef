"""The memory: who may approve what, for how long, and what becomes of a file that was touched."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from junzi_audit import Draft, proposals
from junzi_audit.baselines import Baseline, BaselineError, Shelf, changes
from junzi_audit.evidence import earlier, results
from junzi_audit.findings import BaselineUse, Judgement, Record, RunEnd, RunHeader, census
from junzi_audit.model import Bound, Cadence, Cause, Environment, Limit, Unobservable, Verdict, utc
from junzi_audit.outcome import Outcome
from junzi_audit.plan import load
from junzi_audit.proposals import Code, Proposal, ProposalError, Window
from junzi_audit.report import duties, html, view
from tests.remembering import HELD, remembering
from tests.synthetic import ROOT, Audited, Repository

DUTY = load(ROOT / "obligations")["heartbeat.bias-detection-drift"]
NOW = utc("2026-03-01T12:00:00.123456Z")
DRAFT = Baseline(
    name="score-norm", duty=DUTY.id, target="staging", value={"mean": 4.25, "days": 56, "näme": ["a", None]},
    n=5_200, window=Window(since=NOW - timedelta(days=57), until=NOW - timedelta(days=1)), query=("GET /decisions",),
    model=("risk-1", "risk-2"), code=Code(version="0.1.0", check="c", plan="p", target="t"),
    run="r1", seen=NOW - timedelta(days=1), approver=DUTY.owner, approved=NOW, why="Eight quiet weeks.",
    expires=NOW + timedelta(days=180), previous="", digest="",
)  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "staging")


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def cause_of(shelf: Shelf, *, after: timedelta = timedelta(0), name: str = "score-norm") -> tuple[Cause, str]:
    with pytest.raises(Unobservable) as raised:
        shelf.recall(name, NOW + after)
    return raised.value.cause, raised.value.detail


def test_what_was_approved_is_recalled(shelf: Shelf) -> None:
    shelf.approve(DRAFT, DUTY)
    found = shelf.recall("score-norm", NOW)
    assert found.is_whole
    assert found.value == DRAFT.value
    assert (found.approver, found.run, found.why) == (DUTY.owner, "r1", "Eight quiet weeks.")
    assert (found.n, found.query, found.model, found.code) == (DRAFT.n, DRAFT.query, DRAFT.model, DRAFT.code)
    assert found.window == Window(since=utc("2026-01-03T12:00:00.123Z"), until=utc("2026-02-28T12:00:00.123Z"))
    assert shelf.names() == ("score-norm",)


def test_figures_survive_to_the_last_bit(shelf: Shelf) -> None:
    exact = {"third": 1 / 3, "tiny": 5e-324, "large": 1e308, "many": 2**63 + 1, "never": math.inf}
    shelf.approve(dataclasses.replace(DRAFT, value=exact), DUTY)
    assert shelf.recall("score-norm", NOW).value == exact


def test_nothing_stored_says_how_to_store_it(shelf: Shelf) -> None:
    cause, detail = cause_of(shelf)
    assert cause is Cause.NO_BASELINE
    assert "junzi-audit baseline approve RUN score-norm" in detail


def test_a_baseline_is_normal_for_its_own_duty_alone(shelf: Shelf) -> None:
    shelf.approve(DRAFT, DUTY)
    assert shelf.recall("score-norm", NOW, DUTY).is_whole
    for other in (dataclasses.replace(DUTY, id="daily.other"), dataclasses.replace(DUTY, owner="Somebody else")):
        with pytest.raises(Unobservable, match="the baseline score-norm is of") as raised:
            shelf.recall("score-norm", NOW, other)
        assert raised.value.cause is Cause.NO_BASELINE


def test_a_baseline_ends_at_its_instant(shelf: Shelf) -> None:
    shelf.approve(DRAFT, DUTY)
    shelf.recall("score-norm", DRAFT.expires - timedelta(seconds=1))
    assert cause_of(shelf, after=timedelta(days=180))[0] is Cause.STALE


@pytest.mark.parametrize(
    "change",
    [
        {"value": {"mean": 9.0}}, {"expires": "2099-01-01T00:00:00.000Z"}, {"approver": "Somebody"},
        {"why": "Because it is so."}, {"digest": "0" * 64}, {"previous": "0" * 64}, {"run": "other"}, {"n": 5_201},
        {"window": None}, {"query": []}, {"model": ["risk-2"]},
        {"code": {"version": "0.1.0", "check": "c", "plan": "p", "target": "other"}},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_file_edited_by_hand_is_not_believed(shelf: Shelf, change: dict[str, Any]) -> None:
    edit(shelf.approve(DRAFT, DUTY), **change)
    cause, detail = cause_of(shelf)
    assert cause is Cause.NO_BASELINE
    assert "edited by hand" in detail
    assert not shelf.read("score-norm").is_whole


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"name": "score-norm"}', '{"n": 3}'])
def test_a_file_that_is_no_baseline_is_told_not_raised(shelf: Shelf, content: str) -> None:
    shelf.approve(DRAFT, DUTY).write_text(content)
    cause, detail = cause_of(shelf)
    assert cause is Cause.NO_BASELINE
    assert "not readable" in detail


def test_one_targets_normal_is_not_anothers(tmp_path: Path, shelf: Shelf) -> None:
    stored = shelf.approve(DRAFT, DUTY)
    for place in (tmp_path / "live" / "score-norm.json", tmp_path / "staging" / "other-norm.json"):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(stored.read_bytes())
    assert "belongs elsewhere" in cause_of(Shelf(tmp_path, "live"))[1]
    assert "belongs elsewhere" in cause_of(shelf, name="other-norm")[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"approver": DUTY.escalates_to}, f"only {DUTY.owner!r}, who owns {DUTY.id}, may approve"),
        ({"approver": DUTY.owner.lower()}, "may approve its baseline"),
        ({"why": "ok"}, "say in a sentence why"),
        ({"n": 0}, "score-norm was made from 0 records: what nobody saw is no normal"),
    ],
)
def test_only_the_owner_approves_and_says_why(shelf: Shelf, change: dict[str, Any], told: str) -> None:
    with pytest.raises(BaselineError, match=re.escape(told)):
        shelf.approve(dataclasses.replace(DRAFT, **change), DUTY)
    assert shelf.names() == ()


def test_a_new_baseline_is_chained_to_the_one_before(shelf: Shelf) -> None:
    first = hashlib.sha256(shelf.approve(DRAFT, DUTY).read_bytes()).hexdigest()
    assert shelf.digests() == {"score-norm": first}
    shelf.approve(dataclasses.replace(DRAFT, value={"mean": 5.0}), DUTY)
    assert shelf.recall("score-norm", NOW).previous == first


def test_a_shelf_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Shelf(tmp_path / "nowhere", "x").names() == ()
    assert Shelf(tmp_path / "nowhere", "x").digests() == {}


def test_a_record_says_which_file_it_was_compared_with(shelf: Shelf) -> None:
    before = hashlib.sha256(shelf.approve(DRAFT, DUTY).read_bytes()).hexdigest()
    shelf.approve(dataclasses.replace(DRAFT, value={"mean": 5.0}), DUTY)
    used = shelf.use(shelf.recall("score-norm", NOW))
    assert used == BaselineUse(
        name="score-norm", digest=shelf.digests()["score-norm"], approved=utc("2026-03-01T12:00:00.123Z"),
        approver=DUTY.owner, why=DRAFT.why, previous=before, expires=utc("2026-08-28T12:00:00.123Z"),
    )  # fmt: skip


def test_a_shelf_knows_what_is_stored_for_a_duty(shelf: Shelf) -> None:
    shelf.approve(DRAFT, DUTY)
    shelf.approve(dataclasses.replace(DRAFT, name="alert-norm"), DUTY)
    edit(shelf.path("alert-norm"), n=3)
    shelf.path("broken").write_text("{")
    shelf.path("strange").write_text("[3]")
    assert shelf.of(DUTY.id) == ("alert-norm", "score-norm")
    assert shelf.of("daily.bias-drift") == ()


# ---------------------------------------------------------------- drafts and proposals


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"since": NOW}, "both ends"), ({"until": NOW}, "both ends"), ({"since": NOW, "until": NOW}, "cannot end"),
        ({"n": -1}, "-1 records"),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_be_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Draft(**{"value": {}, "n": 1, **wrong})


def proposed(draft: object, **named: str) -> Proposal:
    known = {"name": "norm", "duty": DUTY.id, "target": "staging", **named}
    return Proposal.of(draft, query=["GET b", "GET a", "GET b"], code=DRAFT.code, **known)


def test_a_proposal_keeps_distinct_questions_in_order_and_models_by_name(tmp_path: Path) -> None:
    made = proposed(Draft(value={"mean": 1}, n=3, since=NOW - timedelta(days=1), until=NOW, model={"b", "a"}))
    proposals.write(tmp_path, made)
    found = proposals.read(tmp_path, "norm", "staging")
    assert (found.query, found.model, found.n, found.value) == (("GET b", "GET a"), ("a", "b"), 3, {"mean": 1})
    assert str(found.window) == "2026-02-28T12:00:00.123Z to 2026-03-01T12:00:00.123Z"
    assert proposed(Draft(value={}, n=3)).window is None


def test_a_plain_mapping_a_bad_name_and_what_is_no_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"propose of 'norm' gave a dict; give junzi_audit.Draft"):
        proposed({"mean": 1})
    with pytest.raises(ProposalError, match="cannot name a baseline"):
        proposed(Draft(value={}, n=1), name="../norm")
    with pytest.raises(TypeError, match="is no JSON value"):
        proposals.write(tmp_path, proposed(Draft(value={"at": {1, 2}}, n=1)))


# ---------------------------------------------------------------- changed since an earlier run


def test_changes_name_both_digests_and_nothing_else() -> None:
    then, now = {"same": "1" * 64, "other": "2" * 64, "gone": "3" * 64}, {"same": "1" * 64, "other": "4" * 64}
    assert changes(then, {**now, "fresh": "5" * 64}, "r1") == [
        "baseline fresh is new since run r1: digest 555555555555",
        "baseline gone is gone since run r1: its digest was 333333333333",
        "baseline other changed since run r1: digest 444444444444, before 222222222222",
    ]
    assert changes(then, then, "r1") == []


def test_many_changes_are_told_in_one_sentence() -> None:
    now = dict.fromkeys("dcba", "1" * 64)

    assert changes({}, now, "r1") == ["4 baselines are not what they were in run r1: a, b, c, d"]


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., None]:
    def make(name: str, begun: datetime, *, target: str = "staging", finished: bool = True, replay: str = "") -> None:
        header = RunHeader(
            run=name, started=begun, target=target, environment=Environment.STAGING, nodes=(),
            cadences=(Cadence.DAILY,), due=(), plan_digest="p", target_digest="t", baseline_digests={"n": name},
            versions={}, seed=1, replay_of=replay,
        )  # fmt: skip
        (tmp_path / name).mkdir()
        results.append(tmp_path / name, header)
        if finished:
            results.append(tmp_path / name, RunEnd(finished=begun, verdict=Verdict.MET, exit_status=0))

    return make


def test_the_newest_finished_run_of_the_target_is_found(tmp_path: Path, ran: Callable[..., None]) -> None:
    assert earlier.last_finished(tmp_path / "nowhere", "staging", NOW) is None
    hour = timedelta(hours=1)
    ran("oldest", NOW - 9 * hour)
    ran("right", NOW - 8 * hour)
    ran("elsewhere", NOW - 7 * hour, target="live")
    ran("stopped", NOW - 6 * hour, finished=False)
    ran("replayed", NOW - 5 * hour, replay="oldest")
    ran("later", NOW + hour)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / results.NAME).write_text('{"kind": "run", "target": "staging"}\n\ufffd')
    found = earlier.last_finished(tmp_path, "staging", NOW)
    assert found is not None
    assert found.run == "right"


# ---------------------------------------------------------------- a baseline that a check leaves unused


def outcome(verdict: Verdict) -> Outcome:
    return Outcome(duty=DUTY, verdict=verdict, reason="It is so.", cause=None)


def test_an_unused_baseline_unsettles_what_was_met_and_stands_beside_a_breach() -> None:
    met, breached, unseen = (outcome(v) for v in (Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE))
    assert (met.beside([]), breached.beside([])) == (met, breached)
    after = met.beside(["It is unused.", "So is that."])
    assert (after.verdict, after.cause, after.reason) == (
        Verdict.INCONCLUSIVE, Cause.NO_BASELINE, "It is unused. So is that.",
    )  # fmt: skip
    after = breached.beside(["It is unused."])
    assert (after.verdict, after.cause, after.reason) == (Verdict.BREACHED, None, "It is so. Also: It is unused.")
    assert breached.beside(["It is so."]) == breached, "what was told is not told again"
    assert unseen.beside(["It is unused."]) == unseen


# ---------------------------------------------------------------- the whole way, in a repository of its own

#: The check asks, and goes on without an answer.
LENIENT = "memory('norm', propose=KEPT, absent={}); judge(bad=census(0, n=9))"


def approve(made: Repository, run: Path, **more: Any) -> Path:
    """What a person would do with the proposal of that run."""
    duty = load(made.root / "obligations")["daily.one"]
    found = proposals.read(run, "norm", "embedded")
    now = datetime.now(NOW.tzinfo)
    parts = {
        **{part.name: getattr(found, part.name) for part in dataclasses.fields(found)}, "run": run.name, "seen": now,
        "approver": duty.owner, "approved": now, "why": "A quiet week.", "expires": now + timedelta(days=9),
        "previous": "", "digest": "",
    }  # fmt: skip
    return Shelf(made.root / "baselines", "embedded").approve(Baseline(**{**parts, **more}), duty)


def the_one(audited: Audited) -> tuple[Verdict, Cause | None, str]:
    record = audited.last["one"]
    return record.verdict, record.cause, record.reason


def test_from_a_missing_baseline_to_one_that_changed(tmp_path: Path) -> None:
    made = remembering(tmp_path / "repository", HELD)
    first = made.audit("--propose")
    verdict, cause, reason = the_one(first)
    assert (verdict, cause) == (Verdict.INCONCLUSIVE, Cause.NO_BASELINE)
    assert "no baseline embedded/norm is stored" in reason
    found = proposals.read(first.folder, "norm", "embedded")
    check = (made.root / "suites/daily/test_one.py").read_bytes()
    assert (found.value, found.n, found.window, found.model, found.query) == ({"most": 3}, 9, None, ("m1",), ())
    assert (found.code.check, found.code.plan) == (hashlib.sha256(check).hexdigest(), first.log.header.plan_digest)
    assert found.code.target == first.log.header.target_digest

    file = approve(made, first.folder)
    second = made.audit()
    record = second.last["one"]
    assert record.verdict is Verdict.MET
    (used,) = record.baselines
    assert isinstance(used, BaselineUse)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (used.name, used.digest, used.previous, used.why) == ("norm", digest, "", "A quiet week.")
    assert second.log.header.notes == (f"baseline norm is new since run {first.folder.name}: digest {digest[:12]}",)

    approve(made, first.folder, why="A second quiet week.")
    third = made.audit()
    (used,) = third.last["one"].baselines
    assert isinstance(used, BaselineUse)
    assert used.previous == digest
    note = f"baseline norm changed since run {second.folder.name}: digest {used.digest[:12]}, before {digest[:12]}"
    assert third.log.header.notes == (note,)
    page = (third.folder / "report.html").read_text()
    assert note in page
    assert f"Compared with: norm, approved {used.approved:%Y-%m-%d} by DevOps / SRE Team" in page
    assert f"Changed on {used.approved:%Y-%m-%d}: the one before had digest {digest[:12]}." in page

    shutil.rmtree(made.root / "reports")
    assert made.audit().log.header.notes == (), "no earlier run, no note"


@pytest.mark.parametrize(
    ("body", "change", "told"),
    [
        (HELD, {}, ""),
        (HELD, {"n": 10}, "was edited by hand"),
        (HELD, {"expires": NOW - timedelta(days=1)}, "the baseline norm expired on 2026-02-28"),
        (LENIENT, {"n": 10}, "was edited by hand"),
        (LENIENT, {"expires": NOW - timedelta(days=1)}, "the baseline norm expired on 2026-02-28"),
        ("judge(bad=census(0, n=9))", {}, "baseline norm is stored for this duty, but the check did not compare"),
    ],
    ids=["used", "edited", "expired", "edited, leniently", "expired, leniently", "unused"],
)
def test_only_a_baseline_that_holds_and_is_used_lets_a_duty_be_met(
    tmp_path: Path, body: str, change: dict[str, Any], told: str
) -> None:
    made = remembering(tmp_path / "repository", body)
    proposals.write(tmp_path, proposed(Draft(value={"most": 3}, n=9), duty="daily.one", target="embedded"))
    if "n" in change:
        edit(approve(made, tmp_path), **change)
    else:
        approve(made, tmp_path, **change)
    verdict, cause, reason = the_one(made.audit())
    assert verdict is (Verdict.INCONCLUSIVE if told else Verdict.MET), reason
    assert told in reason
    assert (cause in (Cause.NO_BASELINE, Cause.STALE)) is bool(told)


def test_an_unused_baseline_is_told_beside_a_breach_and_does_not_hide_it(tmp_path: Path) -> None:
    made = remembering(tmp_path / "repository", "judge(bad=census(2, n=9))")
    proposals.write(tmp_path, proposed(Draft(value={"most": 3}, n=9), duty="daily.one", target="embedded"))
    approve(made, tmp_path)
    audited = made.audit()
    verdict, cause, reason = the_one(audited)
    assert (verdict, cause) == (Verdict.BREACHED, None)
    assert reason.endswith(
        "Also: baseline norm is stored for this duty, but the check did not compare anything with it."
    )
    assert "did not compare anything with it" in (audited.folder / "report.html").read_text()


def test_a_node_that_cannot_be_seen_stays_the_reason(tmp_path: Path) -> None:
    made = remembering(tmp_path / "repository", "raise Unobservable(Cause.UNREACHABLE, 'nobody answers')")
    proposals.write(tmp_path, proposed(Draft(value={"most": 3}, n=9), duty="daily.one", target="embedded"))
    approve(made, tmp_path)
    assert the_one(made.audit()) == (Verdict.INCONCLUSIVE, Cause.UNREACHABLE, "nobody answers.")


def test_a_check_that_proposes_a_plain_mapping_is_broken_and_leaves_no_proposal(tmp_path: Path) -> None:
    made = remembering(tmp_path / "repository", HELD.replace("KEPT", "lambda: {'most': 3}"))
    audited = made.audit("--propose")
    verdict, cause, reason = the_one(audited)
    assert (verdict, cause) == (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK)
    assert "give junzi_audit.Draft(value=…, n=…) instead" in reason
    assert proposals.names(audited.folder) == ()


# ---------------------------------------------------------------- as the report shows it

LIMITS = tuple(
    Limit(name=name, bound=Bound(comparator="<=", value=1), unit="items", meaning="m", source="s")
    for name in ("a", "b")
)
USED = BaselineUse(
    name="norm", digest="a" * 64, approved=NOW, approver="Some Body", why="<b>It is so.</b>", previous="",
    expires=NOW + timedelta(days=9),
)  # fmt: skip


def recorded(*used: BaselineUse | str, beside: str = "") -> Record:
    """Breached on two limits."""
    judged = tuple(
        Judgement(
            limit=limit, stream="", verdict=Verdict.BREACHED, reading=census(2, n=3), reason=f"{limit.name} is 2."
        )
        for limit in LIMITS
    )
    reason = f"a is 2. b is 2.{beside}"
    return Record(
        duty=DUTY.id, verdict=Verdict.BREACHED, reason=reason, started=NOW, seconds=1, judgements=judged, baselines=used
    )


def test_a_line_holds_what_was_compared_and_an_earlier_versions_line_is_read_too() -> None:
    for record in (recorded(USED), recorded("norm sha256:0"), recorded(USED, "norm sha256:0")):
        assert results.decode(results.encode(record)) == record
    half = results.encode(recorded(USED)).replace('"approver"', '"aprover"')
    with pytest.raises(ValueError, match="approver"):
        results.decode(half)


def test_a_duty_shows_who_stands_for_its_baseline_and_what_it_replaced() -> None:
    kept, changed, early = duties.build(
        DUTY.id, DUTY, [recorded(USED, dataclasses.replace(USED, previous="b" * 64), "norm sha256:0")], True
    ).compared
    assert kept == (
        "norm, approved 2026-03-01 by Some Body ('<b>It is so.</b>'), holds until 2026-03-10; digest aaaaaaaaaaaa."
    )
    assert changed == f"{kept} Changed on 2026-03-01: the one before had digest bbbbbbbbbbbb."
    assert early == "norm sha256:0"
    assert duties.build(DUTY.id, DUTY, [], True).compared == ()


@pytest.mark.parametrize("beside", ["", " Also: norm is unused."])
def test_a_reason_beside_the_figures_own_is_shown_once(beside: str) -> None:
    shown = duties.build(DUTY.id, DUTY, [recorded(beside=beside)], True)
    assert shown.reason_left == beside.strip()
    header = RunHeader(
        run="r", started=NOW, target="t", environment=Environment.STAGING, nodes=(), cadences=(Cadence.HEARTBEAT,),
        due=(DUTY.id,), plan_digest="p", target_digest="t", baseline_digests={}, versions={}, seed=1,
    )  # fmt: skip
    page = html.render(view.build([DUTY], header, [recorded(USED, beside=beside)], None))
    assert page.count("norm is unused") == (1 if beside else 0)
    assert "&lt;b&gt;It is so.&lt;/b&gt;" in page
