"""The web process: what its server promises to those who keep connections open."""

import httpx
import pytest

from dashboard.run import web
from routing.agent.control_plane.client import IDLE_SECONDS


def test_callers_close_idle_connections_before_the_server_does():
    """The other way round, a request that is sent just then is reset."""
    httpx_keeps = httpx.Limits().keepalive_expiry
    assert httpx_keeps is not None
    assert web.config().timeout_keep_alive > max(IDLE_SECONDS, httpx_keeps, 60)


@pytest.mark.parametrize(("proxy", "client"), [(False, "127.0.0.1"), (True, "198.51.100.7")])
async def test_who_calls_is_told_by_a_header_only_behind_a_proxy(settings, proxy, client):
    """Without one, everybody on this machine could send it, and try passwords without a pause."""
    settings.BEHIND_TLS = proxy
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    config = web.config()
    config.app = app
    config.load()
    headers = [(b"x-forwarded-for", b"198.51.100.7")]
    scope = {"type": "http", "client": ("127.0.0.1", 5), "headers": headers}
    await config.loaded_app(scope, None, None)
    assert seen == [client]
