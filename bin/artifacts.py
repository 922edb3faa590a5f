"""Checks the files in deploy/ with the validators of their formats. Part of `make check`.

compose      JSON Schema of the Compose specification
kubernetes   JSON Schemas of Kubernetes, strict: an unknown field is an error
prometheus   every expression of the alert rules and of the Grafana dashboard is parsed
systemd      `systemd-analyze verify` and `security`, where systemd is installed
nginx        `nginx -t`, where nginx is installed
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import promql_parser
import yaml

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"

KUBERNETES = "1.37"

#: The highest exposure of `systemd-analyze security`, of 10. An edge starts as root.
EXPOSURE = {
    "sluice-setup": 1.2,
    "sluice-backup": 1.2,
    "sluice-web": 1.2,
    "sluice-work": 1.2,
    "sluice-state": 1.4,
    "sluice-edge": 3.0,
}

#: Programs that are elsewhere or missing where the check runs, and addresses that do not resolve.
_UNRESOLVED = (("server web-1:", "server 127.0.0.1:"), ("server web-2:", "server 127.0.0.2:"))
_CERTIFICATE = re.compile(r"^\s*ssl_certificate(_key)?\s.*$", re.MULTILINE)

Problems = Iterator[str]


def compose() -> Problems:
    done = _run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(DEPLOY / "compose/compose.yaml"),
        ]
    )
    if done.returncode:
        yield done.stdout


def kubernetes() -> Problems:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        if path.name == "kustomization.yaml":  # not a resource of the API server
            continue
        for resource in yaml.safe_load_all(path.read_text()):
            try:
                kubernetes_validate.validate(resource, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(map(str, error.path))
                yield f"{path.name}: {resource['kind']}: {where}: {error.message}"


def prometheus() -> Problems:
    for name, expression in expressions():
        try:
            promql_parser.parse(expression)
        except ValueError as error:
            yield f"{name}: {expression}: {error}"


def expressions() -> Iterator[tuple[str, str]]:
    """(alert or panel, PromQL), with the variables of Grafana filled in."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads((DEPLOY / "grafana/sluice-dashboard.json").read_text())
    for panel in _panels(dashboard):
        for target in panel.get("targets", []):
            expression = re.sub(r"\$__rate_interval|\$__interval", "5m", target["expr"])
            yield panel["title"], re.sub(r"\$\{?\w+\}?", "any", expression)


def _panels(parent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in parent.get("panels", []):
        yield panel
        yield from _panels(panel)


def systemd() -> Problems:
    if not _program("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as folder:
        for unit in sorted((DEPLOY / "systemd").glob("sluice-*")):
            text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
            (Path(folder) / unit.name).write_text(text.replace("/opt/sluice", "/"))
        for unit in sorted(Path(folder).iterdir()):
            yield from _verified(unit)


def _verified(unit: Path) -> Problems:
    done = _run(["systemd-analyze", "verify", "--man=no", str(unit)])
    if done.returncode or unit.name in done.stdout:
        yield done.stdout
    if unit.suffix != ".service":
        return
    threshold = round(EXPOSURE[unit.stem] * 10)
    security = ["security", "--offline=true", f"--threshold={threshold}", "--no-pager"]
    done = _run(["systemd-analyze", *security, str(unit)])
    if done.returncode:
        yield f"{unit.name}: more than {EXPOSURE[unit.stem]}: {done.stdout.splitlines()[-1]}"


def nginx() -> Problems:
    program = _program("nginx")
    if program is None:
        return
    for path in (DEPLOY / "balancer/nginx.conf", DEPLOY / "compose/nginx.conf"):
        text = _CERTIFICATE.sub("", path.read_text().replace(" ssl;", ";"))
        for name, address in _UNRESOLVED:
            text = text.replace(name, address)
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "nginx.conf"
            logs = f"pid {folder}/pid;\nerror_log stderr;\n"
            whole.write_text(f"{logs}events {{}}\nhttp {{\naccess_log off;\n{text}\n}}\n")
            done = _run([program, "-t", "-q", "-e", "stderr", "-p", folder, "-c", str(whole)])
        if done.returncode:
            yield f"{path.name}: {done.stdout}"


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


CHECKS: tuple[Callable[[], Problems], ...] = (compose, kubernetes, prometheus, systemd, nginx)


def main() -> int:
    problems = [f"{check.__name__}: {problem}" for check in CHECKS for problem in check()]
    skipped = [name for name in ("systemd-analyze", "nginx") if not _program(name)]
    print("\n".join(problems) or "Files in deploy/: valid")
    if skipped:
        print(f"  not checked, as these are not installed: {', '.join(skipped)}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
