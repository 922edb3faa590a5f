"""What every test relies on. First of all: no test ever talks to another machine."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.db.models.signals import post_migrate
from xdist.scheduler import LoadFileScheduling

from tests.rewriting import cache_rewritten
from tests.running import prepared_database

# Byte code is cached even under PYTHONDONTWRITEBYTECODE, which many containers set: without it
# every worker rewrites the assertions of all test files (9 s of CPU), and every process of a
# running system compiles Sluice again (0.5 s).
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples in every run, however slow the machine: a failure is of the change at hand.
hypothesis.settings.register_profile("sluice", derandomize=True, deadline=None)
hypothesis.settings.load_profile("sluice")

# How long a test waits for a socket's next message: a second is too short on a busy machine.
for _method in (ApplicationCommunicator.receive_output, ApplicationCommunicator.wait):
    _method.__defaults__ = (30,)


#: The tests in each of these folders use one running system.
SHARED_SYSTEMS = ("tests/browser/system/", "tests/real/clients/", "tests/real/system/")

#: Files that take two minutes, half of it waiting.
LONGEST = ("tests/real/test_rollouts.py", "tests/real/test_run")

#: A test that gets one of these works with a database.
DATABASE = {"db", "transactional_db", "django_db_setup"}


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        cache_rewritten(config)


def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores: tests of whole systems wait half of their time, which one worker
    more fills with the others."""
    return (os.cpu_count() or 1) + 3


class ByFile(LoadFileScheduling):
    """A worker takes one file after the other, and the files that share a system all at once. The
    last worker begins at the end of the list, with files that wait for nothing."""

    def _assign_work_unit(self, node: Any) -> None:
        if len(self.nodes) > 2 and node is self.nodes[-1]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        """A worker has one test besides the one that it runs (xdist: two), so that no file waits
        for a long test while another worker is idle."""
        if node.shutting_down or not self.workqueue:
            super()._reschedule(node)
        elif self._pending_of(self.assigned_work[node]) <= 1:
            self._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        return shared_system(nodeid) or super()._split_scope(nodeid)


def shared_system(nodeid: str) -> str:
    """The folder of tests that use one running system with this one."""
    return next((folder for folder in SHARED_SYSTEMS if nodeid.startswith(folder)), "")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Sockets connect to this machine only; Unix sockets are left alone."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, original: Any = original) -> Any:
            internet = self.family in (socket.AF_INET, socket.AF_INET6)
            if internet and not is_loopback(str(address[0])):
                self.close()
                raise RuntimeError(f"A test tried to reach {address[0]}: only loopback is allowed.")
            return original(self, address)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file, as in production: SQLite in memory shares one lock between all threads."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        shutil.copy(prepared_database() / "sluice.sqlite3", path)
        database["TEST"]["NAME"] = str(path)
        database["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Django takes the prepared file as it is instead of deleting it and migrating."""
    return django_db_keepdb or settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Emptying the database after a test with `transaction=True` ends like `migrate`: half of its
    time went to Django's content types and permissions, which Sluice never reads."""
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.hookimpl(wrapper=True)  # marks before `-m` chooses, sorts after pytest-django has
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Marks tests that use a database, and those of tests/real. Whole systems come first: a core
    that begins one last leaves the others idle."""
    for item in items:
        if item.nodeid.startswith("tests/real/"):
            item.add_marker("real")
        if item.get_closest_marker("django_db") or not DATABASE.isdisjoint(_fixtures(item)):
            item.add_marker("database")
    yield
    places: dict[str | Path, int] = {}
    for number, item in enumerate(items):
        places.setdefault(item.path, number)
        places.setdefault(_scope(item), number)
    items.sort(key=lambda item: _place(item, places))


def _scope(item: pytest.Item) -> str | Path:
    return shared_system(item.nodeid) or item.path


def _place(item: pytest.Item, places: dict[str | Path, int]) -> tuple[int, int, int, int]:
    if not item.get_closest_marker("real"):
        # As pytest-django and pytest-randomly order them, but one browser for all that need it.
        return (2 if item.nodeid.startswith("tests/browser/") else 3, 0, 0, 0)
    first = item.nodeid.startswith((*SHARED_SYSTEMS, *LONGEST))
    line = item.location[1] if item.get_closest_marker("in_order") else 0
    return (0 if first else 1, places[_scope(item)], places[item.path], line or 0)


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def pytest_collection_finish() -> None:
    """What was imported stays: leaving it out of every garbage collection saves a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
