"""Hosts and addresses that are refused, and responses that take too long."""

import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dashboard.egress import addresses, client
from dashboard.egress.addresses import fits


@pytest.mark.parametrize(
    ("host", "address", "may"),
    [
        ("localhost", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost", "10.0.0.1", False),
        ("logs.example", "10.0.0.1", True),
        ("logs.example", "192.0.2.1", True),
        ("logs.example", "127.0.0.1", False),
        ("logs.example", "::1", False),
        ("logs.example", "::ffff:127.0.0.1", False),
        ("logs.example", "169.254.169.254", False),
        ("logs.example", "fe80::1", False),
        ("logs.example", "0.0.0.0", False),
        ("logs.example", "224.0.0.1", False),
    ],
)
def test_a_name_leads_only_where_names_of_its_kind_may(host, address, may):
    assert fits(host, ipaddress.ip_address(address)) is may


def send(url):
    return client.request("POST", url, headers={}, body=b"x")


def test_a_host_that_the_settings_do_not_name_is_never_asked(settings):
    settings.EXPORT_HOSTS = frozenset({"127.0.0.1"})
    with pytest.raises(client.SendFailed, match="SLUICE_EXPORT_HOSTS"):
        send("http://localhost:9/")


def test_a_name_that_now_leads_to_this_machine_is_refused_at_the_connection(settings, monkeypatch):
    settings.EXPORT_HOSTS = frozenset({"logs.example"})
    here = [(2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: here)
    with pytest.raises(client.SendFailed, match="leads to 127.0.0.1"):
        send("http://logs.example/")


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n"])
def test_a_receiver_that_dribbles_is_cut_off(monkeypatch, greeting):
    """Each byte comes in time; all together never would."""
    monkeypatch.setattr(client, "SECONDS", 0.5)
    stop = threading.Event()

    def dribble(listener):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(greeting or b"HTTP/1.1 200 OK\r\nx-a: ")
            while not stop.wait(0.05):
                connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dribble, args=(listener,))
        thread.start()
        started = time.monotonic()
        try:
            with pytest.raises(client.SendFailed, match="took longer than 0.5 s"):
                send(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        finally:
            stop.set()
            thread.join()
        assert time.monotonic() - started < 3


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """The port of a TLS server whose certificate, trusted here, is for the name localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = Encoding.PEM
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    client.trusted_authorities.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    client.trusted_authorities.cache_clear()


class Quiet(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_certificate_counts_for_its_name_though_the_connection_goes_to_an_address(certified):
    assert send(f"https://localhost:{certified}/").status == 200
    with pytest.raises(client.SendFailed, match="certificate"):
        send(f"https://127.0.0.1:{certified}/")


def test_a_certificate_that_nobody_vouches_for_is_refused(certified, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    client.trusted_authorities.cache_clear()
    with pytest.raises(client.SendFailed, match="certificate verify failed"):
        send(f"https://localhost:{certified}/")


def test_a_password_in_the_address_of_prometheus_signs_in_and_stays_out_of_the_host(monkeypatch):
    seen = []

    def answer(asked):
        seen.append(asked.headers)
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(client, "_client", lambda: httpx.Client(transport=transport))
    send("http://ada:pw@127.0.0.1:9/")
    assert seen[0]["host"] == "127.0.0.1:9" and seen[0]["authorization"].startswith("Basic ")
