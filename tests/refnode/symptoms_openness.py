"""Symptoms of openness: what a stranger finds without trying hard."""

from tests.refnode.asking import KEYS, PUBLIC, ask
from tests.refnode.view import View, symptom

STRANGER = {"origin": "https://elsewhere.example"}


@symptom("unguarded answers")
def _unguarded(view: View) -> bool:
    heads = [ask(view.app, f"{PUBLIC}/alerts/", headers=keys).headers for keys in (KEYS, {})]
    return any(
        (each.get("x-content-type-options"), each.get("cache-control")) != ("nosniff", "no-store") for each in heads
    )


@symptom("shared with any website")
def _shared(view: View) -> bool:
    return "access-control-allow-origin" in ask(view.app, "/health", headers=STRANGER).headers


@symptom("takes a key nobody gave out")
def _default(view: View) -> bool:
    # Where no key is asked for, none is taken.
    statuses = [ask(view.app, f"{PUBLIC}/reports/", headers={"x-api-key": key}).status for key in ("changeme", "other")]
    return statuses == [200, 401]


@symptom("errors show the inside")
def _verbose(view: View) -> bool:
    return b"Traceback" in view.public("/no-such-page/").body
