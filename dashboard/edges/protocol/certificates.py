"""Client certificates of edges. A proxy terminates TLS, verifies them, and passes them on in the
header SLUICE_EDGE_CERT_HEADER, which it must set or clear on every request."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from cryptography import x509
from django.conf import settings

from dashboard.edges import messages
from routing.models import Edge


class CertificateRefused(Exception):
    """No certificate, or that of another edge."""

    code = "certificate_refused"


def check_certificate(edge: Edge, headers: Mapping[str, str]) -> None:
    """The first certificate's name is the edge's from then on, so that a renewed one fits and a
    token does not open anything with that of another edge. Raises `CertificateRefused`."""
    name = certificate_name(headers)
    if name == edge.certificate_name or not settings.EDGE_CERT_HEADER:
        return
    if edge.certificate_name:
        raise CertificateRefused(messages.other_certificate(name, edge.certificate_name))
    Edge.objects.filter(pk=edge.pk, certificate_name="").update(certificate_name=name)
    edge.certificate_name = name


def certificate_name(headers: Mapping[str, str]) -> str:
    """The first DNS name of the certificate, or its common name; "" if edges need none. Raises
    `CertificateRefused`."""
    if not settings.EDGE_CERT_HEADER:
        return ""
    escaped = headers.get(settings.EDGE_CERT_HEADER, "")
    try:
        certificate = x509.load_pem_x509_certificate(unquote(escaped).encode())
    except ValueError as error:
        raise CertificateRefused(messages.NO_CERTIFICATE) from error
    if name := _name(certificate):
        return name[:255]
    raise CertificateRefused(messages.NO_CERTIFICATE)


def _name(certificate: x509.Certificate) -> str:
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        if names := alternative.value.get_values_for_type(x509.DNSName):
            return names[0]
    except x509.ExtensionNotFound:
        pass
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else ""
