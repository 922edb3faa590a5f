"""The socket that version processes connect to.

They run other people's code: nothing can be changed here, and nothing is secret but the values
of their own secrets, which only their own process gets.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from routing.agent.base.unix_http_server import Request, Response, Server
from routing.compile import names
from routing.compile.workerd.binding_types.stored_secrets import PATH as STORED_SECRET

Slots = Callable[[str], object]
_JSON = ((b"content-type", b"application/json"),)


class Control:
    """`GET` of the paths of `compile.slots` returns the RPC slots, of those of `compile.objects`
    where Durable Objects run, of `STORED_SECRET` a secret of the caller; `POST /tail` takes log
    entries from runtime/tail.js. `objects` answers what else it can."""

    def __init__(
        self,
        slots: Slots,
        tail: Callable[[Request], Response] | None = None,
        stored_secret: Callable[[Request], Response] | None = None,
        objects: Callable[[Request], Response | None] | None = None,
    ) -> None:
        self._slots, self._tail, self._stored_secret = slots, tail, stored_secret
        self._objects = objects

    def answer(self, request: Request) -> Response:
        """405 for anything else."""
        if request.method == "POST" and request.path == "/tail" and self._tail is not None:
            return self._tail(request)
        if self._objects is not None and (found := self._objects(request)) is not None:
            return found
        if request.method != "GET":
            return Response(405)
        if request.path == STORED_SECRET and self._stored_secret is not None:
            return self._stored_secret(request)
        return Response(200, _JSON, msgspec.json.encode(self._slots(request.path)))


def serve(control: Control) -> Server:
    """Open to the group of the users that versions run as."""
    return Server(names.AGENT_SOCKET, control.answer, mode=0o660)
