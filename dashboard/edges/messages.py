"""Why a change of an edge or an agent's request was refused, in words."""

from __future__ import annotations

WRONG_TOKEN = (
    "This is not the token of an edge. Create one on the control plane: "
    "manage.py edge create --name NAME"
)
NOT_WAITING = "No request waits for this answer."
TOKEN_EXPIRED = (
    "This edge's token has expired or was revoked. Create a join token on the control plane: "
    "manage.py edge join-token --name NAME"
)
NO_JOIN_TOKEN = (
    "This is not a join token. Create one on the control plane: manage.py edge add --name NAME"
)
JOIN_TOKEN_EXPIRED = (
    "This join token has expired or was revoked. Create a new one on the control plane: "
    "manage.py edge add --name NAME"
)
JOIN_TOKEN_USED = (
    "This join token was used by another agent. It works once. Create a new one on the control "
    "plane: manage.py edge add --name NAME"
)
CREDENTIAL_IN_USE = "Another edge has these credentials. Delete credentials.json and join again."
BAD_LIFETIME = "A join token is valid for at least a minute and at most 7 days."
NUL_IN_PATH = "The path holds a NUL character."
CANNOT_DECRYPT = "This version cannot run: its secrets cannot be decrypted with the current key."
NO_CERTIFICATE = (
    "This control plane accepts edges with a client certificate only. Set "
    "SLUICE_EDGE_CERT_FILE and SLUICE_EDGE_CERT_KEY_FILE on the edge."
)
REMOVED = "This edge was removed from the control plane."
RENEWAL_NOT_DUE = "This token needs no renewal yet."


def removed(edge: str) -> str:
    return f"The edge {edge} was removed."


def other_certificate(name: str, expected: str) -> str:
    return f"The client certificate is of {name!r}; this edge's is of {expected!r}."


def other_key(edge: str) -> str:
    return (
        f"The edge {edge} announced another key before. If its folder was lost, join again: "
        f"manage.py edge join-token --name {edge}"
    )


def not_a_name(name: str) -> str:
    return f"{name!r} is not a name. Use lower-case letters, digits and dashes, at most 63."


def name_taken(name: str) -> str:
    return f"There is an edge {name} already."


def name_joining(name: str) -> str:
    return f"A join token for {name} is still valid. Revoke it first, or use it."


def no_join_token(name: str) -> str:
    return f"No join token for {name} is valid."


def no_edge(name: str) -> str:
    return f"There is no edge {name}."


def runs_elsewhere(worker: str, edge: str) -> str:
    return f"{edge} does not run {worker}: it is in another group."


def not_a_revision(since: str) -> str:
    return f"since={since!r}: expected a revision number."


def no_module(sha256: str) -> str:
    return f"No module has the hash {sha256}."


def no_asset(sha256: str) -> str:
    return f"No static asset has the hash {sha256}."


def not_loopback(proof_url: str) -> str:
    return f"proof_url={proof_url!r}: expected http://<loopback address>."


CHANGED = {
    "rename": "The edge is now {name}. Its agent uses the name from its next start.",
    "move": "{name} now runs the Workers of group {group}.",
    "drain": "{name} is draining: balancers get 503 from its /readyz, and it serves on.",
    "undrain": "{name} takes new requests again.",
    "renew": "{name} gets a new token with its next report.",
    "remove": "{name} was removed. Its agent stops serving when it next reaches Sluice.",
    "type_name": "Type {name} to remove it. Nothing changed.",
    "revoke": "The join token for {name} was revoked.",
    "revoked_before": "The join token for {name} was used or revoked before.",
}
"""What a form of the Edges pages has done."""
