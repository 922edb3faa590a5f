"""The user that a version's processes run as, and how their connections are recognized."""

from __future__ import annotations

from collections import deque

from routing.agent.users.claims import Claim, Users, give_back
from routing.agent.users.peers import Peer

_PIDS = 4
"""Recent process ids by which a version is recognized."""


class VersionUser:
    """A start kills all processes of its user, so a process that replaces another needs another
    user."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._claim: Claim | None = None
        #: Those of processes that are being replaced.
        self._leaving: list[Claim] = []
        self._pids: deque[int] = deque(maxlen=_PIDS)

    def claim(self) -> Claim:
        self._claim = self._claim or self._users.claim()
        return self._claim

    def adopt(self, uid: int) -> None:
        """Of a process that is running already."""
        self._claim = self._users.adopt(uid)

    def started(self, pid: int) -> None:
        self._pids.append(pid)

    def leave(self) -> Claim | None:
        """The next start gets another user. Returns the current one, for `back` or `left`."""
        claim, self._claim = self._claim, None
        if claim is not None:
            self._leaving.append(claim)
        return claim

    def back(self, claim: Claim | None) -> None:
        """The start failed: `claim` stays the current one."""
        give_back(self._claim)
        self._claim = claim
        self._forget(claim)

    def left(self, claim: Claim | None) -> None:
        """The process with `claim` has ended."""
        give_back(claim)
        self._forget(claim)

    def give_back(self) -> None:
        for claim in (self._claim, *self._leaving):
            give_back(claim)

    def is_peer(self, peer: Peer) -> bool:
        """Did a process of this version open the connection? Recognized by its own user, else by
        the ids of recent processes."""
        claims = [claim for claim in (self._claim, *self._leaving) if claim is not None]
        users = [claim.user.uid for claim in claims if claim.is_own and claim.user is not None]
        return peer.uid in users if users else peer.pid in self._pids

    def _forget(self, claim: Claim | None) -> None:
        self._leaving = [other for other in self._leaving if other is not claim]
