import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routing import sealing
from routing.snapshot import (
    BindingSpec,
    DeploymentSpec,
    Preview,
    Secret,
    Snapshot,
    SnapshotInvalid,
    VersionSpec,
    WorkerSpec,
    from_json,
    preview_from_json,
    preview_to_json,
    to_json,
)

MINE, OTHER = X25519PrivateKey.generate(), X25519PrivateKey.generate()
KEY = sealing.public_key_text(MINE)
BINDINGS = (
    BindingSpec(name="PLAIN", type="plain_text", options={"text": "seen"}),
    BindingSpec(name="EMPTY", type="secret_text", secret=Secret("")),
    BindingSpec(name="PASSWORD", type="secret_text", secret=Secret("hunter2 é")),
    BindingSpec(name="TOKEN", type="secret_text", secret=Secret("hunter2 é")),
)
VERSION = VersionSpec(
    id="v1", number=1, created_on="2026-11-01", compatibility_date="2026-11-01", bindings=BINDINGS
)
SNAPSHOT = Snapshot(
    revision=3,
    workers=(
        WorkerSpec(
            name="shop",
            hostnames=(),
            deployment=DeploymentSpec(id="d", shares=()),
            versions=(VERSION,),
        ),
    ),
)
PREVIEW = Preview(worker="shop", version=VERSION)


def sealed_snapshot(public=KEY):
    data_key = sealing.new_data_key()
    return sealing.envelope(to_json(sealing.seal_snapshot(SNAPSHOT, data_key)), data_key, public)


def sealed_preview():
    data_key = sealing.new_data_key()
    document = preview_to_json(sealing.seal_preview(PREVIEW, data_key))
    return sealing.envelope(document, data_key, KEY)


def test_the_edges_key_opens_what_was_sealed_to_it():
    assert sealing.open_snapshot(sealed_snapshot(), MINE) == SNAPSHOT
    assert sealing.open_preview(sealed_preview(), MINE) == PREVIEW


def test_a_sealed_document_has_no_secret_and_equal_secrets_differ():
    raw = sealed_snapshot()
    assert b"hunter2" not in raw and b"seen" in raw
    (worker,) = json.loads(raw)["document"]["workers"]
    _, empty, first, second = (b["secret"] for b in worker["versions"][0]["bindings"])
    assert len({empty, first, second}) == 3


def test_no_other_key_opens_it():
    with pytest.raises(SnapshotInvalid, match="another key"):
        sealing.open_snapshot(sealed_snapshot(), OTHER)


def test_a_secret_cannot_be_moved_to_another_binding():
    document = json.loads(sealed_snapshot())
    bindings = document["document"]["workers"][0]["versions"][0]["bindings"]
    bindings[2]["secret"], bindings[3]["secret"] = bindings[3]["secret"], bindings[2]["secret"]
    with pytest.raises(SnapshotInvalid):
        sealing.open_snapshot(json.dumps(document).encode(), MINE)


def test_a_plaintext_document_is_read_too():
    assert sealing.open_snapshot(to_json(SNAPSHOT), MINE) == SNAPSHOT
    assert sealing.open_preview(preview_to_json(PREVIEW), MINE) == PREVIEW


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"sealed_key":"?","document":{}}', b'{"sealed_key":"AAAA"}']
)
def test_a_broken_document_is_invalid(raw):
    with pytest.raises(SnapshotInvalid):
        sealing.open_snapshot(raw, MINE)


@pytest.mark.parametrize("read", [from_json, preview_from_json])
def test_an_agent_of_an_earlier_release_refuses_a_sealed_document(read):
    for raw in (sealed_snapshot(), sealed_preview()):
        with pytest.raises(SnapshotInvalid):
            read(raw)


def test_a_sealed_token_opens_with_the_edges_key_only():
    sealed = sealing.seal_token("sle_next", KEY)
    assert sealing.open_token(sealed, MINE).reveal() == "sle_next"
    with pytest.raises(ValueError):
        sealing.open_token(sealed, OTHER)


@pytest.mark.parametrize("text", ["", "é", "AAAA", "?" * 44])
def test_a_bad_public_key_is_named(text):
    with pytest.raises(sealing.KeyInvalid):
        sealing.read_public_key(text)
