"""TLS on the public listener: certificates by file, chosen by the name that the client asks for.

Envoy reads each certificate from a secret file of its own (`names.secret_file`), again whenever the
agent replaces that file. The number of files is fixed when Envoy starts, so there are spare ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE

_TLS = f"{TYPE}envoy.extensions.transport_sockets.tls.v3."
_Object = dict[str, Any]


def transport_socket(certificates: int) -> _Object:
    """TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1. Without a name that a certificate has, clients
    get the first one."""
    secrets = [
        {
            "name": names.secret(number),
            "sds_config": {
                "path_config_source": {"path": names.secret_file(number)},
                "resource_api_version": "V3",
            },
        }
        for number in range(certificates)
    ]
    context = {
        "@type": f"{_TLS}DownstreamTlsContext",
        "common_tls_context": {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificate_sds_secret_configs": secrets,
        },
    }
    return {"name": "tls", "typed_config": context}


def secret_document(number: int, certificate: str, key: str) -> _Object:
    """The content of a secret's file. `certificate` and `key` are paths that have not named other
    contents before: Envoy reads them again only when the paths change."""
    secret = {
        "@type": f"{_TLS}Secret",
        "name": names.secret(number),
        "tls_certificate": {
            "certificate_chain": {"filename": certificate},
            "private_key": {"filename": key},
        },
    }
    return {"resources": [secret]}


def redirect_to_https(port: int) -> _Object:
    """Routes of a listener that answers 308 with the same URL in https. 443 is left out."""
    redirect = {
        "https_redirect": True,
        "port_redirect": port,
        "response_code": "PERMANENT_REDIRECT",
    }
    route = {"name": "https", "match": {"prefix": "/"}, "redirect": redirect}
    host = {"name": "https", "domains": ["*"], "routes": [route]}
    return {"name": "https", "virtual_hosts": [host]}


def cf_fields() -> Sequence[tuple[str, str]]:
    """Fields of `request.cf` about the connection, and Envoy's expressions for them."""
    return (
        ("tlsVersion", "%DOWNSTREAM_TLS_VERSION%"),
        ("tlsCipher", "%DOWNSTREAM_TLS_CIPHER%"),
    )
