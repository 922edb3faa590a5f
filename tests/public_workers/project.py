"""A scratch copy of a shape's folder, and the commands in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.public_workers.shape import Shape
from tests.real.control_plane import WRANGLER, environment
from tests.running import PROJECT, System

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RELEASE = "__RELEASE__"


class CommandFailed(Exception):
    """A command that did not exit with 0; the text is what it printed."""


@dataclass
class Project:
    shape: Shape
    folder: Path
    system: System
    proxy: str
    """Everything that is not for this machine goes here and gets no further."""

    def write(self, release: str) -> None:
        """The sources of one release. What wrangler or npm wrote stays."""
        for source in sorted(self.shape.folder.rglob("*")):
            target = self.folder / source.relative_to(self.shape.folder)
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif not target.exists() or RELEASE.encode() in source.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                content = source.read_bytes().replace(RELEASE.encode(), release.encode())
                target.write_bytes(content)

    def make_store(self) -> None:
        """A secrets store with the shape's secrets, by wrangler."""
        store = self.wrangler("secrets-store", "store", "create", self.shape.name, "--remote")
        [store_id] = re.findall(r"ID: ([0-9a-f]{32})\)", store)
        for name, value in self.shape.secrets.items():
            given = ["--name", name, "--value", value, "--scopes", "workers", "--remote"]
            self.wrangler("secrets-store", "secret", "create", store_id, *given)
        config = self.folder / "wrangler.jsonc"
        config.write_text(config.read_text().replace("__STORE__", store_id))

    def install(self) -> None:
        """Packages of `package.json`, from npm's cache where it has them."""
        if (self.folder / "package.json").exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"]
            self._run(command, self._build_environment())

    def build(self) -> None:
        if self.shape.build:
            self._run(["sh", "-c", self.shape.build], self._build_environment())

    def wrangler(self, *arguments: str, inside: str = "") -> str:
        command = [*WRANGLER, *arguments]
        if self.shape.config and not inside:
            command += ["--config", self.shape.config]
        return self._run(command, self._wrangler_environment(), inside)

    def upload(self, *arguments: str) -> str:
        """The id of the version that `deploy` or `versions upload` made."""
        printed = self.wrangler(*arguments, *self.shape.arguments)
        found = re.findall(rf"Version ID: ({_ID})", printed)
        if not found:
            raise CommandFailed(printed)
        return str(found[0])

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[str], variables: dict[str, str], inside: str = "") -> str:
        done = subprocess.run(
            command,
            cwd=self.folder / inside,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        printed = _COLORS.sub("", done.stdout)
        if done.returncode:
            raise CommandFailed(f"{' '.join(command[-6:])}: exit {done.returncode}\n{printed}")
        return printed

    def _wrangler_environment(self) -> dict[str, str]:
        base_url = f"http://127.0.0.1:{self.system.http_port}/client/v4"
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        account = self.system.run_json["account_id"]
        made = environment(home, self.proxy, base_url, self.system.token, account)
        return made | {"PATH": f"{PROJECT / '.venv/bin'}:{os.environ['PATH']}"}

    def _build_environment(self) -> dict[str, str]:
        path = f"{PROJECT / '.venv/bin'}:{os.environ['PATH']}"
        quiet = {"CI": "1", "NO_COLOR": "1", "ASTRO_TELEMETRY_DISABLED": "1"}
        return {**os.environ, **quiet, "PATH": path, "WRANGLER_SEND_METRICS": "false"}
