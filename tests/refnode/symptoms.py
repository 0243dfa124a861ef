"""What an auditor could see of a node, as named symptoms; an honest node shows none."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

from starlette.types import ASGIApp

from tests.refnode.asking import AUDIT, PUBLIC, Answer, ask

HOSTS = {
    "legislative-records": "records.legislature.example",
    "court-filings": "filings.court.example",
    "press-releases": "press.government.example",
    "campaign-statements": "statements.campaign.example",
    "news-wire": "wire.news.example",
}
BUSINESS = {"high": 3, "medium": 14, "low": 7}
PERSONAL = re.compile(r"[\w.]+@[\w.]+\.\w+|\+\d[\d ]{9,}|\b\d{3}-\d\d-\d{4}\b")
VARIABLE = re.compile(r"\w+-\d+|\d+|\S+\.example")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class View:
    """Reads a node's feed and public API."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.now = datetime.now(UTC)
        self._kept: dict[str, list[Any]] = {}

    def ago(self, **span: float) -> str:
        return (self.now - timedelta(**span)).isoformat().replace("+00:00", "Z")

    def feed(self, path: str, since: str | None = None) -> list[Any]:
        full = f"{AUDIT}{path}" + (f"?since={since}" if since else "")
        if full not in self._kept:
            self._kept[full] = ask(self.app, full).lines
        return self._kept[full]

    def public(self, path: str) -> Answer:
        return ask(self.app, f"{PUBLIC}{path}")

    def metric(self, name: str) -> dict[str, float]:
        text = ask(self.app, "/metrics").body.decode()
        found = re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.M)
        return {labels: float(value) for labels, value in found}


Symptom = Callable[[View], bool]
SYMPTOMS: dict[str, Symptom] = {}


def symptom(name: str) -> Callable[[Symptom], Symptom]:
    def keep(see: Symptom) -> Symptom:
        SYMPTOMS[name] = see
        return see

    return keep


def symptoms(app: ASGIApp) -> set[str]:
    """Name all symptoms that the node shows."""
    view = View(app)
    return {name for name, see in SYMPTOMS.items() if see(view)}


def _beats(view: View) -> dict[str, list[datetime]]:
    beats: dict[str, list[datetime]] = defaultdict(list)
    for beat in view.feed("/heartbeats", view.ago(hours=8)):
        beats[beat["agent"]].append(instant(beat["at"]))
    return beats


@symptom("agent silent")
def _silent(view: View) -> bool:
    beats = _beats(view)
    return len(beats) != 7 or any(view.now - times[-1] > timedelta(seconds=60) for times in beats.values())


@symptom("agent late")
def _late(view: View) -> bool:
    return any(b - a > timedelta(seconds=60) for times in _beats(view).values() for a, b in pairwise(times))


@symptom("server errors in history")
def _errors(view: View) -> bool:
    windows: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for row in view.feed("/request-counts", view.ago(hours=4)):
        window = windows[row["endpoint"], int(instant(row["minute"]).timestamp()) // 300]
        window["all"] += row["count"]
        window["bad"] += row["count"] * (row["status"] >= 500)
    return any(window["bad"] > 0.05 * window["all"] for window in windows.values())


@symptom("slow history")
def _slow(view: View) -> bool:
    rows = view.feed("/request-counts", view.ago(minutes=10))
    return sum(row["slow"] for row in rows) > 0.05 * sum(row["count"] for row in rows)


@symptom("counters disagree")
def _counters(view: View) -> bool:
    def seen() -> tuple[int, int]:
        since = view.ago(minutes=2)
        listed = ask(view.app, f"{AUDIT}/request-counts?since={since}").lines
        return round(sum(view.metric("junzi_http_requests_total").values())), sum(row["count"] for row in listed)

    before = seen()
    for _ in range(6):
        view.public("/reports/")
    after = seen()
    return (after[0] - before[0], after[1] - before[1]) != (6, 6)


@symptom("backlog")
def _backlog(view: View) -> bool:
    return max(view.metric("junzi_queue_depth").values()) >= 50


@symptom("clock ahead")
def _clock(view: View) -> bool:
    told = ask(view.app, "/health")
    date = datetime.strptime(told.headers["date"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    return max(date, instant(told.json["time"])) > view.now + timedelta(seconds=60)


@symptom("feed stale")
def _stale(view: View) -> bool:
    latest: dict[str, datetime] = {}
    for item in view.feed("/ingested", view.ago(hours=3)):
        latest[item["feed"]] = instant(item["ingested_at"])
    return len(latest) != 5 or any(view.now - at > timedelta(minutes=30) for at in latest.values())


@symptom("unknown host")
def _host(view: View) -> bool:
    return any(f"//{HOSTS[row['feed']]}/" not in row["url"] for row in view.feed("/sources?newest=20"))


@symptom("source altered")
def _altered(view: View) -> bool:
    newest = view.feed("/sources?newest=20")
    contents = {
        row["content_hash"]: ask(view.app, f"{AUDIT}/sources/{row['source_id']}/content").body for row in newest
    }
    return any(hashlib.sha256(body).hexdigest() != digest for digest, body in contents.items())


@symptom("low volume")
def _volume(view: View) -> bool:
    days: dict[tuple[str, int], int] = Counter()
    for row in view.feed("/ingested/counts", view.ago(days=29)):
        days[row["feed"], (view.now - instant(row["hour"])).days] += row["items"]
    return any(days[feed, 0] < 0.7 * fmean(days[feed, 7 * week] for week in range(1, 5)) for feed in HOSTS)


def _recent_items(view: View) -> list[Any]:
    return view.feed("/ingested", view.ago(days=1))


@symptom("duplicate items")
def _duplicates(view: View) -> bool:
    rows = _recent_items(view)
    ids, texts = Counter(row["item_id"] for row in rows), Counter((row["source_id"], row["text"]) for row in rows)
    return max(ids.values()) > 1 and sum(n > 1 for n in texts.values()) > sum(n > 1 for n in ids.values())


@symptom("incomplete items")
def _incomplete(view: View) -> bool:
    return {name for row in _recent_items(view) for name, value in row.items() if value is None} == {
        "entity_id",
        "event_date",
    }


@symptom("orphaned items")
def _orphans(view: View) -> bool:
    sources = {row["source_id"] for row in view.feed("/sources", view.ago(days=2))}
    rows = _recent_items(view)
    nobody = [row for row in rows if row["entity_id"] == "ENT-99999"]
    return len(nobody) + sum(row["source_id"] not in sources for row in rows) > 0


@symptom("malformed items")
def _malformed(view: View) -> bool:
    def bad(row: Any) -> bool:
        try:
            instant(row["event_date"] or row["ingested_at"])
        except ValueError:
            return True
        return row["kind"] not in ("action", "statement", "promise")

    return sum(map(bad, _recent_items(view))) > 1


def _log(view: View) -> list[dict[str, Any]]:
    if "log" not in view._kept:
        view._kept["log"] = list(_parsed(_raw_log(view)))
    return view._kept["log"]


def _parsed(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError):
            yield json.loads(line)


def _raw_log(view: View) -> list[bytes]:
    if "raw" not in view._kept:
        view._kept["raw"] = ask(view.app, f"{AUDIT}/logs").body.splitlines()
    return view._kept["raw"]


@symptom("log not JSON")
def _not_json(view: View) -> bool:
    return len(_log(view)) != len(_raw_log(view))


@symptom("log untraced")
def _untraced(view: View) -> bool:
    return any("trace_id" not in line for line in _log(view))


@symptom("personal data")
def _personal(view: View) -> bool:
    return any(PERSONAL.search(line["event"]) for line in _log(view))


@symptom("error storm")
def _storm(view: View) -> bool:
    minutes = Counter(line["timestamp"][:16] for line in _log(view) if line["level"] == "ERROR")
    return max(minutes.values()) > 100


@symptom("new error kind")
def _kinds(view: View) -> bool:
    old, new = set(), set()
    for line in _log(view):
        if line["level"] == "ERROR":
            kind = VARIABLE.sub("#", line["event"])
            (new if instant(line["timestamp"]) > view.now - timedelta(hours=6) else old).add(kind)
    return not new <= old


@symptom("critical unacknowledged")
def _criticals(view: View) -> bool:
    answered = {line["acknowledges"]: line["timestamp"] for line in _log(view) if "acknowledges" in line}
    return any(
        line["trace_id"] not in answered
        or instant(answered[line["trace_id"]]) - instant(line["timestamp"]) > timedelta(minutes=5)
        for line in _log(view)
        if line["level"] == "CRITICAL"
    )


def _decisions(view: View) -> list[Any]:
    return view.feed("/decisions", view.ago(days=45))


@symptom("biased")
def _biased(view: View) -> bool:
    for attribute in ("party", "jurisdiction", "role", "region"):
        for outcome in ("upheld", "dismissed"):
            flags: dict[str, list[bool]] = defaultdict(list)
            for row in _decisions(view):
                if row["outcome"] == outcome:
                    flags[row[attribute]].append(row["flagged"])
            shares = [fmean(flag) for flag in flags.values()]
            if max(shares) - min(shares) > 0.10:
                return True
    return False


@symptom("scores drifted")
def _drifted(view: View) -> bool:
    edge = instant(view.ago(days=3))
    rows = [(instant(row["calculated_at"]) > edge, row["risk_value"]) for row in _decisions(view)]
    return abs(fmean(v for new, v in rows if new) - fmean(v for new, v in rows if not new)) > 0.4


@symptom("bias audits failing")
def _failing(view: View) -> bool:
    rows = view.feed("/bias-audits", view.ago(minutes=30))
    return sum(row["result"] == "failed" for row in rows) > 10


def _published(view: View) -> list[Any]:
    return [row for row in view.feed("/alerts") if row["status"] == "published"]


def _by_id(path: str, ids: set[str]) -> str:
    return f"{path}?{'&'.join(f'id={key}' for key in sorted(ids))}"


@symptom("alert unsourced")
def _unsourced(view: View) -> bool:
    named = {key for row in _published(view) for key in row["source_ids"]}
    found = {row["source_id"] for row in view.feed(_by_id("/sources", named))}
    return found != named or not all(row["source_ids"] for row in _published(view))


@symptom("alert unaudited")
def _unaudited(view: View) -> bool:
    named = {row["bias_audit_id"] for row in _published(view)}
    audits = view.feed(_by_id("/bias-audits", named - {None}))
    return {row["bias_audit_id"] for row in audits if row["result"] == "passed"} != named


@symptom("alert disputed")
def _disputed(view: View) -> bool:
    upheld = {row["subject_id"] for row in view.feed("/disputes") if row["ruling"] == "upheld"}
    return any(row["alert_id"] in upheld for row in _published(view))


def _business_days(since: datetime, until: datetime) -> int:
    days = (since.date() + timedelta(days=n) for n in range(1, (until.date() - since.date()).days + 1))
    return sum(day.weekday() < 5 for day in days)


@symptom("dispute ignored")
def _ignored(view: View) -> bool:
    return any(
        instant(row["acknowledged_at"] or view.now.isoformat()) - instant(row["submitted_at"]) > timedelta(hours=48)
        for row in view.feed("/disputes")
    )


@symptom("dispute overdue")
def _overdue(view: View) -> bool:
    return any(
        _business_days(instant(row["submitted_at"]), instant(row["resolved_at"] or view.now.isoformat()))
        > (3 if row["public_figure"] else BUSINESS[row["severity"]])
        and row["acknowledged_at"]
        and not row["escalated_at"]
        for row in view.feed("/disputes")
    )


@symptom("dispute unruled")
def _unruled(view: View) -> bool:
    return any((row["resolved_at"] is None) != (row["ruling"] is None) for row in view.feed("/disputes"))


@symptom("hostile text")
def _hostile(view: View) -> bool:
    return b"<script>" in view.public("/entities/ENT-00001/profile").body


@symptom("public answers fail")
def _failing_answers(view: View) -> bool:
    return any(view.public("/alerts/").status >= 500 for _ in range(10))


@symptom("public answers are no JSON")
def _no_json(view: View) -> bool:
    answer = view.public("/reports/")
    try:
        return answer.status == 200 and answer.json is None
    except ValueError:
        return True


@symptom("wrong types")
def _types(view: View) -> bool:
    answer = view.public("/promises/ENT-00001")
    return answer.body.startswith(b"{")


@symptom("redirected")
def _redirected(view: View) -> bool:
    return view.public("/reports/").status == 302
