"""The web process: what its server promises to those who keep connections open."""

import httpx

from dashboard.run import web
from routing.agent.control import IDLE_SECONDS


def test_callers_close_idle_connections_before_the_server_does():
    """The other way round, a request that is sent just then is reset."""
    httpx_keeps = httpx.Limits().keepalive_expiry
    assert httpx_keeps is not None
    assert web.config().timeout_keep_alive > max(IDLE_SECONDS, httpx_keeps, 60)
