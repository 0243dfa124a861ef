"""The kinds of front, best first: how each is found on this machine, set up, and told to run in the foreground."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from refnode.front.plan import HOST, Plan

#: Where daemons live that are on no ordinary user's path.
SYSTEM = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"

# A node is out after two checks in a row, or as soon as nobody listens on its port; what hangs on it then is ended.
HAPROXY = """
global
    maxconn 2000
defaults
    mode http
    timeout connect 500ms
    timeout client 75s
    timeout server 15s
    timeout check 300ms
    timeout queue 1s
    retries 3
    option redispatch 1
    option httpchk GET /health
    http-check expect status 200
    default-server check inter 200ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down
    default-server on-marked-down shutdown-sessions
frontend public
    bind {host}:{port}
    default_backend nodes
backend nodes
    server primary {primary}
{secondary}
"""
# nginx only notices what its own requests meet, so one that hangs must be given up soon. A POST is never sent twice.
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 12m;
    upstream nodes {{
        server {primary} max_fails=1 fail_timeout=2s;
{secondary}
    }}
    server {{
        listen {host}:{port};
        location / {{
            proxy_pass http://nodes;
            proxy_set_header Host $http_host;
            proxy_connect_timeout 500ms;
            proxy_read_timeout 2s;
            proxy_next_upstream error timeout;
            proxy_next_upstream_tries 2;
        }}
    }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of front: where it is, "" for not here, and its command once its configuration lies in a folder."""

    name: str
    found: Callable[[], str]
    command: Callable[[str, Plan, Path], list[str]]


def _which(name: str) -> Callable[[], str]:
    return lambda: shutil.which(name) or shutil.which(name, path=SYSTEM) or ""


def _haproxy(binary: str, plan: Plan, folder: Path) -> list[str]:
    secondary = f"    server secondary {plan.secondary} backup" if plan.secondary else ""
    file = folder / "haproxy.cfg"
    file.write_text(HAPROXY.format(host=HOST, port=plan.port, primary=plan.primary, secondary=secondary).lstrip())
    return [binary, "-db", "-q", "-f", str(file)]


def _nginx(binary: str, plan: Plan, folder: Path) -> list[str]:
    secondary = f"        server {plan.secondary} backup;" if plan.secondary else ""
    file = folder / "nginx.conf"
    words = {"host": HOST, "port": plan.port, "primary": plan.primary, "secondary": secondary, "folder": folder}
    file.write_text(NGINX.format(**words).lstrip())
    return [binary, "-q", "-e", "stderr", "-p", str(folder), "-c", str(file)]


def _router(binary: str, plan: Plan, folder: Path) -> list[str]:
    nodes = [str(node) for node in (plan.primary, plan.secondary) if node]
    return [binary, "-m", "refnode.front.router", str(plan.port), *nodes]


KINDS = (
    Kind(name="haproxy", found=_which("haproxy"), command=_haproxy),
    Kind(name="nginx", found=_which("nginx"), command=_nginx),
    Kind(name="router", found=lambda: sys.executable, command=_router),
)
