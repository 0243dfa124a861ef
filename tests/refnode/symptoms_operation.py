"""Symptoms of operation: heartbeats, requests, clocks, logs, and what the public is answered."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.refnode.asking import AUDIT, PUBLIC, ask
from tests.refnode.view import PERSONAL, VARIABLE, View, instant, symptom


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
        if instant(row["minute"]) > view.now - timedelta(minutes=2):
            continue  # what this look itself asked for is no history
        window = windows[row["endpoint"], int(instant(row["minute"]).timestamp()) // 300]
        window["all"] += row["count"]
        window["bad"] += row["count"] * (row["status"] >= 500)
    return any(window["bad"] > 0.05 * window["all"] for window in windows.values())


@symptom("slow history")
def _slow(view: View) -> bool:
    rows = view.feed("/request-counts", view.ago(minutes=10))
    return bool(sum(row["slow"] for row in rows) > 0.05 * sum(row["count"] for row in rows))


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
    old: set[str] = set()
    new: set[str] = set()
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


@symptom("report lost")
def _lost(view: View) -> bool:
    body = json.dumps({"entity_id": "ENT-00001", "report_type": "other", "content": "Is this kept?"}).encode()
    taken = ask(view.app, f"{PUBLIC}/user_reports/", method="POST", body=body).json
    kept = {line["report_id"] for line in ask(view.app, f"{AUDIT}/user-reports?since={view.ago(minutes=1)}").lines}
    return "report_id" in taken and taken["report_id"] not in kept


@symptom("answers without a key")
def _keyless(view: View) -> bool:
    return ask(view.app, f"{PUBLIC}/alerts/", headers={}).status == 200
