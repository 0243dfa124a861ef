"""How a person repeats a request: a curl command that takes its keys from the environment and holds none."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from urllib.parse import urlencode

from junzi_audit.probes.asking import Ask

#: The variable that stands for each key; every other header is written as it was sent.
_KEYS = {"x-api-key": "JUNZI_API_KEY", "x-audit-key": "JUNZI_AUDIT_KEY"}
#: A word that is shorter is no key: it was sent as one to be refused, and is shown as it is.
_SHORTEST_KEY = 8
_LONGEST = 2000


def curl(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> str:
    """The command; a body that is long or no text is cut, and says so."""
    words = ["curl -sS -i"]
    if method != "GET":
        words.append(f"-X {method}")
    words += [_header(name, value) for name, value in headers.items()]
    if body:
        text = body.decode(errors="replace")
        words.append(f"--data-binary {quote(text[:_LONGEST])}" + (" # cut short" if len(text) > _LONGEST else ""))
    return " ".join([*words[:-1], quote(url), words[-1]] if body else [*words, quote(url)])


def of(ask: Ask) -> str:
    """The command that repeats what we asked."""
    return curl(ask.method, ask.url + (f"?{urlencode(ask.params)}" if ask.params else ""), ask.headers, ask.body)


def _header(name: str, value: str) -> str:
    variable = _KEYS.get(name.lower())
    if variable and len(value) >= _SHORTEST_KEY:
        return f'-H "{name}: ${variable}"'
    return f"-H {quote(f'{name}: {value}')}"
