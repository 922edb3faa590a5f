"""Sharing a version, revoking it, and what the edges get to know of it."""

import json
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.accounts.people import changes
from dashboard.overrides import links, protection
from dashboard.overrides.carry import Carrier
from dashboard.overrides.protection import OverrideRefused
from dashboard.sending.wire_request import WireRequest
from routing.control import override_policies, revision
from routing.control.publish import publish
from routing.models import AuditEntry, OverrideKey, OverrideLink
from routing.rules.header.fields import OVERRIDES
from routing.rules.permissions.permission import PERMISSION, Fault, Presented, fault_of
from routing.rules.permissions.token import read_token
from routing.snapshot import to_json
from tests.factories import make_deployment, make_user, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 0), (old, 100))
    return worker


@pytest.fixture
def new(worker):
    return worker.versions.newest_first()[0]


def by(user=None, at=None):
    return Actor(user, "dashboard", at or timezone.now())


def fault(token, version, at=None, host="shop.localhost"):
    """What the rules say to a token, by what the database says now."""
    found = override_policies.protection(version.worker)
    presented = Presented(host=host, now=(at or timezone.now()).timestamp())
    return fault_of(read_token(token, "shop", found.keys), str(version.pk), found, presented)


def published():
    return publish().workers[0].overrides


def test_nothing_is_published_until_something_is_shared_or_protected(worker, new):
    assert published() is None
    shared = links.share(new, by())
    assert published().protected is False and len(published().keys) == 1
    assert b"PRIVATE" not in to_json(publish()) and len(to_json(publish())) > 100
    key = OverrideKey.objects.get()
    assert key.encrypted_private.encode() not in to_json(publish())
    assert shared.token.encode() not in to_json(publish())


def test_a_link_is_a_permission_for_its_version_and_host_until_it_expires(new):
    user = make_user()
    shared = links.share(new, by(user), lasts=timedelta(hours=1), note=" For Bob ", path="/a?b=1")
    assert fault(shared.token, new) is None
    assert fault(shared.token, new, host="till.localhost") is Fault.other_host
    assert fault(shared.token, new, timezone.now() + timedelta(hours=1)) is Fault.expired
    found = urlsplit(shared.url)
    assert (found.hostname, found.path) == ("shop.localhost", "/__sluice/override")
    assert parse_qs(found.query) == {"permission": [shared.token], "path": ["/a?b=1"]}
    assert shared.leave_url.endswith("/__sluice/override/leave")
    assert (shared.link.note, shared.link.created_by) == ("For Bob", user)
    entry = AuditEntry.objects.get(action="override.link")
    assert (entry.subject, entry.actor) == ("shop", "alice")
    assert shared.token not in json.dumps(entry.after)


def test_a_revoked_link_is_in_the_next_revision_and_nowhere_once_it_expired(worker, new):
    shared = links.share(new, by())
    before = revision.current()
    assert links.revoke(shared.link, by()) and not links.revoke(shared.link, by())
    assert revision.current() == before + 1
    assert published().revoked == (str(shared.link.pk),)
    assert fault(shared.token, new) is Fault.revoked
    OverrideLink.objects.update(expires_at=timezone.now())
    assert published() is None
    assert AuditEntry.objects.filter(action="override.revoke").count() == 1


def test_a_person_who_is_switched_off_leaves_no_open_link(worker, new):
    user, admin = make_user(), make_user("root", Role.ADMIN)
    mine, theirs = links.share(new, by(user)), links.share(new, by(admin))
    changes.switch(user, on=False, by=by(admin))
    assert fault(mine.token, new) is Fault.revoked
    assert fault(theirs.token, new) is None
    with pytest.raises(OverrideRefused):
        links.share(new, by(User.objects.get(pk=user.pk)))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"lasts": timedelta(minutes=1)}, "lasts"),
        ({"lasts": timedelta(days=31)}, "lasts"),
        ({"note": "x" * 201}, "note"),
        ({"path": "//evil.example"}, "path"),
        ({"path": "cart"}, "path"),
        ({"path": "/a b"}, "path"),
    ],
)
def test_what_is_wrong_is_named(new, given, field):
    with pytest.raises(OverrideRefused) as refused:
        links.share(new, by(), **given)
    assert refused.value.field == field and not OverrideLink.objects.exists()


def test_only_what_is_live_and_reached_can_be_shared(worker, new):
    make_deployment(worker, (worker.versions.get(number=1), 100))
    with pytest.raises(OverrideRefused, match="Stage it at 0% first"):
        links.share(new, by())
    worker.subdomain_enabled = False
    worker.save()
    with pytest.raises(OverrideRefused, match="no production address"):
        links.share(worker.versions.get(number=1), by())


def test_there_is_an_end_to_links(new, monkeypatch):
    monkeypatch.setattr(links, "MOST", 1)
    links.share(new, by())
    with pytest.raises(OverrideRefused, match="1 active link"):
        links.share(new, by())


# --- the switch and the keys ----------------------------------------------------------------------


def test_the_switch_is_audited_and_told_to_the_edges_once(worker):
    before = revision.current()
    assert protection.protect(worker, on=True, by=by())
    assert not protection.protect(worker, on=True, by=by())
    assert revision.current() == before + 1
    assert published().protected and len(published().keys) == 1
    assert protection.protect(worker, on=False, by=by()) and published() is None
    assert AuditEntry.objects.filter(action="override.protect").count() == 2


def test_a_new_key_signs_and_the_old_one_is_checked_until_it_is_dropped(worker, new):
    old = links.share(new, by())
    protection.rotate_key(worker, drop=False, by=by())
    fresh = links.share(new, by())
    assert len(published().keys) == 2
    assert fault(old.token, new) is None and fault(fresh.token, new) is None
    assert protection.rotate_key(worker, drop=True, by=by()) == 2
    assert fault(old.token, new) is Fault.unknown_key
    assert OverrideLink.objects.live(timezone.now()).count() == 0


def test_a_retired_key_is_forgotten_when_no_link_of_it_can_live(worker, new):
    protection.protect(worker, on=True, by=by())
    protection.rotate_key(worker, drop=False, by=by())
    past = timezone.now() - override_policies.LONGEST
    OverrideKey.objects.exclude(retired_at=None).update(retired_at=past)
    assert len(published().keys) == 1


def test_publishing_takes_the_same_queries_for_1_and_12_protected(django_assert_num_queries):
    def build(names):
        for name in names:
            worker = make_worker(name)
            make_deployment(worker)
            protection.protect(worker, on=True, by=by())
            links.revoke(links.share(worker.versions.get(), by()).link, by())

    build(["a"])
    with django_assert_num_queries(13):
        publish()
    build(f"b{i}" for i in range(11))
    with django_assert_num_queries(13):
        assert len(publish().workers) == 12


# --- what the dashboard sends ---------------------------------------------------------------------


def wire(*lines):
    return WireRequest("shop", "GET", b"/", lines, b"", "local-1", ("127.0.0.1", 1))


def carried(request):
    return [value for name, value in request.headers if name.decode().lower() == PERMISSION]


def test_what_the_dashboard_sends_carries_a_permission_wherever_it_is_pinned(worker, new):
    protection.protect(worker, on=True, by=by())
    request = Carrier.of("alice", timezone.now()).carried(wire())
    assert carried(request) == []
    (token,) = carried(request.pinned_to(str(new.pk)))
    assert fault(token.decode(), new) is None
    assert (
        read_token(token.decode(), "shop", override_policies.protection(worker).keys).person
        == "alice"
    )
    old = worker.versions.get(number=1)
    assert fault(token.decode(), old) is Fault.other_version
    (other,) = carried(request.pinned_to(str(old.pk)))
    assert fault(other.decode(), old) is None


def test_a_typed_permission_stays_and_an_open_worker_needs_none(worker, new):
    pinned = (OVERRIDES, f'shop="{new.pk}"')
    assert carried(Carrier.of("a", timezone.now()).carried(wire(pinned))) == []
    protection.protect(worker, on=True, by=by())
    carrier = Carrier.of("a", timezone.now())
    assert carried(carrier.carried(wire(pinned, (PERMISSION, "mine")))) == [b"mine"]
    assert carried(carrier.carried(wire((OVERRIDES, "shop=1")))) == []


# --- the command ----------------------------------------------------------------------------------


def run(*arguments):
    out = StringIO()
    call_command("override", *arguments, "--worker", "shop", stdout=out)
    return out.getvalue().strip()


def test_the_command_shares_lists_revokes_and_protects(worker, new):
    made = json.loads(run("link", "--for", "8h", "--note", "Bob", "--json"))
    assert (made["version_id"], made["state"], made["created_by"]) == (
        str(new.pk),
        "live",
        "system",
    )
    assert fault(made["permission"], new) is None and made["permission"] in made["url"]
    shown = run("list")
    assert "open to anyone" in shown and "Bob" in shown and made["permission"] not in shown
    assert run("revoke", "--id", made["id"]) == f"Revoked {made['id']}."
    listed = json.loads(run("list", "--all", "--json"))
    assert [link["state"] for link in listed["links"]] == ["revoked"] and listed["live_links"] == 0
    assert run("protect") == "Overrides of shop are protected."
    assert json.loads(run("list", "--json"))["protected"]
    assert "Link    http://shop.localhost" in run("link")
    assert run("rotate-key", "--now").endswith("Links that ended: 1.")
    assert run("unprotect") == "Overrides of shop are open to anyone."


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("link", "--for", "soon"), 2),
        (("link", "--for", "1m"), 1),
        (("link", "--version", "nonsense"), 1),
        (("revoke", "--id", "nonsense"), 1),
        (("link", "--user", "nobody"), 2),
    ],
)
def test_a_refused_command_says_why(worker, arguments, code):
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert refused.value.returncode == code and str(refused.value)


def explained(*lines):
    out = StringIO()
    headers = [word for line in lines for word in ("--header", line)]
    call_command("explain", "--worker", "shop", "--json", *headers, stdout=out)
    return json.loads(out.getvalue())


def test_explain_says_what_is_missing_and_that_a_link_is_enough(worker, new):
    override = f'{OVERRIDES}: shop="{new.pk}"'
    assert explained(override)["reason"] == "override"
    protection.protect(worker, on=True, by=by())
    found = explained(override)
    assert (found["reason"], found["override"]["outcome"]) == ("percentage", "not_permitted")
    assert "manage.py override link --worker shop" in found["override"]["advice"]
    assert "The request carries none." in found["override"]["advice"]
    shared = links.share(new, by())
    assert explained(override, shared.header)["reason"] == "override"
    by_cookie = explained(f"Cookie: __sluice_override={shared.token}")
    assert (by_cookie["version_id"], by_cookie["reason"]) == (str(new.pk), "override")
    forged = explained(override, shared.header[:-8] + "AAAAAAAA")
    assert "changed after it was signed" in forged["override"]["advice"]
