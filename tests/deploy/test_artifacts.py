"""The files in deploy/ name what exists, and their validators notice what does not."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from bin import artifacts
from dashboard.cli.messages import COMMANDS
from tests.running import PROJECT
from tests.test_docs import variables

DEPLOY = PROJECT / "deploy"

#: Files that set or name environment variables.
CONFIGURED = [
    *sorted((DEPLOY / "kubernetes").glob("*.yaml")),
    *sorted((DEPLOY / "systemd").iterdir()),
    DEPLOY / "compose/compose.yaml",
    DEPLOY / "image/Containerfile",
    DEPLOY / "prometheus/prometheus.yml",
    DEPLOY / "balancer/nginx.conf",
    *sorted((PROJECT / "docs").glob("*.md")),
]
VARIABLE = re.compile(r"\b(?:SLUICE_[A-Z][A-Z_]*[A-Z]|DATABASE_URL|REDIS_URL)(?:_FILE)?\b")
#: Not read by Sluice: of the compose file itself, and a command's options in documents.
OWN = {"SLUICE_IMAGE", "SLUICE_HOST", "SLUICE_ACCOUNT", "SLUICE_TOKEN", "SLUICE_URL"}


def settings():
    control = variables("dashboard/settings/*.py")
    edge = variables("routing/agent/**/*.py")
    return control | edge | {f"{name}_FILE" for name in control | edge}


@pytest.mark.parametrize("path", CONFIGURED, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_variable_is_a_setting(path):
    assert set(VARIABLE.findall(path.read_text())) - OWN - settings() == set()


@pytest.mark.parametrize(
    ("check", "file", "old", "new"),
    [
        ("compose", "compose/compose.yaml", "restart: unless-stopped", "restarts: yes"),
        ("kubernetes", "kubernetes/web.yaml", "containerPort", "containerport"),
        ("kubernetes", "kubernetes/edge.yaml", "replicas: 3", "replicas: three"),
        ("prometheus", "prometheus/alerts.yml", "sluice_edge_up == 0", "sluice_edge_up =="),
        ("prometheus", "grafana/sluice-dashboard.json", "sum by", "sum sum by"),
        ("systemd", "systemd/sluice-web.service", "Restart=always", "Restart=often"),
        ("systemd", "systemd/sluice-edge.service", "ProtectSystem=strict", ""),
        ("nginx", "balancer/nginx.conf", "keepalive 32", "keep_alive 32"),
    ],
)
def test_a_mistake_is_noticed(check, file, old, new, tmp_path, monkeypatch):
    if check == "systemd" and not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing")
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    monkeypatch.setattr(artifacts, "DEPLOY", tmp_path / "deploy")
    changed = tmp_path / "deploy" / file
    assert not list(getattr(artifacts, check)())
    assert old in changed.read_text()
    changed.write_text(changed.read_text().replace(old, new))
    assert list(getattr(artifacts, check)())


def started(path):
    """Subcommands of `sluice` in a file: as arguments of a container, or in a shell."""
    text = path.read_text()
    shell = re.findall(r"(?m)(?:^|ExecStart=\S*/|`)sluice ([a-z]+)\b", text)
    if path.suffix not in (".yaml", ""):
        return shell
    return shell + re.findall(r"(?m)^\s*(?:args|command): \[([a-z]+)\]", text)


def test_every_subcommand_exists():
    used = {command for path in CONFIGURED for command in started(path)}
    assert {"setup", "web", "work", "edge"} <= used <= COMMANDS.keys()


def test_kustomize_lists_every_manifest():
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in folder.glob("*.yaml")}


def test_secrets_of_compose_are_made_once(tmp_path):
    shutil.copy(DEPLOY / "compose/secrets.sh", tmp_path)

    def make() -> dict[str, str]:
        subprocess.run([tmp_path / "secrets.sh"], check=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    made = make()
    assert make() == made
    compose = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
    assert made.keys() == compose["secrets"].keys()
    assert made["postgres_password"] in made["database_url"] and len(made["secret_key"]) == 64
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
