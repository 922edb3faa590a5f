"""Routes, custom domains and TLS through a real Envoy: which Worker answers, and what it sees."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.base.authority import Authority
from routing.agent.certificates.files import CertificateFiles
from routing.agent.certificates.provider import CertificateProvider, CertificateSources
from routing.compile import names
from routing.compile.names import OVERRIDES
from routing.rules.permissions.permission import Permission
from routing.rules.permissions.token import sign
from routing.rules.split import TOTAL
from tests.eventually import eventually
from tests.mmdb import BOSTON, write_database
from tests.real.edge import STRANGER, TRUSTED, Edge
from tests.real.test_protected_overrides import PRIVATE, PROTECTED, SOON
from tests.real.uploads import METADATA, Upload, upload
from tests.real.workers import ECHO
from tests.running import free_port

pytestmark = pytest.mark.real
SITE_ROUTES = (
    *("*.example.com/*", "example.com/*", "https://secure.example.com/*"),
    "*.example.org/*",
)


@dataclass
class Site:
    """`site` has an old and a new version at 0%; `api` has some paths of its hosts."""

    edge: Edge
    old: Upload
    new: Upload
    api: Upload
    authority: Authority
    provider: CertificateProvider

    def worker(self, host: str, path: str = "/", **headers: str) -> str:
        """The name of the Worker that answers, or the status."""
        reply = self.edge.get("", path, headers, host=host)
        return self.named(reply.headers.get("x-sluice-version", "")) or str(reply.status)

    def named(self, version_id: str) -> str:
        ids = {self.old.version.id: "site", self.new.version.id: "new", self.api.version.id: "api"}
        return ids.get(version_id, "")

    def curl(self, url: str, *arguments: str, source: str = STRANGER) -> Any:
        """The JSON answer over TLS."""
        out = self.curl_text(url, *arguments, source=source)
        return json.loads(out)

    def curl_text(self, url: str, *arguments: str, source: str = STRANGER) -> str:
        host = url.split("/")[2]
        port = self.edge.settings.tls_port
        resolve = f"{host}:{port}:127.0.0.1"
        command = [
            *("curl", "-sS", "--max-time", "20", "--cacert", str(self.authority.folder / "ca.pem")),
            *("--interface", source, "--resolve", resolve, *arguments),
            url.replace(host, f"{host}:{port}", 1),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sluice-tls-") as name:
        folder = Path(name)
        authority = Authority(folder / "certificates")
        main = CertificateFiles(*authority.issue("main", "example.com", "*.example.com"))
        (folder / "more").mkdir()
        for path in authority.issue("shop", "shop.example.org"):
            os.rename(path, folder / "more" / path.name)
        sources = CertificateSources(main, folder / "more")
        tls_port = free_port()
        places = write_database(folder / "places.mmdb", "City", BOSTON)
        edge = Edge(
            folder / "edge",
            tls_port=tls_port,
            certificates=16,
            https_port=tls_port,
            geoip={"City": str(places)},
        )
        provider = CertificateProvider(sources, edge.folder)
        provider.start()
        try:
            old, new, api = (
                edge.run("site", upload(ECHO, number=1, bindings=[METADATA])),
                edge.run("site", upload(ECHO, number=2, bindings=[METADATA])),
                edge.run("api", upload(ECHO, bindings=[METADATA])),
            )
            edge.deploy("site", (new, 0), (old, TOTAL), routes=SITE_ROUTES)
            edge.deploy(
                "api",
                (api, TOTAL),
                routes=("example.com/api/*", "*.example.com/api*", "example.com/exact"),
                domain="shop.example.org",
            )
            disabled = ("example.com/off/*", "*.example.com/off")
            edge.snapshot = replace(
                edge.snapshot, disabled_routes=disabled, domain="workers.example.com"
            )
            edge.decider.update_snapshots(edge.snapshot, edge.snapshot)
            edge.start()
            yield Site(edge, old, new, api, authority, provider)
        finally:
            edge.close()


@pytest.mark.parametrize(
    ("host", "path", "worker"),
    [
        ("example.com", "/", "site"),
        ("example.com", "/api/x?y=1", "api"),
        ("example.com", "/api", "site"),
        ("example.com", "/exact", "api"),
        ("example.com", "/exact?q", "site"),
        ("example.com", "/off/x", "404"),
        ("example.com", "/x/../api/y", "api"),
        ("example.com", "/api/../y", "site"),
        ("example.com", "/x/%2E%2e/exact", "api"),
        ("example.com", "/x%2F../exact", "site"),
        ("example.com", "/%65xact", "api"),
        ("example.com", "/x/..%2Fexact", "site"),
        ("www.example.com", "/x/..\\api-2", "api"),
        ("www.example.com:x", "/api-2", "400"),
        ("example.com:8787", "/", "site"),
        ("www.example.com", "/", "site"),
        ("a.b.c.example.com", "/", "site"),
        ("www.example.com", "/api-2", "api"),
        ("www.example.com:8787", "/api-2", "api"),
        ("www.example.com", "/off", "404"),
        ("WWW.Example.com", "/api-2", "api"),
        ("EXAMPLE.com", "/exact", "api"),
        ("shop.example.org", "/any", "api"),
        ("Shop.example.org", "/any", "api"),
        ("SHOP.EXAMPLE.ORG.:8787", "/any", "api"),
        ("other.example.org", "/any", "site"),
        ("example.com.", "/api/x", "api"),
        ("www.example.com.:8787", "/api-2", "api"),
        ("example.com", "http://example.com/api/x", "api"),
        ("example.org", "http://EXAMPLE.com/exact", "api"),
        ("none.workers.example.com", "/", "404"),
        ("None.workers.example.com", "/", "404"),
        ("notexample.com", "/", "404"),
        ("example.org", "/", "404"),
        ("site.localhost", "/api/x", "site"),
        ("api.localhost", "/", "api"),
    ],
)
def test_the_most_specific_pattern_gets_the_request(site: Site, host: str, path: str, worker: str):
    assert site.worker(host, path) == worker


@pytest.mark.parametrize("host", ["example.com", "www.example.com", "WWW.example.com"])
def test_overrides_and_their_proof_work_at_every_address(site: Site, host: str):
    new = site.new.version.id
    for field, worker, outcome in [
        (f'site="{new}"', "new", "applied"),
        (f'other="x", site="{new}";p=1', "new", "applied"),
        ('site="no-such-version"', "site", "unknown_version"),
        (f'api="{new}"', "site", "not_addressed"),
    ]:
        reply = site.edge.get("", headers={OVERRIDES: field}, host=host)
        decided = site.named(reply.headers["x-sluice-version"]), reply.headers["x-sluice-override"]
        assert decided == (worker, outcome), field
        assert reply.json["url"].lower() == f"http://{host.lower()}/"
        assert reply.json["headers"][OVERRIDES.lower()] == field
    reply = site.edge.get("", "/api/", {OVERRIDES: f'site="{new}"'}, host=host)
    assert site.named(reply.headers["x-sluice-version"]) == "api"


def test_a_permission_and_a_shared_link_work_at_a_wildcard(site: Site):
    edge, new, host = site.edge, site.new.version.id, "team.example.com"
    fields = {"id": "p1", "person": "ann", "worker": "site", "version_id": new}
    permission = Permission(**fields, expires_at=SOON, host=host)
    token = sign(permission, "k1", PRIVATE)
    edge.check_overrides("site", PROTECTED)
    edge.publish()
    try:
        refused = edge.get("", headers={OVERRIDES: f'site="{new}"'}, host=host)
        assert site.named(refused.headers["x-sluice-version"]) == "site"
        assert refused.headers["x-sluice-override"] == "not_permitted"
        link = edge.get("", f"{names.LINK_PATH}?permission={token}&path=/a", host=host)
        assert (link.status, link.headers["location"]) == (303, "/a")
        cookie = link.headers["set-cookie"].partition(";")[0]
        opened = edge.get("", headers={"Cookie": f"a=1; {cookie}; b=2"}, host=host)
        assert site.named(opened.headers["x-sluice-version"]) == "new"
        assert opened.json["headers"]["cookie"] == "a=1; b=2"
        sent = {OVERRIDES: f'site="{new}"', names.PERMISSION: token}
        opened = edge.get("", headers=sent, host=host)
        assert site.named(opened.headers["x-sluice-version"]) == "new"
        assert names.PERMISSION.lower() not in opened.json["headers"]
    finally:
        edge.check_overrides("site", None)
        edge.publish()


@pytest.mark.parametrize("host", ["example.com", "www.example.com", "none.workers.example.com"])
def test_connect_is_refused_at_every_address(site: Site, host: str):
    """Such a request has no path."""
    with socket.create_connection(("127.0.0.1", site.edge.settings.proof_port)) as client:
        client.sendall(f"CONNECT {host}:80 HTTP/1.1\r\nHost: {host}:80\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 404 ")
    assert "[lua]" not in (site.edge.folder / "log/envoy.txt").read_text()


def test_a_request_over_tls_says_so(site: Site):
    told = site.curl("https://secure.example.com/x", "--http2")
    assert told["url"] == f"https://secure.example.com:{site.edge.settings.tls_port}/x"
    assert (told["cf"]["tlsVersion"], told["cf"]["httpProtocol"]) == ("TLSv1.3", "HTTP/2")
    assert told["cf"]["tlsCipher"].startswith("TLS_")
    seen = told["headers"]
    assert (seen["x-forwarded-proto"], seen["cf-visitor"]) == ("https", '{"scheme":"https"}')
    assert seen["cf-connecting-ip"] == STRANGER
    old = site.curl("https://www.example.com/", "--http1.1", "--tls-max", "1.2")
    assert (old["cf"]["tlsVersion"], old["cf"]["httpProtocol"]) == ("TLSv1.2", "HTTP/1.1")


def test_a_clients_place_is_in_cf(site: Site):
    forged = ("X-Edge-Geo-Country: ZZ", "X-Edge-Scope: public|api.localhost", "X-Sluice-Edge: x")
    told = site.curl("https://www.example.com/", *(part for h in forged for part in ("-H", h)))
    place = [told["cf"].get(name) for name in ("country", "city", "regionCode", "asn")]
    assert place == ["US", "Boston", "MA", None]
    assert told["headers"]["cf-ipcountry"] == "US"
    assert not [name for name in told["headers"] if name.startswith(("x-edge-", "x-sluice-"))]


def test_only_a_trusted_proxy_sets_address_and_scheme(site: Site):
    forged = ("-H", "X-Forwarded-For: 6.6.6.6", "-H", "X-Forwarded-Proto: http")
    forged += ("-H", "CF-Connecting-IP: 6.6.6.6", "-H", 'CF-Visitor: {"scheme":"x"}')
    told = site.curl("https://www.example.com/", *forged)
    assert told["url"].startswith("https://") and "6.6.6.6" not in json.dumps(told["cf"])
    assert told["headers"]["cf-connecting-ip"] == STRANGER
    assert told["headers"]["x-forwarded-for"] == STRANGER
    assert told["headers"]["cf-visitor"] == '{"scheme":"https"}'
    trusted = site.curl("https://www.example.com/", *forged, source=TRUSTED)
    assert trusted["headers"]["cf-connecting-ip"] == "6.6.6.6"
    assert trusted["headers"]["cf-visitor"] == '{"scheme":"http"}'


def test_plain_requests_are_redirected(site: Site):
    port = site.edge.settings.tls_port
    reply = site.edge.get("", "/a?b=1", host="www.example.com", proof=False, method="POST")
    assert (reply.status, reply.headers["location"]) == (
        308,
        f"https://www.example.com:{port}/a?b=1",
    )


def test_tls_1_1_is_refused(site: Site):
    with pytest.raises(AssertionError, match="protocol|alert|handshake"):
        site.curl("https://www.example.com/", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")


def served(site: Site, server_name: str) -> str:
    """The serial number of the certificate that a client gets."""
    context = ssl.create_default_context(cafile=str(site.authority.folder / "ca.pem"))
    context.check_hostname, context.verify_mode = False, ssl.CERT_REQUIRED
    address = ("127.0.0.1", site.edge.settings.tls_port or 0)
    with (
        socket.create_connection(address, 10) as raw,
        context.wrap_socket(raw, server_hostname=server_name) as wrapped,
    ):
        certificate = wrapped.getpeercert()
        assert certificate is not None
        return str(certificate["serialNumber"])


def test_a_certificate_is_chosen_by_name_and_replaced_without_a_restart(site: Site):
    main, shop = (served(site, name) for name in ("www.example.com", "shop.example.org"))
    assert main != shop
    assert served(site, "other.example.net") == main
    # The key comes later, as with two copies: until then the old pair is served.
    fresh = Authority(site.authority.folder / "fresh", site.authority.key)
    certificate, key = fresh.issue("main", "example.com", "*.example.com")
    folder = site.authority.folder
    (folder / "main.pem").write_bytes(certificate.read_bytes())
    assert not site.provider.refresh() and served(site, "www.example.com") == main
    (folder / "main.key").write_bytes(key.read_bytes())
    assert site.provider.refresh()
    began = time.monotonic()
    eventually(lambda: served(site, "www.example.com") != main)
    assert time.monotonic() - began < 5
    assert served(site, "shop.example.org") == shop
    # Another pair in the folder.
    sources = site.provider._sources
    assert sources.folder is not None
    for path in fresh.issue("added", "added.example.net"):
        os.rename(path, sources.folder / path.name)
    assert site.provider.refresh()
    eventually(lambda: served(site, "added.example.net") not in (main, shop))
    assert site.curl("https://www.example.com/")["headers"]["host"].startswith("www.example.com")
