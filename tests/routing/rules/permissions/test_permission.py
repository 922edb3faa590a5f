"""Permissions for overrides: what is refused, and what it is called."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from routing.rules.decide import Reason, Target, decide
from routing.rules.header.fields import OVERRIDES
from routing.rules.override import Outcome
from routing.rules.permissions.permission import (
    COOKIE,
    HOST_COOKIE,
    PERMISSION,
    Fault,
    Permission,
    Protection,
)
from routing.rules.permissions.presented import presented_in, take_cookie
from routing.rules.permissions.token import LONGEST, new_key, read_token, sign
from routing.rules.split import TOTAL, VersionWeight

NEW, OLD = "new-id", "old-id"
NOW = 1_700_000_000
PRIVATE, PUBLIC = new_key()
OTHER_PRIVATE, _ = new_key()
PERMISSION_OF_ANN = Permission("p1", "ann", "w", NEW, NOW + 60, "w.example")


def token(key=PRIVATE, key_id="k1", **changes):
    fields = {f: getattr(PERMISSION_OF_ANN, f) for f in Permission.__slots__}
    return sign(Permission(**fields | changes), key_id, key)


def target(protected=True, revoked=()):
    shares = (VersionWeight(NEW, 0), VersionWeight(OLD, TOTAL))
    protection = Protection(protected, {"k1": PUBLIC}, frozenset(revoked))
    return Target("w", "d", shares, frozenset({"gone"}), protection=protection)


def decided(headers, *, on=None, host="w.example:8787", now=NOW):
    on = on or target()
    presented = presented_in("w", headers, on.protection, host=host, now=now, read=read_token)
    return decide(on, headers, 0.5, presented)


def asked(*tokens, version=NEW):
    return [(OVERRIDES, f'w="{version}"'), *((PERMISSION, each) for each in tokens)]


FORGED = token()[:-4] + ("AAAA" if token()[-4:] != "AAAA" else "BBBB")
CLAIMS = {"jti": "p", "sub": "s", "aud": "w", "ver": NEW, "exp": NOW + 9}
UNSIGNED = jwt.encode(CLAIMS, None, "none", headers={"kid": "k1"})
WEAKER = jwt.encode(CLAIMS, PUBLIC, "HS256", headers={"kid": "k1"})  # "signed" with what is public
REFUSED = [
    ("", Fault.missing),
    ("nonsense", Fault.malformed),
    ("a.b.c", Fault.malformed),
    ("x" * LONGEST * 2, Fault.malformed),
    (FORGED, Fault.forged),
    (token(OTHER_PRIVATE), Fault.forged),
    (token(OTHER_PRIVATE, "k2"), Fault.unknown_key),
    (UNSIGNED, Fault.malformed),
    (UNSIGNED + "AAAA", Fault.forged),
    (WEAKER, Fault.forged),
    (token(expires_at=NOW), Fault.expired),
    (token(id="p9"), Fault.revoked),
    (token(worker="v"), Fault.other_worker),
    (token(OTHER_PRIVATE, "k9", worker="v"), Fault.other_worker),
    (token(version_id=OLD), Fault.other_version),
    (token(host="w.elsewhere"), Fault.other_host),
]


@pytest.mark.parametrize(("carried", "fault"), REFUSED)
def test_without_a_valid_permission_the_request_goes_as_if_without_the_override(carried, fault):
    found = decided(asked(*([carried] if carried else [])), on=target(revoked=["p9"]))
    assert (found.version_id, found.reason) == (OLD, Reason.percentage)
    assert (found.override.outcome, found.override.fault) == (Outcome.not_permitted, fault)
    assert (found.steps[5].name, found.steps[5].ok) == ("permit", False)
    assert found.override.problem.facts["fault"] == fault


@pytest.mark.parametrize("host", ["w.example", "W.EXAMPLE:80", "w.example."])
def test_a_permission_opens_its_version_until_it_expires(host):
    found = decided(asked(token()), host=host)
    assert (found.version_id, found.reason) == (NEW, Reason.override)
    assert ("permit", True) in [(step.name, step.ok) for step in found.steps]
    assert decided(asked(token()), now=NOW + 59).reason is Reason.override
    assert decided(asked(token()), now=NOW + 60).reason is Reason.percentage


def test_one_of_several_permissions_is_enough_and_else_the_fault_says_most():
    good, other, old = token(), token(worker="v"), token(expires_at=1)
    assert decided(asked(other, old, good)).reason is Reason.override
    assert decided(asked(f"{old}, {good}")).reason is Reason.override
    assert decided(asked(other, old, "junk")).override.fault is Fault.expired


def test_what_is_not_in_the_deployment_is_out_of_reach_with_a_permission_too():
    assert decided(asked(version="gone")).override.outcome is Outcome.not_in_deployment
    assert decided(asked(version="none")).override.outcome is Outcome.unknown_version


def test_without_protection_anyone_may_send_an_override():
    for tokens in ((), ("nonsense",), (token(expires_at=1),)):
        found = decided(asked(*tokens), on=target(protected=False))
        assert found.reason is Reason.override
        assert "permit" not in [step.name for step in found.steps]


@pytest.mark.parametrize("protected", [True, False])
def test_a_shared_link_reaches_its_version_without_a_header(protected):
    on = target(protected, revoked=["p9"])
    found = decided([("Cookie", f"a=1; {COOKIE}={token()}")], on=on)
    assert (found.version_id, found.reason) == (NEW, Reason.override)
    assert (found.override.outcome, found.override.shared) == (Outcome.applied, True)
    for carried, fault in ((FORGED, Fault.forged), (token(id="p9"), Fault.revoked)):
        refused = decided([("Cookie", f"{COOKIE}={carried}")], on=on)
        assert refused.reason is Reason.percentage
        assert (refused.override.outcome, refused.override.fault) == ("not_permitted", fault)
    replayed = decided([("Cookie", f"{COOKIE}={token()}")], on=on, host="w.elsewhere")
    assert replayed.override.fault is Fault.other_host


def test_the_header_counts_before_the_cookie():
    both = [*asked(version=OLD), ("cookie", f"{COOKIE}={token()}")]
    assert decided(both, on=target(protected=False)).version_id == OLD
    found = decided(both)  # the cookie's permission is for the other version
    assert found.override.fault is Fault.other_version
    assert decided([*asked(), both[1]]).version_id == NEW  # it is one for this version


@pytest.mark.parametrize(
    ("line", "value", "rest"),
    [
        ("", None, ""),
        ("a=1; b=2", None, "a=1; b=2"),
        (f"{COOKIE}=x", "x", ""),
        (f'a="1; {COOKIE}=x; b==2=', "x", 'a="1; b==2='),
        (f"{COOKIE}=x; {COOKIE}=y;a", "x", "a"),
        (f"not{COOKIE}=x", None, f"not{COOKIE}=x"),
        (f"{COOKIE}=planted; {HOST_COOKIE}=own; a=1", "own", "a=1"),
        (f" {COOKIE} = x ;b=\xe9", "x", "b=\xe9"),
    ],
)
def test_the_cookie_is_taken_out_and_the_others_stay_as_they_are(line, value, rest):
    assert take_cookie([line]) == (value, rest.encode("latin-1"))
    assert take_cookie(line.encode("latin-1").split(b"; ")) == (value, rest.encode("latin-1"))


def test_the_same_permission_is_the_same_text_and_says_what_it_is():
    assert token() == token()
    assert read_token(token(), "w", {"k1": PUBLIC}) == PERMISSION_OF_ANN


@pytest.mark.parametrize("changes", [{"exp": "soon"}, {"jti": ""}, {"ver": ""}])
def test_a_signed_token_without_all_claims_is_malformed(changes):
    key = Ed25519PrivateKey.from_private_bytes(PRIVATE)
    signed = jwt.encode(CLAIMS | changes, key, "EdDSA", headers={"kid": "k1"})
    assert read_token(signed, "w", {"k1": PUBLIC}) is Fault.malformed


def test_a_permission_for_any_host_names_none():
    claims = jwt.decode(token(host=""), options={"verify_signature": False})
    assert "host" not in claims and claims["aud"] == "w"
