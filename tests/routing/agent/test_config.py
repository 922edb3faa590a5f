"""Settings from the environment; a bad one is named."""

import os

import pytest

from routing.agent.config import ConfigInvalid, read

GOOD = {"SLUICE_EDGE_TOKEN": "sle_0123456789"}


def test_defaults(tmp_path):
    config = read({**GOOD, "SLUICE_DATA_DIR": str(tmp_path)})
    assert config.control_url == "http://127.0.0.1:8000"
    assert config.folder == tmp_path / "edge"
    assert (config.host, config.port, config.proof_port) == ("127.0.0.1", 8787, 0)
    assert (config.hang_seconds, config.drain_seconds, config.wait_until_seconds) == (3.5, 60, 30)
    assert config.envoy.name == "envoy"
    assert not config.public_headers and config.parent is None


def test_trusted_proxies_are_networks_and_nobody_by_default():
    assert read(GOOD).trusted_proxies == ()
    given = {**GOOD, "SLUICE_EDGE_TRUSTED_PROXIES": "10.0.0.0/8, ::1,127.0.0.1 "}
    assert read(given).trusted_proxies == ("10.0.0.0/8", "::1/128", "127.0.0.1/32")


def test_tls_has_a_port_with_certificates_only():
    plain, tls = read(GOOD), {**GOOD, "SLUICE_EDGE_TLS_FOLDER": "/certificates"}
    assert (plain.tls_port, plain.https_port, bool(plain.certificates)) == (None, None, False)
    assert (read(tls).tls_port, read(tls).https_port) == (8443, None)
    for redirect, port in (("1", 8443), ("on", 8443), ("443", 443), ("off", None)):
        assert read({**tls, "SLUICE_EDGE_HTTPS_REDIRECT": redirect}).https_port == port


def test_it_ends_with_the_process_that_says_so_or_with_its_parent():
    ends = {**GOOD, "SLUICE_EXIT_WITH_PARENT": "1"}
    assert read(ends).parent == os.getppid()
    assert read({**ends, "SLUICE_PARENT_PID": "4711"}).parent == 4711
    assert read({**GOOD, "SLUICE_PARENT_PID": "4711"}).parent is None


def test_the_token_may_be_in_a_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("sle_from-a-file\n")
    assert read({"SLUICE_EDGE_TOKEN_FILE": str(file)}).token.reveal() == "sle_from-a-file"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLUICE_PARENT_PID", "me"),
        ("SLUICE_CONTROL_URL", "ftp://x"),
        ("SLUICE_CONTROL_URL", "localhost:8000"),
        ("SLUICE_EDGE_TOKEN_FILE", "/nowhere/token"),
        ("SLUICE_EDGE_NAME", "no spaces"),
        ("SLUICE_EDGE_HOST", "example.test"),
        ("SLUICE_EDGE_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("SLUICE_EDGE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SLUICE_EDGE_TRUSTED_PROXIES", "10.0.0.0/8; ::1"),
        ("SLUICE_EDGE_TRUSTED_PROXIES", "nginx"),
        ("SLUICE_EDGE_TLS_KEY_FILE", "/key"),
        ("SLUICE_EDGE_HTTPS_REDIRECT", "1"),
        ("SLUICE_EDGE_HTTPS_REDIRECT", "perhaps"),
        ("SLUICE_EDGE_CF", "country=US"),
        ("SLUICE_EDGE_CF", "[]"),
        ("SLUICE_EDGE_PORT", "0"),
        ("SLUICE_EDGE_PORT", "65536"),
        ("SLUICE_EDGE_PORT", "80a"),
        ("SLUICE_EDGE_PROOF_PORT", "-1"),
        ("SLUICE_EDGE_PUBLIC_HEADERS", "perhaps"),
        ("SLUICE_EDGE_CONCURRENCY", "0"),
        ("SLUICE_EDGE_HANG_SECONDS", "1e3"),
        ("SLUICE_INVOCATIONS_PER_SECOND", "-5"),
        ("SLUICE_EDGE_LOG_LIMIT_MB", "0"),
        ("SLUICE_ENVOY", "/nowhere/envoy"),
    ],
)
def test_a_bad_value_is_named(variable, value):
    environ = {variable: value, **(GOOD if "TOKEN" not in variable else {})}
    with pytest.raises(ConfigInvalid, match=variable):
        read(environ)


def test_a_bad_token_is_not_repeated():
    with pytest.raises(ConfigInvalid) as refused:
        read({"SLUICE_EDGE_TOKEN": "sle_has a space"})
    assert "has a space" not in str(refused.value)


@pytest.mark.parametrize("given", [{}, {"SLUICE_EDGE_JOIN_TOKEN": "slj_0123456789"}])
def test_an_edge_joins_over_https_unless_http_is_allowed(given):
    far = {**given, "SLUICE_CONTROL_URL": "http://sluice.example"}
    with pytest.raises(ConfigInvalid, match="SLUICE_CONTROL_URL.*SLUICE_EDGE_ALLOW_HTTP=1"):
        read(far)
    assert read({**far, "SLUICE_EDGE_ALLOW_HTTP": "1"}).token is None
    assert read({**given, "SLUICE_CONTROL_URL": "https://sluice.example"}).tls.ca is None
    assert read({**GOOD, "SLUICE_CONTROL_URL": "http://sluice.example"}).token is not None


def test_the_join_token_may_be_in_a_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("slj_from-a-file\n")
    config = read({"SLUICE_EDGE_JOIN_TOKEN_FILE": str(file)})
    assert config.join_token.reveal() == "slj_from-a-file"
    with pytest.raises(ConfigInvalid, match="SLUICE_EDGE_JOIN_TOKEN: expected"):
        read({"SLUICE_EDGE_JOIN_TOKEN": "a b"})
