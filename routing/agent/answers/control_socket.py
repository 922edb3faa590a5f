"""What version processes may ask the agent, and tell it. They run other people's code: nothing here
is secret, and nothing can be changed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from routing.agent.base.unix_http_server import Request, Response, Server
from routing.compile import names

Slots = Callable[[str], object]
_JSON = ((b"content-type", b"application/json"),)


class Control:
    """Answers `GET` for the paths of `compile.slots`, by which RPC calls are drawn; `POST /tail`
    brings what runtime/tail.js has to say."""

    def __init__(self, slots: Slots, tail: Callable[[Request], Response] | None = None) -> None:
        self._slots, self._tail = slots, tail

    def answer(self, request: Request) -> Response:
        """405 for everything that is neither."""
        if request.method == "POST" and request.path == "/tail" and self._tail is not None:
            return self._tail(request)
        if request.method != "GET":
            return Response(405)
        return Response(200, _JSON, msgspec.json.encode(self._slots(request.path)))


def serve(control: Control) -> Server:
    """The socket is open to the group of the users that versions run as."""
    return Server(names.AGENT_SOCKET, control.answer, mode=0o660)
