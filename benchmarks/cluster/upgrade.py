"""The rolling upgrade: a site of the last release becomes one of this release, under load."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

from benchmarks.cluster import stores
from benchmarks.cluster.machines import Machine
from benchmarks.cluster.rounds import Fault
from benchmarks.cluster.site import Release, Site, this_release

LAST_RELEASE = stores.HOME / "deploy/last_release"

_SETUP = """
import os
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from dashboard.accounts.models import User
if not User.objects.exists():
    User.objects.create_user(
        "admin", "admin@sluice.invalid", os.environ["SLUICE_ADMIN_PASSWORD"], role="admin")
from dashboard.ui.assets.collect import collect_static
collect_static()
"""
"""What `sluice setup` does today; releases before it had no command for it."""
_BUILD = "import subprocess; from bin import build_assets; "
_BUILD += "build_assets.build(lambda c: subprocess.run([*map(str, c)], check=True), print)"


def last_release(folder: Path) -> Release:
    """Its files in `folder`, with the packages of this release."""
    commit = LAST_RELEASE.read_text().strip()
    home = folder / "last-release"
    done = subprocess.run(
        ["git", "archive", commit], cwd=stores.HOME, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"The last release is missing: git fetch origin {commit}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        files.extractall(home, filter="data")
    for name in (".venv", "node_modules"):
        (home / name).symlink_to(stores.HOME / name)
    subprocess.run([sys.executable, "-c", _BUILD], cwd=home, check=True, capture_output=True)
    python = str(stores.HOME / ".venv/bin/python")
    commands = {
        "setup": (python, "manage.py", "shell", "-v0", "-c", _SETUP),
        "web": (python, "-m", "dashboard.run.web"),
        "work": (python, "manage.py", "work"),
        "edge": (python, "-m", "routing.agent"),
        "manage": (python, "manage.py"),
    }
    return Release(home, commands, reads_files=False, joins=False, takes_turns=False)


def rolling_upgrade() -> Fault:
    return Fault("rolling upgrade", _upgrade)


def _upgrade(site: Site, untrue: list[str]) -> str:
    """`sluice setup`, then one process after the other. Deployments go on at every stage."""
    site.release = this_release()
    site.setup(site.web[0])
    _check_deployment(site, untrue, "the old code on the new schema")
    for machine in site.web:
        _replace(site, machine, "web", signal.SIGTERM)
        site.wait("web is ready", site.is_web_ready)
        _check_deployment(site, untrue, f"the upgrade of {machine.name}")
    for machine in site.work:
        _replace(site, machine, "work", signal.SIGTERM)
    for machine in site.edges:
        _replace(site, machine, "edge", signal.SIGUSR1)
        _check_deployment(site, untrue, f"the upgrade of {machine.name}")
    return "setup, 2 web, 2 work, 3 edges replaced, 6 deployments meanwhile"


def _replace(site: Site, machine: Machine, role: str, number: signal.Signals) -> None:
    machine.stop(role, number)
    site.start_role(machine, role)


def _check_deployment(site: Site, untrue: list[str], when: str) -> None:
    site.split = 101 - site.split
    if (status := site.try_deploy(site.split)) != 200:
        untrue.append(f"after {when}, a deployment was answered {status}")
        return
    site.wait(f"deployed after {when}", lambda: all(map(site.has_deployment, site.edges)))
