"""The governance report holds everything that was due, lets nothing run, and is the same bytes every time."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlparse

import pytest
from jinja2 import UndefinedError

from junzi_audit.findings import Exhibit, Measurement, census
from junzi_audit.model import Environment, Verdict, utc
from junzi_audit.report import html, view
from tests import test_report_sample as sample
from tests.browser import dumped, needs_chromium

ALLOWED = frozenset(
    """html head meta title link body a header footer main section article h1 h2 h3 h4 p div span ul ol li dl dt dd
    aside table caption thead tbody tr th td b strong small code details summary figure figcaption img""".split()  # noqa: SIM905
)


class Page(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"{tag} repeats an attribute: {attrs}"
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def write(to: Path, records=None, end="", obligations=sample.PLAN, **header) -> Page:
    records = sample.records() if records is None else records
    end = sample.ending(records) if end == "" else end
    return Page(html.write(to, obligations, sample.header(**header), records, end).read_text(encoding="utf-8"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_hostile(to: Path) -> Page:
    hostile = sample.HOSTILE
    return write(
        to,
        sample.hostile(),
        due=("weekly.source-integrity",),
        run=hostile,
        target=hostile,
        nodes=(hostile,),
        versions={"node": hostile, hostile: "1"},
        baseline_digests={hostile: hostile},
        notes=(hostile,),
        replay_of=hostile,
    )


@pytest.mark.parametrize("writer", [write, write_hostile])
def test_nothing_in_the_page_can_run(tmp_path, writer) -> None:
    page = writer(tmp_path)
    for tag, attributes in page.elements:
        assert tag in ALLOWED, f"<{tag}> has no business here"
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc", "action"}]
        for name in {"href", "src"} & set(attributes):
            where = urlparse(attributes[name] or "")
            assert (where.scheme, where.netloc) == ("", ""), f"{attributes[name]!r} leads out of the run"
            assert ".." not in where.path
            assert not where.path.startswith("/")
    policy = page.all("meta")[1]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src 'self'; style-src 'self'")
    css = (tmp_path / "style.css").read_text()
    assert "url(" not in css
    assert "@import" not in css


def test_hostile_characters_are_spelled_out_everywhere(tmp_path) -> None:
    page = write_hostile(tmp_path)
    assert "⟦U+202E⟧" in page.text
    assert "⟦U+001B⟧[31m" in page.text
    assert "⟦U+D800⟧" in page.text
    for name, content in files(tmp_path).items():
        text = content.decode("utf-8")
        assert not [each for each in text if not each.isprintable() and each not in "\n\t"], name
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"), name


def test_a_javascript_address_becomes_text_and_not_a_link(tmp_path) -> None:
    page = write_hostile(tmp_path)
    assert [link["href"] for link in page.all("a") if "raw/" in (link["href"] or "")] == [f"raw/{1:064x}.json"]


@needs_chromium
def test_a_browser_with_scripts_enabled_executes_nothing(tmp_path) -> None:
    write_hostile(tmp_path / "run")
    bare = tmp_path / "bare.html"  # the same payload outside our page, to prove that the browser would have run it
    bare.write_text("<title>still</title><script>document.title='owned'</script>")
    assert "<title>owned" in dumped(bare, tmp_path)
    seen = dumped(tmp_path / "run" / "report.html", tmp_path)
    assert "<title>BREACHED · JUNZI Audit · &lt;script&gt;" in seen
    assert "<title>owned" not in seen


def test_the_same_run_gives_the_same_bytes_wherever_it_is_rendered(tmp_path) -> None:
    write(tmp_path / "here")
    script = "import sys; from pathlib import Path; from tests import test_report_html as t; t.write(Path(sys.argv[1]))"
    changed = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "PYTHONPATH": "src:."}
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], env=changed, cwd=root, check=True)
    assert files(tmp_path / "here") == files(tmp_path / "there")
    write(tmp_path / "here")
    assert files(tmp_path / "here") == files(tmp_path / "there")


def test_every_duty_due_has_a_row_and_a_section_and_the_others_are_named(tmp_path) -> None:
    page = write(tmp_path)
    anchors = [heading.get("id") for heading in page.all("h3")]
    assert anchors == [duty.id for duty in sample.DUE]
    links = [link["href"] for link in page.all("a")]
    for duty in sample.DUE:
        assert f"#{duty.id}" in links
    for duty in sample.PLAN:
        assert duty.title in page.text


def test_a_run_that_stopped_says_so_and_is_never_met(tmp_path) -> None:
    page = write(tmp_path, sample.records()[:2], None)
    assert "INCOMPLETE RUN: it stopped before finishing; 2 of 7 duties were judged." in page.text
    assert page.text.count("The run stopped before this duty.") == 10
    met = view.build(sample.DUE[-1:], sample.header(due=("weekly.agent-health",)), sample.records()[-1:], None)
    assert met.verdict is Verdict.INCONCLUSIVE


def test_a_finished_run_with_a_duty_nobody_checked_is_inconclusive() -> None:
    due = ("weekly.agent-health", "weekly.load", "weekly.gone-from-the-plan")
    page = view.build(sample.PLAN, sample.header(due=due), sample.records()[-1:], sample.ending())
    assert [duty.id for duty in page.due] == ["weekly.load", "weekly.agent-health", "weekly.gone-from-the-plan"]
    assert [duty.verdict.name for duty in page.due] == ["INCONCLUSIVE", "MET", "INCONCLUSIVE"]
    assert page.verdict is Verdict.INCONCLUSIVE
    assert page.alarms == ("THE RECORD DISAGREES: the run closed as BREACHED, but its records come to INCONCLUSIVE.",)


def test_a_duty_recorded_though_not_due_is_told_and_one_outside_the_plan_raises_the_alarm(tmp_path) -> None:
    stray = dataclasses.replace(sample.records()[0], duty="weekly.unheard-of")
    page = write(tmp_path, (*sample.records(), stray), due=("weekly.agent-health",))
    assert "recorded all the same: BREACHED; not counted here" in page.text
    assert "UNKNOWN TO THE PLAN: 1 recorded id no duty answers to, such as weekly.unheard-of." in page.text


def test_the_last_attempt_decides_and_every_attempt_is_shown(tmp_path) -> None:
    first, last = sample.records()[2], sample.records()[1]
    page = write(tmp_path, (first, last), due=("weekly.load",))
    assert "1 of 1" not in page.text
    assert "The only duty due was met." in page.text
    assert "tried more than once: 1 BREACHED, 1 MET" in page.text
    assert last.reason in page.text
    assert first.reason.replace("_", " ") in page.text
    assert "probe_p95" in first.reason
    assert "probe_p95" not in page.text


def test_the_sentence_names_what_was_breached_and_who_must_act() -> None:
    due = tuple(duty.id for duty in sample.DUE[:1] + sample.DUE[-1:])
    records = (sample.records()[0], sample.records()[-1])
    page = view.build(sample.PLAN, sample.header(due=due), records, sample.ending(records))
    assert page.sentence == (
        "1 of 2 duties met; 1 breached: Published sources still hold the bytes recorded at capture; "
        "body that must act: Data Engineering Team."
    )
    none = view.build(sample.PLAN, sample.header(due=()), (), sample.ending())
    assert none.verdict is Verdict.INCONCLUSIVE
    assert "nothing is met" in none.sentence


def test_a_waived_duty_shows_its_real_verdict_who_approved_it_and_until_when(tmp_path) -> None:
    page = write(tmp_path)
    assert "in truth BREACHED" in page.text
    assert "Waived until 2026-12-11 06:00:00 UTC" in page.text
    assert "Approved by Bias Monitoring Council" in page.text
    waived = sample.records()[4]
    expired = dataclasses.replace(
        waived, waiver=dataclasses.replace(waived.waiver, expires=utc("2026-12-06T00:00:00Z"))
    )
    assert "It had expired" not in page.text
    assert "It had expired" in write(tmp_path, (expired,)).text


@pytest.mark.parametrize(
    ("environment", "words"),
    [("embedded", "built-in reference node, not of JUNZI"), ("recorded", "not of a node observed"), ("live", "")],
)
def test_figures_that_are_not_junzis_are_watermarked(tmp_path, environment, words) -> None:
    page = write(tmp_path, environment=Environment(environment))
    marks = [each for each in page.all("aside") if each.get("class") == "watermark"]
    assert len(marks) == (1 if words else 0)
    assert words in page.text
    assert "REPLAY of run 42" in write(tmp_path, replay_of="42").text


def test_the_csv_holds_exactly_the_rows(tmp_path) -> None:
    write(tmp_path)
    stored = list(csv.reader(io.StringIO((tmp_path / "data" / "weekly.source-integrity-1.csv").read_text())))
    assert stored[0] == list(sample.SOURCES.columns)
    assert stored[1:] == [["" if cell is None else str(cell) for cell in row] for row in sample.SOURCES.rows]


def test_a_spreadsheet_runs_nothing_from_the_csv(tmp_path) -> None:
    write_hostile(tmp_path)
    stored = list(csv.reader(io.StringIO((tmp_path / "data" / "weekly.source-integrity-1.csv").read_text())))
    assert stored[2][0] == "'=cmd|'/c calc'!A1"


def test_a_long_table_is_cut_on_the_page_and_whole_in_the_file(tmp_path) -> None:
    rows = tuple((f"row {number}", number) for number in range(1, 1001))
    exhibit = Exhibit(title="Long", caption="", columns=("Row", "Value"), rows=rows)
    reading = census(0.5, n=1000, exhibits=(exhibit,))
    judged = sample.judgement(sample.ALTERED, Verdict.BREACHED, reading)
    page = write(tmp_path, (sample.record("weekly.source-integrity", Verdict.BREACHED, judged),))
    assert "row 200" in page.text
    assert "row 201" not in page.text
    assert "The first 200 rows are shown, 800 more rows in the file." in page.text
    assert len((tmp_path / "data" / "weekly.source-integrity-1.csv").read_text().splitlines()) == 1001
    assert not (tmp_path / "plots").exists()


def test_one_exhibit_behind_several_limits_is_shown_once(tmp_path) -> None:
    reading = census(556.4, n=9, exhibits=(sample.QUEUES,))
    judged = [sample.judgement(limit, Verdict.BREACHED, reading) for limit in (sample.SLOW, sample.BACKLOG)]
    page = write(tmp_path, (sample.record("weekly.load", Verdict.BREACHED, *judged),))
    assert len(page.all("figure")) == 1


def test_many_streams_and_observations_are_cut_and_counted(tmp_path) -> None:
    worst = sample.judgement(sample.BEAT, Verdict.BREACHED, census(61, n=1), "agent-late")
    rest = [sample.judgement(sample.BEAT, Verdict.MET, census(10, n=1), f"agent-{number}") for number in range(300)]
    seen = tuple(sample.observation(number) for number in range(60))
    made = sample.record("weekly.agent-health", Verdict.BREACHED, *rest, worst, reason="Late.", observations=seen)
    page = write(tmp_path, (made,))
    assert "agent-late" in page.text
    assert "agent-299" not in page.text
    assert "The 200 worst are shown. The rest, 101 MET" in page.text
    assert "and 10 more in results.jsonl" in page.text


class Folded(HTMLParser):
    """Text of the page that is folded away until somebody unfolds it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.depth, self.text = 0, ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag == "details"

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "details"

    def handle_data(self, data: str) -> None:
        self.text += data if self.depth else ""


def test_what_must_be_known_of_the_run_stands_under_its_verdict_and_is_not_folded_away(tmp_path) -> None:
    notes = ("fault planted: freeze-ignored", "partial run: 3 of 4 duties", "a drill is not undone yet")
    page = write(tmp_path, notes=notes)
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    for note in notes:
        assert note in page.text
        assert note not in Folded(source).text
        assert source.index('class="sentence"') < source.index(note) < source.index('id="acts"')
    assert 'class="notes"' not in html.render(view.build(sample.PLAN, sample.header(notes=()), (), None))


def test_an_exhibit_without_rows_says_none_and_leads_to_no_file(tmp_path) -> None:
    empty = Exhibit(title="Open ports", caption="Of 100.", columns=("port", "service"), rows=())
    judged = sample.judgement(sample.ALTERED, Verdict.BREACHED, census(1, n=1, exhibits=(empty,)))
    page = write(tmp_path, (sample.record("weekly.source-integrity", Verdict.BREACHED, judged),))
    assert "\nnone\n" in page.text
    assert "rows of data" not in page.text
    assert not [link for link in page.all("a") if (link["href"] or "").startswith("data/")]


def test_what_stands_between_backticks_is_set_as_code_and_stays_escaped(tmp_path) -> None:
    assert html.coded("Sign `a <b>`, then <i>go</i>.") == "Sign <code>a &lt;b&gt;</code>, then &lt;i&gt;go&lt;/i&gt;."
    duty = dataclasses.replace(sample.DUE[0], remedy="Roll back with `junzi-audit gate`.", why="See `a`.")
    page = write(tmp_path, obligations=(duty,), due=(duty.id,))
    assert "Roll back with junzi-audit gate." in page.text
    assert "`" not in page.text


def test_long_cells_of_text_are_kept_wide_enough_to_read(tmp_path) -> None:
    rows = (("Amrit Kaur (Chair); Bo Lindqvist (Member); Cora Okafor (Member)", "counts"),)
    shown = Exhibit(title="Signed records", caption="", columns=("signed by", "counts"), rows=rows)
    judged = sample.judgement(sample.ALTERED, Verdict.BREACHED, census(1, n=1, exhibits=(shown,)))
    page = write(tmp_path, (sample.record("weekly.source-integrity", Verdict.BREACHED, judged),))
    assert [cell.get("class") for cell in page.all("td")].count("long") == 1


def test_a_limit_nobody_judged_is_shown_as_such(tmp_path) -> None:
    judged = sample.judgement(sample.SLOW, Verdict.MET, census(100, n=9))
    page = write(tmp_path, (sample.record("weekly.load", Verdict.MET, judged),), due=("weekly.load",))
    assert "No figure was held against this limit in this run." in page.text


def test_a_figure_never_reads_like_the_limit_it_breaks(tmp_path) -> None:
    reading = Measurement(value=0.0200001, low=0.0200001, high=0.0200001, n=10**7)
    judged = sample.judgement(sample.ALTERED, Verdict.BREACHED, reading)
    page = write(tmp_path, (sample.record("weekly.source-integrity", Verdict.BREACHED, judged),))
    assert "2.00001%" in page.text


def test_the_page_refuses_a_template_that_names_what_does_not_exist() -> None:
    environment = html._environment()
    with pytest.raises(UndefinedError):
        environment.from_string("{{ page.no_such_thing }}").render(page=object())
    assert environment.from_string("{{ x }}").render(x="<b>\u202e") == "&lt;b&gt;⟦U+202E⟧"


def test_the_page_can_be_read_without_seeing_it(tmp_path) -> None:
    page = write(tmp_path)
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert all(each.get("scope") in {"col", "row"} for each in page.all("th"))
    images = page.all("img")
    assert len(images) == 6
    assert "News sites 0.171 (0.137 to 0.211)" in (images[0]["alt"] or "")
    assert "The line marks limit 2%" in (images[0]["alt"] or "")
    assert "96 points, lowest" in (images[1]["alt"] or "")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes]
    assert set(named) <= set(ids)


def test_verdict_colours_have_enough_contrast() -> None:
    css = (Path(html.__file__).parent / "templates" / "style.css").read_text()
    for theme in css.split(":root {")[1:3]:
        block = theme.partition("}")[0].replace("\n", " ")
        colours = dict(pair.strip().removeprefix("--").split(": ") for pair in block.split(";") if "--" in pair)
        for name in [*(verdict.lower() for verdict in Verdict), "none"]:
            assert _contrast(colours[name], colours[f"{name}-bg"]) >= 4.5, name
        for ink in ("ink", "soft", "link"):
            for paper in ("paper", "page"):
                assert _contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
