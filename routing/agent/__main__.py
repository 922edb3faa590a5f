"""`python -m routing.agent`: runs one edge. Without Django or a database."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys

from routing import log_lines
from routing.agent import config
from routing.agent.adoption.inheritance import inherit
from routing.agent.adoption.inherited import Inherited
from routing.agent.adoption.ports import PortInUse, with_ports
from routing.agent.base import edge_folder, messages
from routing.agent.base.edge_folder import FolderInUse
from routing.agent.base.tasks import Tasks
from routing.agent.base.transport import TlsFilesInvalid
from routing.agent.certificates.files import CertificateInvalid
from routing.agent.config import Config, ConfigInvalid
from routing.agent.edge import Edge
from routing.agent.identity.identity import Identity, NoCredentials, establish
from routing.agent.identity.join import JoinRefused
from routing.agent.identity.key_file import KeyFileInvalid
from routing.agent.identity.removal import erase
from routing.agent.users.claims import Users
from routing.agent.users.isolation import possible
from routing.hidden_environment import hide
from routing.parent_watch import POLL_SECONDS, has_exited

log = logging.getLogger("edge")

STOP_SECONDS = 10.0
EXIT_REMOVED = 3
"""Exit code of an edge that was removed; it must not be started again."""
_GARBAGE_THRESHOLDS = (20_000, 20, 20)
"""A round of an edge with thousands of versions makes many objects that it drops at once. At
Python's thresholds that causes collections that traverse all versions, for 0.1 s."""


def main() -> int:
    """Runs the edge until SIGTERM or SIGINT; returns the exit code."""
    hide()
    os.umask(0o077)  # logs contain client addresses; Envoy's files are private, too
    log_lines.log_to_stderr(os.environ.get("SLUICE_LOG_FORMAT", "text"))
    try:
        settings = config.read()
        isolation = possible(settings.uids)
        edge_folder.enter(
            settings.folder,
            isolation.group,
            parent=settings.parent,
            take_over=settings.take_over,
        )
        inherited = inherit()
        settings = with_ports(settings, inherited.envoy)
        settings.certificates.check()
    except (ConfigInvalid, FolderInUse, PortInUse, CertificateInvalid) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The edge cannot start: {error}", file=sys.stderr)
        return 2
    _raise_file_limit()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    users = Users(isolation, group=isolation.group)
    return asyncio.run(_join_and_run(settings, users, inherited))


async def _join_and_run(settings: Config, users: Users, inherited: Inherited) -> int:
    """The exit code."""
    try:
        identity = await establish(settings)
    except NoCredentials:
        print(messages.NOT_JOINED, file=sys.stderr)
    except (JoinRefused, KeyFileInvalid, TlsFilesInvalid) as error:
        print(f"The edge cannot join: {error}", file=sys.stderr)
    except OSError as error:
        print(f"The edge cannot start: {error}", file=sys.stderr)
    else:
        return await _run(settings, users, inherited, identity)
    return 2


async def _run(
    settings: Config, users: Users, inherited: Inherited, identity: Identity | None = None
) -> int:
    shutdown = Shutdown()
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        if settings.parent is not None:
            watching = _watch_parent(settings.parent, settings.orphan_seconds, shutdown)
            tasks.once("parent", watching)
        async with Edge(settings, tasks, users, inherited, identity) as edge:
            edge.on_removed(shutdown.remove)
            await edge.start()
            await shutdown.begun.wait()
            if shutdown.hands_over:
                await edge.leave()
            else:
                await _stop(edge)
            await tasks.stop()
        if not shutdown.hands_over:
            edge.kill()
    if shutdown.was_removed:
        erase()
        log.error(messages.REMOVED)
        return EXIT_REMOVED
    log.info("stopped; Envoy and versions serve on" if shutdown.hands_over else "stopped")
    return 0


class Shutdown:
    """How the agent ends: SIGTERM, SIGINT and the removal of the edge stop everything, `STEP_ASIDE`
    only this process."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.hands_over = self.was_removed = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.begun.set)
        loop.add_signal_handler(edge_folder.STEP_ASIDE, self._leave)

    def remove(self) -> None:
        """The control plane has removed this edge."""
        if not self.begun.is_set():
            self.was_removed = True
            self.begun.set()

    def _leave(self) -> None:
        if not self.begun.is_set():
            self.hands_over = True
            self.begun.set()


async def _stop(edge: Edge) -> None:
    log.info("stopping")
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await edge.stop()
    except TimeoutError:
        log.warning("time limit reached; killing what is left")


async def _watch_parent(parent: int, orphan_seconds: float, shutdown: Shutdown) -> None:
    while not has_exited(parent):
        await asyncio.sleep(POLL_SECONDS)
    log.info("the parent process has ended; serving for another %g s", orphan_seconds)
    await asyncio.sleep(orphan_seconds)
    shutdown.begun.set()


def _raise_file_limit() -> None:
    """Each version's sockets count for us too, and so do Envoy's connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
