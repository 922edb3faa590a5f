"""The order of events: ports, database, demo, processes, ready, wait, stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from dashboard.accounts.models import User
from dashboard.installation.first_admin import FirstCredentials
from dashboard.installation.setup import set_up
from dashboard.run import console, demo, local_edge
from dashboard.run.processes import leftovers, run_file
from dashboard.run.processes.children import Child, stop, wait_for_an_end
from dashboard.run.processes.process_file import ProcessFile
from routing.agent import config as edge_config
from routing.agent.adoption.ports import serves_on
from routing.control import revision
from routing.control.publish import withheld_workers
from routing.process_identity import ProcessIdentity

START_SECONDS = 60.0
#: A process that ends so often before the system is up will not come up.
MOST_ENDS_AT_START = 4
EDGE_STATUS: Path = settings.DATA_DIR / "edge" / "status.json"


class RestartAsked(BaseException):
    """`make restart`; like an interrupt, no error."""


class CannotStart(RuntimeError):
    """The message has the problem and the fix."""


def run() -> int:
    """Runs until Ctrl-C or SIGTERM; the exit code of the whole."""
    # Both by hand: a shell that starts us in the background has SIGINT ignored, and so would we.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGUSR1, _ask_restart)
    os.umask(0o077)  # the data folder holds secrets, sealed or not
    try:
        _make_room()
        _check_ports()
        _check_edge_settings()
        shown = _prepare()
        _serve(shown)
    except CannotStart as error:
        print(f"Sluice cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except RestartAsked:
        # The same process with the code of now: the edge and the state server stay its children.
        os.execv(sys.executable, [sys.executable, "-m", "dashboard.run"])
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _ask_restart(*_: object) -> None:
    raise RestartAsked


def _make_room() -> None:
    """Ends processes that a killed run left in this data folder, except its edge."""
    other = leftovers.running_run()
    if other is not None:
        raise CannotStart(
            f"it runs already in {settings.DATA_DIR} (pid {other.pid}). "
            "`make restart` restarts it, `make stop` ends it."
        )
    leftovers.end_control_plane()


def _check_ports() -> None:
    ports = {"SLUICE_HTTP_PORT": settings.HTTP_PORT, "SLUICE_EDGE_PORT": settings.EDGE_PORT}
    if len(set(ports.values())) < len(ports):
        raise CannotStart(f"{' and '.join(ports)} are both {settings.HTTP_PORT}; choose two ports.")
    for variable, port in ports.items():
        if variable == "SLUICE_EDGE_PORT" and serves_on(leftovers.EDGE_FOLDER, port):
            continue  # the Envoy of this data folder, which the agent will adopt
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CannotStart(
                    f"port {port} is taken ({error.strerror}). Stop what listens there, or choose "
                    f"another: {variable}={port % 65535 + 1} make run"
                ) from error


def _check_edge_settings() -> None:
    """A bad value is named at once, not by an edge that ends again and again."""
    try:
        edge_config.read(os.environ | {"SLUICE_EDGE_TOKEN": "made-after-this"})
    except edge_config.ConfigInvalid as error:
        raise CannotStart(str(error)) from error


def _prepare() -> FirstCredentials | None:
    console.step("Database")
    shown = set_up().first
    console.withheld(withheld_workers())
    if settings.DEMO:
        author = User.objects.order_by("id").first()
        demo.load(author, lambda name: console.step(f"Demo Worker {name}"))
    return shown


def _serve(shown: FirstCredentials | None) -> None:
    EDGE_STATUS.unlink(missing_ok=True)  # what an earlier run had says nothing about this one
    children = _children()
    processes = ProcessFile()
    earlier = leftovers.before_restart()
    try:
        waited_for, background = children[:3], children[3:]
        for child in waited_for:
            child.start()
        processes.write(children)
        _wait("the web process", waited_for, _web_answers)
        _wait("the edge to have the snapshot", waited_for, lambda: _edge_has_newest(children[0]))
        for child in background:
            child.start()  # only now: its start would take half a second of theirs
        run_file.write(addresses())
        console.greet(shown, addresses())
        _watch(children, processes, earlier)
    except RestartAsked:
        _ignore_signals()
        run_file.remove()
        console.restarting()
        stop([child for child in children if child.name not in (leftovers.EDGE, leftovers.STATE)])
        raise
    except BaseException:
        _ignore_signals()
        run_file.remove()
        processes.remove()
        console.stopping()
        stop(children)
        console.stopped()
        raise


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)


def _children() -> list[Child]:
    """The edge comes first: it is stopped first, while the web process takes its last reports. The
    state server ends after both. The background work comes last: nothing waits for it."""
    logs = settings.DATA_DIR / "log"
    shared = {"SLUICE_DATA_DIR": str(settings.DATA_DIR)}
    edge = {
        "SLUICE_CONTROL_URL": f"http://127.0.0.1:{settings.HTTP_PORT}",
        "SLUICE_EDGE_TOKEN_FILE": str(local_edge.edge_token_file()),
        "SLUICE_EDGE_NAME": local_edge.EDGE_NAME,
        "SLUICE_EDGE_PORT": str(settings.EDGE_PORT),
        "SLUICE_LOG_FORMAT": settings.LOG_FORMAT,
        "SLUICE_EDGE_TAKE_OVER": "1",
        # This edge listens on loopback only, so its answers may say which version ran.
        "SLUICE_EDGE_PUBLIC_HEADERS": os.environ.get("SLUICE_EDGE_PUBLIC_HEADERS", "1"),
        "SLUICE_EDGE_METRICS_PORT": os.environ.get("SLUICE_EDGE_METRICS_PORT", "auto"),
    }
    return [
        Child("edge", "routing.agent", shared | edge, logs / "agent.log", secrets=False),
        Child("web", "dashboard.run.web", shared, logs / "web.log"),
        Child("state", "dashboard.run.state", shared, logs / "state.log"),
        Child("work", "dashboard.run.work", shared, logs / "work.log"),
    ]


def _wait(what: str, children: list[Child], ready: Callable[[], bool]) -> None:
    console.step(f"Waiting for {what}")
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        for child in children:
            child.keep_alive()
            if child.restarts.quick_ends >= MOST_ENDS_AT_START:
                raise CannotStart(f"the {child.name} process keeps ending.\n{child.tail()}")
        if time.monotonic() > deadline:
            ends = "\n".join(f"--- {child.log}\n{child.tail()}" for child in children)
            raise CannotStart(f"waited {START_SECONDS:.0f} s for {what}.\n{ends}")
        time.sleep(0.05)


def _web_answers() -> bool:
    url = f"http://127.0.0.1:{settings.HTTP_PORT}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _edge_has_newest(edge: Child) -> bool:
    try:
        status = json.loads(EDGE_STATUS.read_text())
    except (OSError, ValueError):
        return False
    if edge.identity is None or status.get("pid") != edge.identity.pid:
        return False  # an earlier agent, which is about to step aside
    # A Worker that cannot start keeps its earlier deployment and holds up nothing.
    lagging = status.get("workers", {}).values()
    known = "desired" if all(lag.get("error") for lag in lagging) else "revision"
    return bool(status.get(known, -1) >= revision.current())


def _watch(children: list[Child], processes: ProcessFile, earlier: list[ProcessIdentity]) -> None:
    """Starts again what has ended. One process that keeps ending waits longer and longer; it never
    takes another down with it. `earlier` are processes from before a restart of this one."""
    while True:
        earlier = _reap(earlier)
        for child in children:
            wait = child.keep_alive()
            if wait is not None:
                console.ended(child.name, child.log, wait)
            child.keep_log_small(most_bytes=settings.LOG_BYTES, files=settings.LOG_FILES)
        with suppress(OSError):  # a full disk stops nothing
            processes.write(children)
        wait_for_an_end(children, 0.5)


def _reap(earlier: list[ProcessIdentity]) -> list[ProcessIdentity]:
    """Those that have not ended yet."""
    left = []
    for process in earlier:
        with suppress(ChildProcessError):
            if os.waitpid(process.pid, os.WNOHANG) == (0, 0):
                left.append(process)
    return left


def addresses() -> dict[str, str]:
    """Where everything is, for people and for run.json."""
    web = f"http://localhost:{settings.HTTP_PORT}"
    return {
        "dashboard": f"{web}/",
        "api_base": f"{web}/client/v4",
        "account_id": settings.ACCOUNT_ID,
        "edge": f"http://localhost:{settings.EDGE_PORT}",
    }
