import pytest

from routing.agent.base.transport import (
    ErrorBody,
    TlsFiles,
    TlsFilesInvalid,
    Transport,
    error_body,
    is_plain_http,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
        ("http://localhost", False),
        ("https://sluice.example", False),
        ("http://sluice.example", True),
        ("http://10.0.0.1:8000", True),
        ("http://localhost.example", True),
    ],
)
def test_http_is_plain_between_machines_only(url, expected):
    assert is_plain_http(url) is expected


@pytest.mark.parametrize(
    ("field", "variable"),
    [("ca", "SLUICE_CONTROL_CA_FILE"), ("certificate", "SLUICE_EDGE_CERT_FILE")],
)
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bad_file_names_its_variable(tmp_path, field, variable, content):
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TlsFilesInvalid, match=variable):
        Transport("https://sluice.example", TlsFiles(**{field: path}))


def test_a_refusal_has_a_message_and_perhaps_a_code():
    body = error_body(b'{"error": "This edge was removed.", "code": "edge_removed"}')
    assert (body.error, body.code) == ("This edge was removed.", "edge_removed")
    long = error_body(b'{"error": "%b"}' % (b"x" * 10_000))
    assert len(long.error) == 500
    for other in (b"", b"<html>502</html>", b'{"error": 5}', b"[]"):
        assert error_body(other) == ErrorBody()
