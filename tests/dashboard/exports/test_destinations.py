"""Where nothing may be sent, and what nobody may see."""

import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dashboard.exports import outgoing
from dashboard.exports.destination import DestinationInvalid, parse_destination, redact

S3 = "s3://logs/a?region=eu-west-1&access-key-id=AKIA1&secret-access-key=s3cr+t/x"


@pytest.mark.parametrize(
    "conf",
    [
        "ftp://127.0.0.1/x",
        "https://",
        "https://user:pw@127.0.0.1/",
        "https://127.0.0.1/#x",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1/?header_Host=x",
        "https://127.0.0.1/?header_A%0d=x",
        "https://127.0.0.1/?header_A=x%0d%0aB:%20y",
        "file://host/x",
        "file:///../x",
        "file:///a/%2e%2e/b",
        "file:///a%2fb/c",
        "s3://logs/x",
        "s3://Bad_Bucket/x?region=a&access-key-id=b&secret-access-key=c",
        S3 + "&endpoint=http://u:p@127.0.0.1",
        S3 + "&endpoint=http://127.0.0.1/path",
        S3 + "&nonsense=1",
        "s3://logs/../x?region=a&access-key-id=b&secret-access-key=c",
        "https://127.0.0.1/\nx",
        "https://127.0.0.1/" + "a" * 5000,
    ],
)
def test_what_is_no_destination_is_refused_without_repeating_it(conf):
    with pytest.raises(DestinationInvalid) as refused:
        parse_destination(conf)
    assert "s3cr" not in str(refused.value) and "pw" not in str(refused.value)


def test_an_s3_destination_without_an_endpoint_is_amazons():
    found = parse_destination(S3)
    assert found.url == "https://s3.eu-west-1.amazonaws.com/logs"
    assert (found.path, found.secret_key) == ("a", "s3cr+t/x")
    assert "s3cr" not in repr(found)


@pytest.mark.parametrize(
    ("conf", "shown"),
    [
        (S3, "s3://logs/a?region=eu-west-1&access-key-id=REDACTED&secret-access-key=REDACTED"),
        (
            "https://h/p?header_Authorization=Bearer%20abc&tenant=7",
            "https://h/p?header_Authorization=REDACTED&tenant=REDACTED",
        ),
        ("https://h/services/T02ABCDEFGHIJKLMNOP1/x", "https://h/services/REDACTED/x"),
        ("file:///a/{DATE}", "file:///a/{DATE}"),
    ],
)
def test_secrets_are_replaced_wherever_a_destination_is_shown(conf, shown):
    assert redact(conf) == shown


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
    assert outgoing.fits(host, ipaddress.ip_address(address)) is may


def send(url):
    return outgoing.request("POST", url, headers={}, body=b"x")


def test_a_host_that_the_settings_do_not_name_is_never_asked(settings):
    settings.EXPORT_HOSTS = frozenset({"127.0.0.1"})
    with pytest.raises(outgoing.SendFailed, match="SLUICE_EXPORT_HOSTS"):
        send("http://localhost:9/")


def test_a_name_that_now_leads_to_this_machine_is_refused_at_the_connection(settings, monkeypatch):
    settings.EXPORT_HOSTS = frozenset({"logs.example"})
    here = [(2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *_, **__: here)
    with pytest.raises(outgoing.SendFailed, match="leads to 127.0.0.1"):
        send("http://logs.example/")


def test_a_redirect_is_a_failure_and_is_not_followed(receiver):
    receiver.status, receiver.location = 302, "http://127.0.0.1:1/elsewhere"
    destination = parse_destination(receiver.url)
    with pytest.raises(outgoing.SendFailed, match="redirects are not followed"):
        outgoing.checked(send(receiver.url), destination)


def test_an_answer_that_repeats_a_secret_is_shown_without_it(receiver):
    receiver.status, receiver.said = 401, b"bad token t0ken-123"
    url = receiver.url + "?header_Authorization=t0ken-123"
    with pytest.raises(outgoing.SendFailed) as failed:
        outgoing.checked(send(url), parse_destination(url))
    assert "t0ken" not in str(failed.value) and "REDACTED" in str(failed.value)


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n"])
def test_a_receiver_that_dribbles_is_cut_off(monkeypatch, greeting):
    """Each byte comes in time; all together never would."""
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
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
            with pytest.raises(outgoing.SendFailed, match="took longer than 0.5 s"):
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
    outgoing._trusted.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    outgoing._trusted.cache_clear()


class Quiet(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_certificate_counts_for_its_name_though_the_connection_goes_to_an_address(certified):
    assert send(f"https://localhost:{certified}/").status == 200
    with pytest.raises(outgoing.SendFailed, match="certificate"):
        send(f"https://127.0.0.1:{certified}/")


def test_a_certificate_that_nobody_vouches_for_is_refused(certified, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    outgoing._trusted.cache_clear()
    with pytest.raises(outgoing.SendFailed, match="certificate verify failed"):
        send(f"https://localhost:{certified}/")
