"""What the control plane answers to each report: its clock, a name, draining, a new token."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from routing import sealing
from routing.agent.base import edge_folder
from routing.agent.identity.clock import offset_ms
from routing.agent.identity.identity import Identity
from routing.agent.state.status import AgentFacts
from routing.version import VERSION

log = logging.getLogger("edge")


class ReportAnswer(msgspec.Struct):
    """`time` is the control plane's clock. `renew_token`: the token ends soon, or an admin wants a
    new one. All optional, because control planes of earlier releases send none."""

    time: float = 0.0
    name: str = ""
    is_draining: bool = False
    renew_token: bool = False


class TokenRenewal(Protocol):
    async def renew_token(self) -> str:
        """The new token, sealed to this edge's key. Raises `ControlPlaneUnavailable`."""


DRAINING_FILE = Path("draining")
"""Exists while the edge drains, so that it still does after a restart without a control plane."""


class EdgeRecord:
    """`changed` is called when `is_draining` changes."""

    def __init__(
        self, control: TokenRenewal, identity: Identity, changed: Callable[[], None]
    ) -> None:
        self._control, self._identity, self._changed = control, identity, changed
        self.is_draining = DRAINING_FILE.exists()
        #: How far this machine's clock is ahead; None until it was measured.
        self.clock_offset_ms: int | None = None

    def set_draining(self, is_draining: bool) -> None:
        if is_draining != self.is_draining:
            self.is_draining = is_draining
            log.info("draining: balancers get 503" if is_draining else "draining has ended")
            self._store_draining()
            self._changed()

    def _store_draining(self) -> None:
        try:
            if self.is_draining:
                edge_folder.write(DRAINING_FILE, b"")
            else:
                DRAINING_FILE.unlink(missing_ok=True)
        except OSError as error:
            log.error("whether this edge drains cannot be stored: %s", error.strerror)

    def facts(self, name: str) -> AgentFacts:
        """For reports; `name` is that of this start."""
        identity = self._identity
        return AgentFacts(
            name=name,
            instance=identity.instance,
            host=identity.host,
            version=VERSION,
            plain_http=identity.transport.is_plain_http,
            clock_offset_ms=self.clock_offset_ms,
        )

    async def answered(self, answer: ReportAnswer, sent: float, received: float) -> None:
        """After each report. `sent` and `received` are times of this machine's clock."""
        offset = offset_ms(sent, answer.time, received)
        self.clock_offset_ms = self.clock_offset_ms if offset is None else offset
        self.set_draining(answer.is_draining)
        self._identity.transport.follow_files()
        tokens = self._identity.tokens
        try:
            if answer.name and answer.name != tokens.name:
                tokens.rename(answer.name)
            if answer.renew_token and tokens.is_renewable:
                await self._renew()
        except OSError as error:
            log.error("the credentials cannot be stored: %s", error.strerror)

    async def _renew(self) -> None:
        sealed = await self._control.renew_token()
        try:
            self._identity.tokens.renew(sealing.open_token(sealed, self._identity.key))
        except ValueError as error:
            log.error("the new token cannot be used: %s", error)
        else:
            log.info("the token was renewed")
