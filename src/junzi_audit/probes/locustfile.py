"""What the load generator runs, in a process of its own: Locust, gevent and the standard library only.

Never imported by the audit: Locust patches the sockets of whatever process imports it. ``JUNZI_LOAD_PLAN`` is a JSON
file, ``JUNZI_LOAD_KEYS`` holds the keys, and every second's answers go to JSON lines in ``JUNZI_LOAD_EVENTS``.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped, unused-ignore]
import gevent.ssl  # type: ignore[import-untyped, unused-ignore]
from locust import FastHttpUser, LoadTestShape, events, task

PLAN: dict[str, Any] = json.loads(Path(os.environ["JUNZI_LOAD_PLAN"]).read_text(encoding="utf-8"))
*KEYS, STOLEN = os.environ["JUNZI_LOAD_KEYS"].split(",")
STAGES: list[dict[str, Any]] = PLAN["stages"]
TLS = gevent.ssl.create_default_context()
CHANCE = random.Random(f"{PLAN['seed']}/{os.environ.get('JUNZI_LOAD_WORKER', '0')}")
#: Every user takes the next key; workers take turns, so that no two use the same one while others lie idle.
TURN = itertools.count(int(os.environ.get("JUNZI_LOAD_WORKER", "0")), max(1, PLAN["workers"]))
REPORT = {"report_type": "other", "content": "A load test of the audit wrote this; it says nothing about anyone."}


class Notes:
    """Counts of the running seconds, written as JSON lines once a second is over."""

    def __init__(self) -> None:
        self._file = (Path(os.environ["JUNZI_LOAD_EVENTS"]) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8")
        self._blocks: dict[tuple[int, str], Counter[str]] = {}
        self._cells: dict[tuple[int, str], Counter[int]] = {}

    def write(self, **line: Any) -> None:
        """One line, kept even if this process is ended right after."""
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def answered(self, stage: str, outcome: str, seconds: float, size: int) -> None:
        """Count one request in the second in which it ended."""
        key = (int(time.time()), stage)
        self._blocks.setdefault(key, Counter()).update({outcome: 1, "bytes": size})
        if outcome == "served":
            cell = max(0, math.ceil(16 * math.log2(max(seconds * 1000, 1e-3))))
            self._cells.setdefault(key, Counter())[cell] += 1

    def flush(self, before: float = math.inf) -> None:
        """Write the seconds that are over."""
        for key in sorted(key for key in self._blocks if key[0] < before):
            self.write(second=key[0], stage=key[1], cells=self._cells.pop(key, {}), **self._blocks.pop(key))


NOTES = Notes()


class Asker(FastHttpUser):
    """A user that asks at its pace; it does not hurry to make up for slow answers."""

    abstract = True
    stage = ""
    pace = 1.0
    network_timeout = PLAN["answer_seconds"]
    connection_timeout = PLAN["answer_seconds"]
    insecure = False
    ssl_context_factory = staticmethod(lambda: TLS)

    def on_start(self) -> None:
        """Take a key, and begin somewhere within the pace: users do not ask in step."""
        self.key = KEYS[next(TURN) % len(KEYS)]
        gevent.sleep(CHANCE.random() * self.pace)
        self.due = time.monotonic()

    def wait_time(self) -> float:
        """Seconds until the next request is due."""
        now = time.monotonic()
        self.due = max(self.due + self.pace, now)
        return self.due - now

    def ask(self, method: str, path: str, *, key: str, stage: str = "", **rest: Any) -> Any:
        """One request, timed from here to the last byte of its answer."""
        headers = {"X-API-Key": key} if key else {}
        begun = time.perf_counter()
        answer = self.client.request(
            method, PLAN["base"] + path, name=self.stage, headers=headers, allow_redirects=False, **rest
        )
        size = len(answer.content or b"")
        NOTES.answered(stage or self.stage, outcome(answer.status_code), time.perf_counter() - begun, size)
        return answer

    def read(self) -> None:
        """A published read, any of them."""
        self.ask("GET", CHANCE.choice(PLAN["paths"]), key=self.key)


class Reader(Asker):
    """Reads whatever is published."""

    abstract = True

    @task
    def reading(self) -> None:
        """One read."""
        self.read()


class Crowd(Asker):
    """Reads the alerts."""

    abstract = True

    @task
    def alerts(self) -> None:
        """The page everybody wants."""
        self.ask("GET", "/alerts/", key=self.key)


class Mixed(Asker):
    """Reads, and reports every third time."""

    abstract = True

    @task(2)
    def reading(self) -> None:
        """One read."""
        self.read()

    @task(1)
    def reporting(self) -> None:
        """One user report; the id of an accepted one is noted, for it must be found again."""
        body = {**REPORT, "entity_id": CHANCE.choice(PLAN["entities"])}
        answer = self.ask("POST", "/user_reports/", key=self.key, json=body)
        if 200 <= answer.status_code < 300:
            NOTES.write(accepted=report_id(answer))


class Scraper(Asker):
    """Reads without a key, and every second time with one and the same key, above what a key may."""

    abstract = True

    @task
    def scraping(self) -> None:
        """Two reads: one that must be refused at once, one that must be throttled soon."""
        path = CHANCE.choice(PLAN["paths"])
        if PLAN["key_limit"] and CHANCE.random() < 0.5:
            self.ask("GET", path, key=STOLEN, stage="flooding")
        else:
            self.ask("GET", path, key="")


def outcome(status: int) -> str:
    """What an answer counts as."""
    if 200 <= status < 300:
        return "served"
    named = {0: "silent", 401: "refused", 403: "refused", 429: "throttled"}
    return named.get(status, "errors" if status >= 500 else "odd")


def report_id(answer: Any) -> str:
    """The id of an accepted report; empty, and so never found again, when the node names none."""
    try:
        return str(json.loads(answer.content)["report_id"])[:100]
    except (ValueError, KeyError, TypeError):
        return ""


KINDS = {"crowd": Crowd, "mixed": Mixed, "scraping": Scraper}
#: One class of users for each stage, so that an answer is counted where its user belongs, in every worker.
CLASSES: list[Any] = [
    type(f"Stage{at}", (KINDS.get(stage["kind"], Reader),), {"stage": stage["name"], "pace": stage["pace"]})
    for at, stage in enumerate(STAGES)
]
globals().update({each.__name__: each for each in CLASSES})


class Schedule(LoadTestShape):
    """One stage after the other; the next begins when the users of the last have ended."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._at = -1
        self._begun = 0.0

    def tick(self) -> Any:
        """Users, spawn rate and class of the running stage; None at the end."""
        now = time.time()
        if self._at < 0 or now - self._begun >= STAGES[self._at]["seconds"] - 0.2:
            if self._at >= 0:
                NOTES.write(stage=STAGES[self._at]["name"], begun=self._begun, ended=now)
                self._bring_to(0, CLASSES[self._at])
            self._at += 1
            if self._at < len(STAGES):
                self._bring_to(STAGES[self._at]["users"], CLASSES[self._at])
            self._begun = time.time()
        if self._at >= len(STAGES):
            return None
        users = STAGES[self._at]["users"]
        return users, max(1, users), [CLASSES[self._at]]

    def _bring_to(self, users: int, kind: Any) -> None:
        """All users of a stage start before it counts, and end, perhaps with a last answer, before the next.

        Locust itself would keep users of another class; and starting them keeps this process busy.
        """
        runner: Any = self.runner
        runner.start(user_count=users, spawn_rate=max(1, users, runner.user_count), user_classes=[kind])
        patience = time.monotonic() + PLAN["answer_seconds"] + 2
        while runner.user_count != users and time.monotonic() < patience:
            gevent.sleep(0.05)


def watch(environment: Any) -> None:
    """Once a second: what this process cost, how late its event loop came, and how many users it runs."""
    spent, clock = time.process_time(), time.perf_counter()
    while True:
        second, lag = int(time.time()), 0.0
        while int(time.time()) == second:
            due = time.perf_counter() + 0.02
            gevent.sleep(0.02)
            lag = max(lag, time.perf_counter() - due)
        now_spent, now = time.process_time(), time.perf_counter()
        users = environment.runner.user_count if environment.runner else 0
        NOTES.write(
            second=second, process=os.getpid(), cpu=round((now_spent - spent) / (now - clock), 4),
            lag=round(lag * 1000, 2), users=users,
        )  # fmt: skip
        spent, clock = now_spent, now
        NOTES.flush(before=second)


def begin(environment: Any, **_: Any) -> None:
    """Watch this process from the start."""
    gevent.spawn(watch, environment)


def finish(**_: Any) -> None:
    """The last seconds count too."""
    NOTES.flush()


events.init.add_listener(begin)  # type: ignore[no-untyped-call]
events.quit.add_listener(finish)  # type: ignore[no-untyped-call]
