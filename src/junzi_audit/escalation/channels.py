"""The way to people: one address, one notice. Apprise knows the services; it is imported here alone."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from junzi_audit.escalation.notice import Notice

_ATTEMPTS = 3


class Undelivered(Exception):
    """Nobody took the notice; the message never holds the address, which is a secret."""


def deliver(variable: str, address: str, notice: Notice) -> None:
    """Send, up to three times within about half a minute; Undelivered when nothing takes it.

    ``variable``: the environment variable that ``address`` comes from. An answer that is lost on its way back is asked
    for again: a notice may arrive twice rather than not at all.
    """
    # What Apprise logs may hold the address; our own words say what came of it.
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    channel = _channel(variable, address)
    retrying = Retrying(
        retry=retry_if_result(lambda taken: not taken), stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.2, max=2), retry_error_callback=lambda _: False,
    )  # fmt: skip
    if not retrying(_taken, channel, notice):
        raise Undelivered(f"what {variable} names did not take it in {_ATTEMPTS} attempts")


def _channel(variable: str, address: str) -> Any:
    """What Apprise makes of the address."""
    try:
        import apprise
    except ModuleNotFoundError:
        raise Undelivered("apprise is not installed; it comes with junzi-audit[escalation]") from None
    if not address.strip():
        raise Undelivered(f"the environment variable {variable} with the address is not set")
    if re.search(r"\s|,[a-z0-9]+://", address.strip()):
        raise Undelivered(f"{variable} must hold one address, without blanks")
    asset = apprise.AppriseAsset(
        app_id="junzi-audit", app_desc="JUNZI Audit", app_url="", image_url_mask="", image_url_logo="",
        image_path_mask="", storage_mode="memory", http_redirects=False,
    )  # fmt: skip
    with warnings.catch_warnings():  # it loads its services now, and some of those import what Python is to drop
        warnings.simplefilter("ignore", DeprecationWarning)
        found = apprise.Apprise.instantiate(address.strip(), asset=asset)
    if not isinstance(found, apprise.NotifyBase):
        raise Undelivered(f"{variable} holds no address that Apprise knows, such as mailtos://, slack:// or json://")
    return found


def _taken(channel: Any, notice: Notice) -> bool:
    import apprise

    sender = apprise.Apprise(asset=channel.asset)
    sender.add(channel)
    kind = apprise.NotifyType.FAILURE if notice.grave else apprise.NotifyType.WARNING
    return bool(sender.notify(notice.body, notice.title, kind, body_format=apprise.NotifyFormat.TEXT))
