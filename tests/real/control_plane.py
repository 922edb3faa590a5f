"""The control plane alone, really served, and unmodified wrangler pointed at it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.commands import Commands
from tests.running import PROJECT, free_port, prepare_data

NODE = PROJECT / ".venv/bin/node"
#: What `npx wrangler` starts, without the Node process in between. With room for what it loads, a
#: sixth of its time does not go to collecting garbage.
WRANGLER = [
    str(NODE),
    "--min-semi-space-size=64",
    "--no-warnings",
    str(PROJECT / "node_modules/wrangler/wrangler-dist/cli.js"),
]
#: A version or a deployment.
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Ran:
    """The result of one wrangler run."""

    code: int
    said: str

    def ok(self) -> str:
        assert self.code == 0, self.said
        return self.said

    def failed(self) -> str:
        assert self.code == 1, self.said
        return self.said


@dataclass
class ControlPlane:
    """A web process on a free loopback port with its own data folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    proxied: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        self.environment = os.environ | {
            "SLUICE_DATA_DIR": str(self.folder / "data"),
            "SLUICE_HTTP_PORT": str(self.port),
            "SLUICE_ZONES": "example.com",
        }
        self.commands = Commands(self.environment)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/client/v4"

    @property
    def account_id(self) -> str:
        return (self.folder / "data/account_id").read_text().strip()

    def prepare(self) -> None:
        """A database with one admin, alice, and her token."""
        prepare_data(self.folder / "data")
        code = (
            "from django.core.management import call_command; "
            "from dashboard.accounts.models import User; User.objects.create_user("
            "'alice', 'alice@example.test', 'a long password', role='admin'); "
            "call_command('token', 'create', '--name', 'wrangler', '--user', 'alice')"
        )
        said = self.manage("shell", "-v0", "-c", code)
        self.token = said.split()[-1]

    def manage(self, *arguments: str) -> str:
        """What a command says; it must succeed."""
        return self.commands.run(*arguments)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """uvicorn, until the block ends."""
        command = [sys.executable, "-m", "uvicorn", "dashboard.asgi:application"]
        log = self.folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=PROJECT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait(process, log)
            yield
        finally:
            process.terminate()
            process.wait(20)

    def _wait(self, process: subprocess.Popen[bytes], log: Path) -> None:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def api(self, method: str, path: str, **given: Any) -> httpx.Response:
        """A call below the account."""
        url = f"{self.base_url}/accounts/{self.account_id}{path}"
        headers = {"Authorization": f"Bearer {self.token}"} | given.pop("headers", {})
        return httpx.request(method, url, headers=headers, timeout=60, **given)

    def wrangler(self, project: Path, *arguments: str, stdin: str = "", **more: str) -> Ran:
        """One wrangler run in `project`."""
        done = subprocess.run(
            [*WRANGLER, *arguments],
            cwd=project,
            env=self._wrangler_environment() | more,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
        )
        return Ran(done.returncode, _COLOURS.sub("", done.stdout))

    def _wrangler_environment(self) -> dict[str, str]:
        """Everything but the API goes to a proxy that notes it and answers nothing."""
        sink = f"http://127.0.0.1:{self.sink_port}"
        return environment(self.home, sink, self.base_url, self.token, self.account_id)

    @contextmanager
    def sink(self) -> Iterator[None]:
        """A proxy that lets nothing out; `proxied` holds what tried."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.sink_port = listener.getsockname()[1]
            threading.Thread(target=self._swallow, args=(listener,), daemon=True).start()
            yield

    def _swallow(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                self.proxied.append(connection.recv(200).decode("latin-1").split("\r\n")[0])


def environment(
    home: Path, proxy: str, base_url: str, token: str, account_id: str
) -> dict[str, str]:
    """wrangler's, as in somebody's CI; what is not for this machine goes to `proxy`."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLOUDFLARE_API_BASE_URL": base_url,
        "CLOUDFLARE_API_TOKEN": token,
        "CLOUDFLARE_ACCOUNT_ID": account_id,
        "CI": "1",
        "NO_COLOR": "1",
        "WRANGLER_SEND_METRICS": "false",
        "WRANGLER_HIDE_BANNER": "true",
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "127.0.0.1",
        # A fifth of a command's time is Node compiling wrangler.
        "NODE_COMPILE_CACHE": str(PROJECT / "node_modules/.cache/compiled"),
    }


@contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    """A control plane with a token, serving; wrangler's way out is closed."""
    made = ControlPlane(folder)
    with closing(made.commands):
        made.prepare()
        with made.sink(), made.serving():
            yield made


CODE = """import text from "./hello.txt";
export default {
  async fetch(request, env) { return new Response(env.GREETING + text + env.VERSION.id); },
};
"""


def write_project(folder: Path, name: str, code: str = CODE, **config: Any) -> Path:
    """A wrangler project with a text module, a variable and version metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.js").write_text(code)
    (folder / "hello.txt").write_text("hello")
    settings = {
        "name": name,
        "main": "index.js",
        "compatibility_date": "2026-08-01",
        "vars": {"GREETING": "hi", "LIMITS": {"a": [1, None]}},
        "version_metadata": {"binding": "VERSION"},
    }
    (folder / "wrangler.json").write_text(json.dumps(settings | config))
    return folder
