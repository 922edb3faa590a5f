"""`python -m routing.agent`: one edge. Without Django, without a database."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import signal
import socket
import sys
from dataclasses import replace

from routing import log_lines
from routing.agent import config, folder
from routing.agent.config import Config, ConfigInvalid
from routing.agent.edge import Edge
from routing.agent.folder import FolderTaken
from routing.agent.tasks import Tasks
from routing.agent.users.claims import Users
from routing.agent.users.isolation import possible
from routing.hidden_environment import hide
from routing.parent import LOOK_SECONDS, gone

log = logging.getLogger("edge")

STOP_SECONDS = 10.0


class PortTaken(Exception):
    """Another program listens there; the message says where and which variable to change."""


def main() -> int:
    """Runs the edge until SIGTERM or SIGINT; returns the exit code."""
    hide()
    os.umask(0o077)  # logs have addresses of clients; Envoy's files, too, are ours alone
    log_lines.to_stderr(os.environ.get("SLUICE_LOG_FORMAT", "text"))
    try:
        settings = config.read()
        isolation = possible(settings.uids)
        folder.enter(settings.folder, isolation.group)
        proof_port = settings.proof_port or _free_port()
        _check_port(settings.host, settings.port, "SLUICE_EDGE_PORT")
        _check_port("127.0.0.1", proof_port, "SLUICE_EDGE_PROOF_PORT")
        if settings.metrics_port == 0:
            settings = replace(settings, metrics_port=_free_port())
        elif settings.metrics_port:
            _check_port("127.0.0.1", settings.metrics_port, "SLUICE_EDGE_METRICS_PORT")
    except (ConfigInvalid, FolderTaken, PortTaken) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The edge cannot start: {error}", file=sys.stderr)
        return 2
    _raise_file_limit()
    asyncio.run(_run(settings, proof_port, Users(isolation, group=isolation.group)))
    return 0


async def _run(settings: Config, proof_port: int, users: Users) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        if settings.parent is not None:
            tasks.once("parent", _watch_parent(settings.parent, stop))
        async with Edge(settings, proof_port, tasks, users) as edge:
            await edge.start()
            await stop.wait()
            log.info("stopping")
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await edge.stop()
            except TimeoutError:
                log.warning("not everything ended in time; what is left is killed")
            await tasks.stop()
        edge.kill()
    log.info("stopped")


async def _watch_parent(parent: int, stop: asyncio.Event) -> None:
    while not gone(parent):
        await asyncio.sleep(LOOK_SECONDS)
    log.info("the process that started this edge is gone")
    stop.set()


def _raise_file_limit() -> None:
    """Each version's sockets are ours as well, and Envoy's connections are files too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check_port(host: str, port: int, variable: str) -> None:
    """Envoy would share the port with another Envoy without a word."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = "another program uses this port"
            else:
                why = error.strerror or str(error)
            raise PortTaken(f"{variable}={port}: {why} on {host}. Set another.") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
