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


@pytest.mark.parametrize(
    ("behind_tls", "proxies", "peer", "client"),
    [
        (False, (), "127.0.0.1", "127.0.0.1"),
        (True, (), "127.0.0.1", "198.51.100.7"),
        (True, (), "10.0.0.5", "10.0.0.5"),
        (False, ("10.0.0.0/24",), "10.0.0.5", "198.51.100.7"),
        (True, ("10.0.0.0/24",), "10.0.1.5", "10.0.1.5"),
    ],
)
async def test_the_client_is_in_a_header_of_trusted_proxies_only(
    settings, behind_tls, proxies, peer, client
):
    """Otherwise anyone could send the header, and try passwords without a pause."""
    settings.BEHIND_TLS, settings.TRUSTED_PROXIES = behind_tls, proxies
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    config = web.config()
    config.app = app
    config.load()
    headers = [(b"x-forwarded-for", b"198.51.100.7")]
    scope = {"type": "http", "client": (peer, 5), "headers": headers}
    await config.loaded_app(scope, None, None)
    assert seen == [client]
