"""The agent's sockets, which Envoy and workerd ask: slots, decisions and previews."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from routing.agent.answers.decide_server import Decider
from routing.agent.answers.worker_hosts import Located, WorkerHosts, decide_question
from routing.agent.base import unix_http_server
from routing.compile import names
from routing.compile.envoy.previews import REFUSALS
from routing.compile.envoy.routes import no_worker_message
from routing.compile.workerd.slots import slots_answer
from routing.rules.decide import Target, judge
from routing.snapshot import Overrides, Snapshot, WorkerSpec
from tests.real.unix_http import Request, Server


class AgentSockets:
    """`decide_delay` and `forced_outcome` change decisions; `asked_for` is what previews got."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.slots: dict[str, int] = {}
        self.snapshot = Snapshot(revision=0)
        self.decide_delay = 0.0
        self.forced_outcome = ""
        self.decider = Decider()
        self.hosts = WorkerHosts()
        self.asked_for: list[tuple[str, dict[str, str]]] = []

    def listen(self) -> None:
        """Until `stack` is closed."""
        self._answer(names.AGENT_SOCKET, self._tell_slots)
        self.decide_server = self._answer(names.DECIDE_SOCKET, self._decide)
        self._answer(names.PREVIEWS_SOCKET, self._preview)

    def worker(self, name: str) -> WorkerSpec:
        return next(w for w in self.snapshot.workers if w.name == name)

    def _tell_slots(self, request: Request) -> None:
        answer = slots_answer(self.snapshot, self.slots, request.path)
        request.answer(json.dumps(answer).encode())

    def check_overrides(self, worker: str, overrides: Overrides | None) -> None:
        """From the next `publish` on; the agent's own decide service answers for it."""
        workers = [
            replace(w, overrides=overrides) if w.name == worker else w
            for w in self.snapshot.workers
        ]
        self.snapshot = replace(self.snapshot, workers=tuple(workers))
        self.decider.update_snapshots(self.snapshot, self.snapshot)

    def _decide(self, request: Request) -> None:
        time.sleep(self.decide_delay)
        carried = names.PERMISSION in request.headers
        if request.path in ("/permit", "/link") or carried:
            return self._decide_in_earnest(request)
        worker, _ = names.parse_route(request.headers[names.ROUTE_HEADER])
        lines = request.headers.get_all(names.OVERRIDES, [])
        shares = self.worker(worker).deployment.shares
        judged = judge(Target(worker, "d", shares), lines)
        outcome = self.forced_outcome or str(judged.outcome)
        answer = {
            names.OUTCOME_HEADER: outcome,
            "x-envoy-auth-headers-to-remove": names.NOTHING_HEADER,
        }
        if judged.requested is not None:
            answer[names.VERSION_HEADER] = judged.requested
        request.answer(b"", answer)

    def _decide_in_earnest(self, request: Request) -> None:
        lines = [(n.lower().encode(), v.encode("latin-1")) for n, v in request.headers.items()]
        found = self.decider.answer(unix_http_server.Request("GET", request.path, lines))
        assert isinstance(found, unix_http_server.Response)
        told = {name.decode(): value.decode("latin-1") for name, value in found.headers}
        request.answer(found.body, told, found.status)

    def _preview(self, request: Request) -> None:
        """Of versions that run: those whose id begins the host name. `status-N-…` is refused."""
        host = request.headers[names.HOST_HEADER]
        self.asked_for.append((host, dict(request.headers)))
        for worker in self.snapshot.workers:
            for version in worker.versions:
                if host.startswith(version.id[:8]):
                    told = {names.CLUSTER_HEADER: version.id, names.PREVIEW_HEADER: worker.name}
                    return request.answer(b"", told)
        scheme = request.headers[names.SCHEME_HEADER]
        path = request.headers[names.TARGET_PATH_HEADER]
        if located := self.hosts.locate(self.snapshot, host, scheme, path):
            return self._located(located, request)
        refused = int(host.split("-")[1]) if host.startswith("status-") else 404
        words = f"refused with {refused}: {no_worker_message(self.snapshot.domain)}"
        return request.answer(words.encode(), {"x-evil": "1"}, REFUSALS.get(refused, refused))

    def _located(self, located: Located, request: Request) -> None:
        lines = [(n.lower().encode(), v.encode("latin-1")) for n, v in request.headers.items()]
        question = decide_question(located, unix_http_server.Request("GET", "/preview", lines))
        told: dict[str, str] = {names.SCOPE_HEADER: located.scope}
        if question is None:
            return request.answer(b"", told)
        found = self.decider.answer(question)
        assert isinstance(found, unix_http_server.Response)
        more = {name.decode(): value.decode("latin-1") for name, value in found.headers}
        if question.path == "/link":
            return request.answer(found.body, more, found.status)
        return request.answer(b"", {**told, **more})

    def _answer(self, path: str, handle: Callable[[Request], None]) -> Server:
        server = Server(str(self.folder / path), handle)
        os.chmod(self.folder / path, 0o666)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.stack.callback(server.server_close)
        self.stack.callback(server.shutdown)
        return server
