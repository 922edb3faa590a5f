"""The configuration of one version's process, whenever it starts: modules, then bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from routing.agent.addresses import own_networks
from routing.agent.encode import encode, runtime
from routing.agent.held import EndKind
from routing.agent.modules import ModuleMissing, Modules
from routing.agent.plan import Start
from routing.agent.process import NotStarted
from routing.agent.runtime_date import newest_date
from routing.compile import workerd


class Configurations:
    """Made anew for each start: code and secrets are held by the process alone."""

    def __init__(self, modules: Modules, *, tail: bool) -> None:
        self._modules, self._tail = modules, tail
        self._deny = own_networks()

    async def of(self, start: Start) -> bytes:
        """What workerd reads on stdin. Raises `NotStarted`."""
        try:
            contents = await self._modules.of(start.version)
            return await asyncio.to_thread(self._encoded, start, contents)
        except ModuleMissing as error:
            raise NotStarted(str(error), EndKind.edge) from error
        except workerd.VersionInvalid as error:
            raise NotStarted(str(error)) from error

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
        )
        return encode(config)
