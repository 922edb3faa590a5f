"""Builds the configuration of one version's process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

from routing.agent.assets.folders import AssetFolders
from routing.agent.base import fingerprint, limits
from routing.agent.base.addresses import own_networks
from routing.agent.base.capnp_config import encode, runtime
from routing.agent.base.process_end import EndKind
from routing.agent.control_plane.content import ContentMissing
from routing.agent.control_plane.module_cache import ModuleCache
from routing.agent.inspection.runtime_date import newest_date
from routing.agent.processes.process_start import NotStarted
from routing.agent.state.actions import Start
from routing.agent.users.isolation import Isolation
from routing.compile.workerd import config as workerd


class Configurations:
    """Built for each start: only the process itself keeps code and secrets."""

    def __init__(
        self,
        modules: ModuleCache,
        assets: AssetFolders,
        *,
        tail: bool,
        key: bytes,
        isolation: Isolation,
        cache: bytes | None = None,
        rate_limits: bytes | None = None,
    ) -> None:
        """`key` is a secret of this edge, for fingerprints; `cache` and `rate_limits` are those of
        its processes for them."""
        self._assets = assets
        self._isolation = f"{isolation.kind} {isolation.uids}"
        self._modules, self._tail, self._cache = modules, tail, cache
        self._rate_limits = rate_limits
        self._deny, self._key = own_networks(), hashlib.sha256(b"fingerprints" + key).digest()

    async def of(self, start: Start) -> bytes:
        """What workerd reads on stdin. Raises `NotStarted`."""
        try:
            contents = await self._modules.of(start.version)
            await self._assets.prepare(start.version)
            return await asyncio.to_thread(self._encoded, start, contents)
        except ContentMissing as error:
            raise NotStarted(str(error), EndKind.edge) from error
        except workerd.VersionInvalid as error:
            raise NotStarted(str(error)) from error

    def fingerprint(self, start: Start) -> str:
        """A process with another fingerprint is out of date. "" if workerd is not installed."""
        try:
            program = fingerprint.of_program(limits.program())
        except OSError:
            return ""
        return fingerprint.of_version(
            start.worker,
            start.version,
            start.slot,
            key=self._key,
            runtime=runtime(),
            deny=self._deny,
            tail=self._tail,
            program=f"{program} {self._isolation}{' cache' if self._cache else ''}",
        )

    def _encoded(self, start: Start, contents: Mapping[str, bytes]) -> bytes:
        config = workerd.config(
            start.worker,
            start.version,
            contents,
            slot=start.slot,
            runtime=runtime(),
            deny=self._deny,
            tail=self._tail,
            newest_date=newest_date(),
            cache=self._cache,
            rate_limits=self._rate_limits,
        )
        return encode(config)
