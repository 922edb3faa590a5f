from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dashboard.edges.registry.join import create_join_token
from tests.dashboard.edges.registry_helpers import JoinedAgent, by_shell

pytestmark = pytest.mark.django_db
KEY = ec.generate_private_key(ec.SECP256R1())
HEADER = "X-Edge-Certificate"


def certificate(common_name, *dns_names):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(KEY.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    if dns_names:
        names = x509.SubjectAlternativeName([x509.DNSName(each) for each in dns_names])
        builder = builder.add_extension(names, critical=False)
    pem = builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return {HEADER.lower(): quote(pem.decode())}


@pytest.fixture(autouse=True)
def need_certificates(settings):
    settings.EDGE_CERT_HEADER = HEADER


def test_without_a_certificate_no_edge_gets_in(settings):
    created = create_join_token("berlin-1", by_shell())
    agent = JoinedAgent()
    assert agent.join(created.secret).status_code == 403
    settings.EDGE_CERT_HEADER = ""
    agent.join(created.secret)
    settings.EDGE_CERT_HEADER = HEADER
    for headers in ({}, {HEADER.lower(): "no certificate"}, {HEADER.lower(): ""}):
        answer = agent.get("snapshot?since=0", **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "certificate_refused")


def test_the_first_name_is_the_edges_and_a_renewed_certificate_fits(settings):
    settings.EDGE_CERT_HEADER = ""
    agent = JoinedAgent().joined()
    settings.EDGE_CERT_HEADER = HEADER
    for _ in range(2):
        assert agent.get("snapshot?since=0", **certificate("e1")).status_code == 200
    assert agent.edge.certificate_name == "e1"
    assert agent.get("snapshot?since=0", **certificate("e2")).status_code == 403
    assert agent.get("snapshot?since=0", **certificate("e1", "other.example")).status_code == 403


def test_an_alternative_name_comes_before_the_common_name(settings):
    settings.EDGE_CERT_HEADER = ""
    agent = JoinedAgent().joined()
    settings.EDGE_CERT_HEADER = HEADER
    agent.get("snapshot?since=0", **certificate("cn", "e1.example", "e2.example"))
    assert agent.edge.certificate_name == "e1.example"
