"""Symptoms in the records: feeds, items, decisions, alerts, disputes."""

import hashlib
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import fmean, pstdev
from typing import Any

from tests.refnode.asking import AUDIT, ask
from tests.refnode.view import BUSINESS, HOSTS, View, instant, symptom


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


@symptom("old source altered")
def _rewritten(view: View) -> bool:
    # Older than the fortnight in which other faults alter sources.
    since = f"{view.ago(days=30)}&until={view.ago(days=29, hours=20)}"
    rows = view.feed("/sources", since)
    return any(
        hashlib.sha256(ask(view.app, f"{AUDIT}/sources/{row['source_id']}/content").body).hexdigest()
        != row["content_hash"]
        for row in rows
    )


@symptom("lineage broken")
def _outrun(view: View) -> bool:
    alerts = [row for row in view.feed("/alerts") if row["status"] == "published"]
    captured = {
        row["source_id"]: row["capture_timestamp"]
        for row in view.feed(_by_id("/sources", {key for row in alerts for key in row["source_ids"]}))
    }
    return any(
        instant(captured[key]) > instant(row["published_at"])
        for row in alerts
        for key in row["source_ids"]
        if key in captured
    )


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


@symptom("scores collapsed")
def _collapsed(view: View) -> bool:
    edge = instant(view.ago(days=3))
    rows = [(instant(row["calculated_at"]) > edge, row["risk_value"]) for row in _decisions(view)]
    return pstdev(v for new, v in rows if new) < 0.5 * pstdev(v for new, v in rows if not new)


@symptom("scores narrow")
def _narrow(view: View) -> bool:
    first, last = instant(view.ago(days=29)), instant(view.ago(days=3))
    rows = [(instant(row["calculated_at"]), row["risk_value"]) for row in _decisions(view)]
    return pstdev(v for at, v in rows if first < at < last) < 0.7 * pstdev(v for at, v in rows if at < first)


@symptom("contradictions missed")
def _missed(view: View) -> bool:
    true = [row for row in view.feed("/validation") if row["contradicts"]]
    return sum(row["found"] for row in true) < 0.85 * len(true)


@symptom("flags wrong")
def _wrong(view: View) -> bool:
    ruled = [row for row in _decisions(view) if row["outcome"]]
    return sum(row["flagged"] is not (row["outcome"] == "upheld") for row in ruled) > 0.17 * len(ruled)


@symptom("bias audits failing")
def _failing(view: View) -> bool:
    rows = view.feed("/bias-audits", view.ago(minutes=30))
    return len([row for row in rows if row["result"] == "failed"]) > 10


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
