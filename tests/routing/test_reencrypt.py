"""Changing SLUICE_SECRET_KEY: nothing is lost, and afterwards nothing needs the old one."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from dashboard.variables.models import Variable
from routing.control.publish import publish
from routing.models import AuditEntry, OverrideKey, StateBinding, Version
from routing.reencrypt import reencrypt_all
from routing.secret_encryption import DecryptionFailed, decrypt, encrypt, uses_current_key
from routing.snapshot import BindingSpec, Secret
from routing.state_access import state_key
from tests.factories import make_deployment, make_draft, make_user, make_version

OLD, NEW = "the key of yesterday, long enough", "the key of today, which is as long"
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def old(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    return settings


def encrypted_by_fernet(text: str, key: str) -> str:
    """As earlier releases did."""
    raw = hashlib.blake2s(key.encode(), person=b"secrets").digest()
    return Fernet(base64.urlsafe_b64encode(raw)).encrypt(text.encode()).decode()


def rotate(settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]


def test_the_previous_key_still_decrypts(old):
    boxes = [encrypt(Secret("hush")), encrypted_by_fernet("hush", OLD)]
    rotate(old)
    assert [decrypt(box).reveal() for box in boxes] == ["hush", "hush"]
    assert not any(uses_current_key(box) for box in boxes) and uses_current_key(
        encrypt(Secret("hush"))
    )
    old.SECRET_KEY_FALLBACKS = []
    for box in boxes:
        with pytest.raises(DecryptionFailed):
            decrypt(box)


def test_a_changed_ciphertext_is_refused(old):
    box = encrypt(Secret("hush"))
    assert box.startswith("v2.") and encrypt(Secret("hush")) != box, "a nonce of its own"
    for at in range(3, len(box) - 2):
        changed = box[:at] + ("A" if box[at] != "A" else "B") + box[at + 1 :]
        with pytest.raises(DecryptionFailed):
            decrypt(changed)
    for text in ("", "v2.", "v2.AAAA", "gAAAAA", "\u00e9"):
        with pytest.raises(DecryptionFailed):
            decrypt(text)


@pytest.mark.django_db(transaction=True)
def test_reencrypts_every_secret_and_versions_stay_written_once(old):
    bound = BindingSpec(name="KEY", type="secret_text", options={}, secret=Secret("hush"))
    version = make_version("shop", make_draft(bindings=[bound]))
    noor = make_user("noor")
    Authenticator.objects.create(
        user=noor, type="totp", data={"secret": encrypted_by_fernet("TOTP", OLD)}
    )
    Authenticator.objects.create(
        user=noor, type="recovery_codes", data={"seed": encrypt(Secret("seed")), "used_mask": 1}
    )
    OverrideKey.objects.create(
        worker=version.worker,
        key_id="k",
        public="p",
        encrypted_private=encrypt(Secret("ed25519")),
        created_at=timezone.now(),
    )
    rotate(old)
    with pytest.raises(CommandError, match="4 secrets"):
        call_command("secret_key", "status")
    call_command("secret_key", "reseal")
    call_command("secret_key", "status")
    old.SECRET_KEY_FALLBACKS = []
    (row,) = Version.objects.get().bindings
    assert decrypt(row["sealed"]).reveal() == "hush"
    data = Authenticator.objects.get(type="recovery_codes").data
    assert (decrypt(data["seed"]).reveal(), data["used_mask"]) == ("seed", 1)
    assert decrypt(OverrideKey.objects.get().encrypted_private).reveal() == "ed25519"
    entry = AuditEntry.objects.get(action="secret_key.reseal")
    assert sum(entry.after.values()) == 4 and "hush" not in str(entry.after)
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        Version.objects.update(message="changed")
    assert sum(reencrypt_all().values()) == 0


@pytest.mark.django_db(transaction=True)
def test_one_that_neither_key_opens_leaves_everything_as_it_was(old):
    bound = BindingSpec(name="KEY", type="secret_text", options={}, secret=Secret("hush"))
    make_version("shop", make_draft(bindings=[bound]))
    before = Version.objects.get().bindings
    rotate(old)
    Variable.objects.create(worker=Version.objects.get().worker, name="A", sealed="v2.AAAA")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("secret_key", "reseal")
    assert Version.objects.get().bindings == before
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        Version.objects.update(message="changed")


def test_every_encrypted_column_is_listed():
    """A new module that encrypts is listed in `reencrypt.COLUMNS`, or stores nothing for long."""
    brief = {
        "dashboard.workers.editor.form_fields",
        "dashboard.playground.request.drafts",
        "dashboard.sending.relay.rows",
        "dashboard.events.start",
    }  # forms, sessions, requests and events under way
    others = {
        "routing.secret_encryption",
        "routing.reencrypt",
    }
    files = [*(PROJECT / "dashboard").rglob("*.py"), *(PROJECT / "routing").rglob("*.py")]
    encrypting = {
        ".".join(f.relative_to(PROJECT).with_suffix("").parts)
        for f in files
        if "migrations" not in f.parts and re.search(r"(?<![.\w])encrypt\(", f.read_text())
    }
    assert encrypting - brief - others == {
        "dashboard.overrides.keys",
        "dashboard.exports.jobs.changes",
        "dashboard.exports.formats.traces",
        "dashboard.notifications.settings.webhooks",
        "dashboard.variables.store",
        "dashboard.rollouts.hooks.url_encryption",
        "dashboard.rollouts.hooks.changes",
        "dashboard.accounts.sign_in.adapters",
        "dashboard.cloud.accounts.connect",
        "dashboard.cloud.egress.access_token",
        "dashboard.storage.secret_stores.stored_secrets",
    }


@pytest.mark.django_db(transaction=True)
def test_edges_get_the_capabilities_of_the_current_key(old):
    worker = make_version("shop").worker
    make_deployment(worker)
    bound = worker.versions.get()
    StateBinding.objects.create(version=bound, name="DATA", kind="kv", reference="0123")
    before = publish().revision
    rotate(old)
    old.STATE_KEYS = [state_key(NEW)]
    reencrypt_all()
    assert publish().revision == before
    old.STATE_KEYS = [state_key(NEW), state_key(OLD)]
    reencrypt_all()
    assert [w.name for w in publish(since=before).workers] == ["shop"]
