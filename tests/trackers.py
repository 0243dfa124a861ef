"""HTTP doubles of GitHub, GitLab and Gitea: real pages, real headers, a key, and a rate limit that may be used up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Row = dict[str, Any]
TOKEN = "double-Tok3n-double-Tok3n"
#: What each allows on one page, below what is asked for: a short page must not be taken for the last.
MOST = 7


class Double:
    """One tracker; ``rows`` are tickets as it lists them. ``bend`` may change status, headers and body of an answer."""

    def __init__(self, kind: str, rows: list[Row]) -> None:
        self.kind, self.rows = kind, rows
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.bend: Callable[[int, dict[str, str], bytes], tuple[int, dict[str, str], bytes]] = lambda *told: told
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status, headers, body = outer.bend(*outer.answer(self.path, self.headers))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.host = f"http://127.0.0.1:{self._server.server_port}"
        self.path = {"gitlab": "/api/v4/projects/junzi%2Fnode", "github": "/repos/junzi/node"}.get(
            kind, "/api/v1/repos/junzi/node"
        )
        self.url = self.host + self.path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
        parts, asked = urlsplit(target), dict(parse_qsl(urlsplit(target).query))
        if not self._opens(headers):
            return 401, {}, b'{"message": "Bad credentials"}'
        if parts.path != f"{self.path}/issues":
            return 404, {}, b'{"message": "Not Found"}'
        rows = [row for row in self.rows if self._wanted(row, asked)]
        size = min(int(asked.get("per_page") or asked["limit"]), MOST)
        # GitHub's links lead on by a cursor; the others count.
        page = int(asked["after"].removeprefix("page-")) if "after" in asked else int(asked.get("page", "1"))
        shown, more = rows[(page - 1) * size : page * size], page * size < len(rows)
        return 200, self._heads(asked, page, more, len(rows)), json.dumps(shown).encode()

    def _opens(self, headers: Any) -> bool:
        if self.kind == "gitlab":
            return bool(headers.get("PRIVATE-TOKEN") == TOKEN)
        word = "Bearer" if self.kind == "github" else "token"
        return bool(headers.get("Authorization") == f"{word} {TOKEN}")

    def _wanted(self, row: Row, asked: dict[str, str]) -> bool:
        if self.kind == "gitea" and asked.get("type") == "issues" and row.get("pull_request"):
            return False
        since = asked.get("updated_after" if self.kind == "gitlab" else "since", "")
        return row["state"] == asked["state"] and row["updated_at"] >= since

    def _heads(self, asked: dict[str, str], page: int, more: bool, total: int) -> dict[str, str]:
        if self.kind == "gitlab":
            return {"X-Next-Page": str(page + 1) if more else "", "X-Total": str(total)}
        if self.kind == "gitea":
            return {"X-Total-Count": str(total)}
        if not more and page == 1:
            return {}
        first = f'<{self.host}/repositories/7/issues?page=1>; rel="first"'
        onward = urlencode({**asked, "after": f"page-{page + 1}"})
        following = f'<{self.host}/repositories/7/issues?{onward}>; rel="next", ' if more else ""
        return {"Link": following + first}


def row(kind: str, number: int, opened: str, closed: str = "", *labels: str, **more: Any) -> Row:
    """A ticket as that tracker lists it; ``closed`` is empty while it is open."""
    is_lab = kind == "gitlab"
    state = "closed" if closed else ("opened" if is_lab else "open")
    return {
        ("iid" if is_lab else "number"): number, "title": f"Ticket {number}", "state": state, "created_at": opened,
        "updated_at": closed or opened, "closed_at": closed or None,
        "labels": [*labels] if is_lab else [{"id": 1, "name": label} for label in labels],
        ("web_url" if is_lab else "html_url"): f"https://tickets.example/{number}", "body": "secret-text",
        **more,
    }  # fmt: skip
