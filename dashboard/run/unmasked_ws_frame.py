"""WebSockets that take wrangler's first message: `wrangler tail` sends it without the mask that
RFC 6455 (5.1) asks of clients, and a strict server would close the connection at once."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TAILS = "/client/v4/tails/"
_MASKED = 0x80
_LONG = 126


class WebSockets(WebSocketsSansIOProtocol):
    """Strict, but for the first frame on the address of a tail."""

    _begun = False

    def data_received(self, data: bytes) -> None:
        """The handshake comes first; then frames."""
        if self.handshake_complete and not self._begun:
            self._begun = True
            if self.scope["path"].startswith(TAILS):
                data = masked(data)
        super().data_received(data)


def masked(frame: bytes) -> bytes:
    """A short frame without a mask, with a mask of zeros, which changes no byte of its content."""
    if len(frame) < 2 or frame[1] & _MASKED or frame[1] >= _LONG:
        return frame
    return bytes((frame[0], frame[1] | _MASKED)) + bytes(4) + frame[2:]
