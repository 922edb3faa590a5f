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
from routing import reseal
from routing.models import AuditEntry, OverrideKey, Version
from routing.secret_encryption import SealBroken, is_current, seal, unseal
from routing.snapshot import Binding, Secret
from tests.factories import make_draft, make_user, make_version

OLD, NEW = "the key of yesterday, long enough", "the key of today, which is as long"
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def old(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    return settings


def sealed_by_fernet(text: str, key: str) -> str:
    """As earlier releases did."""
    raw = hashlib.blake2s(key.encode(), person=b"secrets").digest()
    return Fernet(base64.urlsafe_b64encode(raw)).encrypt(text.encode()).decode()


def rotate(settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]


def test_the_key_before_still_opens(old):
    boxes = [seal(Secret("hush")), sealed_by_fernet("hush", OLD)]
    rotate(old)
    assert [unseal(box).reveal() for box in boxes] == ["hush", "hush"]
    assert not any(is_current(box) for box in boxes) and is_current(seal(Secret("hush")))
    old.SECRET_KEY_FALLBACKS = []
    for box in boxes:
        with pytest.raises(SealBroken):
            unseal(box)


def test_a_box_that_was_changed_does_not_open(old):
    box = seal(Secret("hush"))
    assert box.startswith("v2.") and seal(Secret("hush")) != box, "a nonce of its own"
    for at in range(3, len(box) - 2):
        changed = box[:at] + ("A" if box[at] != "A" else "B") + box[at + 1 :]
        with pytest.raises(SealBroken):
            unseal(changed)
    for text in ("", "v2.", "v2.AAAA", "gAAAAA", "\u00e9"):
        with pytest.raises(SealBroken):
            unseal(text)


@pytest.mark.django_db(transaction=True)
def test_everything_is_sealed_again_and_versions_stay_written_once(old):
    bound = Binding(name="KEY", type="secret_text", options={}, secret=Secret("hush"))
    version = make_version("shop", make_draft(bindings=[bound]))
    noor = make_user("noor")
    Authenticator.objects.create(
        user=noor, type="totp", data={"secret": sealed_by_fernet("TOTP", OLD)}
    )
    Authenticator.objects.create(
        user=noor, type="recovery_codes", data={"seed": seal(Secret("seed")), "used_mask": 1}
    )
    OverrideKey.objects.create(
        worker=version.worker,
        key_id="k",
        public="p",
        encrypted_private=seal(Secret("ed25519")),
        created_at=timezone.now(),
    )
    rotate(old)
    with pytest.raises(CommandError, match="4 secrets"):
        call_command("secret_key", "status")
    call_command("secret_key", "reseal")
    call_command("secret_key", "status")
    old.SECRET_KEY_FALLBACKS = []
    (row,) = Version.objects.get().bindings
    assert unseal(row["sealed"]).reveal() == "hush"
    data = Authenticator.objects.get(type="recovery_codes").data
    assert (unseal(data["seed"]).reveal(), data["used_mask"]) == ("seed", 1)
    assert unseal(OverrideKey.objects.get().encrypted_private).reveal() == "ed25519"
    entry = AuditEntry.objects.get(action="secret_key.reseal")
    assert sum(entry.after.values()) == 4 and "hush" not in str(entry.after)
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        Version.objects.update(message="changed")
    assert sum(reseal.reseal().values()) == 0


@pytest.mark.django_db(transaction=True)
def test_one_that_neither_key_opens_leaves_everything_as_it_was(old):
    bound = Binding(name="KEY", type="secret_text", options={}, secret=Secret("hush"))
    make_version("shop", make_draft(bindings=[bound]))
    before = Version.objects.get().bindings
    rotate(old)
    Variable.objects.create(worker=Version.objects.get().worker, name="A", sealed="v2.AAAA")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("secret_key", "reseal")
    assert Version.objects.get().bindings == before
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        Version.objects.update(message="changed")


def test_whatever_seals_is_known_here():
    """A new module that seals has to be in `reseal`, or to store nothing for long."""
    brief = {
        "dashboard.workers.editor.form_fields",
        "dashboard.playground.request.drafts",
    }  # forms, sessions
    others = {
        "routing.secret_encryption",
        "routing.reseal",
        "routing.trail.seal",
    }  # entries
    files = [*(PROJECT / "dashboard").rglob("*.py"), *(PROJECT / "routing").rglob("*.py")]
    seals = {
        ".".join(f.relative_to(PROJECT).with_suffix("").parts)
        for f in files
        if "migrations" not in f.parts and re.search(r"(?<![.\w])seal\(", f.read_text())
    }
    assert seals - brief - others == {
        "dashboard.overrides.keys",
        "dashboard.exports.jobs.changes",
        "dashboard.exports.formats.traces",
        "dashboard.notifications.settings.webhooks",
        "dashboard.variables.store",
        "dashboard.rollouts.hooks.address",
        "dashboard.rollouts.hooks.edit",
        "dashboard.accounts.sign_in.adapters",
    }
