from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from routing.agent.inspection.inspection import Refused
from routing.control.revision import current
from routing.control.upload import draft_of, upload_version
from routing.models import AuditEntry, Deployment, Module, Version, Worker
from routing.snapshot import BindingSpec, Secret
from routing.upload_draft import UploadRefused
from tests.factories import CODE, make_deployment, make_draft, make_version, says_fine

pytestmark = pytest.mark.django_db

SECRET = BindingSpec(name="API_KEY", type="secret_text", secret=Secret("s3cret"))
PLAIN = BindingSpec(name="COLOUR", type="plain_text", options={"text": "red"})


def upload(draft, **given):
    settings = {"create": True, "inspect": says_fine} | given
    return upload_version(
        worker_name=settings.pop("name", "shop"),
        draft=draft,
        author=None,
        source="wrangler",
        triggered_by="upload",
        now=settings.pop("now", None) or timezone.now(),
        **settings,
    )


def test_numbers_count_from_one_for_each_worker():
    assert [make_version("a").number, make_version("a").number, make_version("b").number] == [
        1,
        2,
        1,
    ]


def test_content_is_stored_once_for_all_versions_that_share_it():
    make_version("a")
    make_version("b")
    assert Module.objects.get().size == len(CODE)


def test_what_cannot_start_is_refused_and_nothing_is_saved():
    def refuses(*_, **__):
        raise Refused("startup", "Uncaught SyntaxError: Unexpected token '}'")

    with pytest.raises(UploadRefused, match="SyntaxError") as refused:
        upload(make_draft(), inspect=refuses)
    assert refused.value.kind == "startup"
    assert not Worker.objects.exists() and not Module.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_first_version_needs_a_deploy():
    with pytest.raises(UploadRefused, match="does not exist") as refused:
        upload(make_draft(), create=False)
    assert refused.value.kind == "no_worker"


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "ä", "a" * 64, "a.b", "a b"])
def test_a_worker_name_that_breaks_the_rules_is_refused(name):
    with pytest.raises(UploadRefused, match="is not a Worker name"):
        upload(make_draft(), name=name)
    assert not Worker.objects.exists()


def test_live_uploads_and_deploys_in_one_act():
    version, deployment = upload(make_draft(), live=True)
    assert isinstance(deployment, Deployment)
    assert [(s.version, s.weight) for s in deployment.shares.all()] == [(version, 100_000)]


def test_a_secret_is_sealed_at_rest_and_kept_by_the_next_upload():
    upload(make_draft(bindings=[SECRET, PLAIN]))
    assert "s3cret" not in str(Version.objects.values_list("bindings"))
    second, _ = upload(make_draft())
    assert draft_of(second).bindings == (SECRET,)


def test_keep_names_the_kinds_that_survive():
    upload(make_draft(bindings=[SECRET, PLAIN]))
    kept, _ = upload(make_draft(), keep=frozenset({"plain_text"}))
    assert draft_of(kept).bindings == (PLAIN,)


def test_a_redefined_binding_replaces_the_kept_one():
    upload(make_draft(bindings=[SECRET]))
    other = BindingSpec(name="API_KEY", type="secret_text", secret=Secret("other"))
    second, _ = upload(make_draft(bindings=[other]))
    assert draft_of(second).bindings == (other,)


def test_inherit_copies_the_latest_versions_binding():
    upload(make_draft(bindings=[PLAIN]))
    second, _ = upload(make_draft(bindings=[BindingSpec(name="COLOUR", type="inherit")]))
    assert draft_of(second).bindings == (PLAIN,)


def test_inheriting_nothing_is_refused_by_name_or_dropped_when_not_strict():
    missing = BindingSpec(name="GHOST", type="inherit")
    with pytest.raises(UploadRefused, match="'GHOST'") as refused:
        upload(make_draft(bindings=[missing]))
    assert refused.value.names == ("GHOST",)
    version, _ = upload(make_draft(bindings=[missing]), strict=False)
    assert version.bindings == []


def test_bindings_that_change_during_a_slow_upload_are_a_conflict():
    upload(make_draft(bindings=[PLAIN]))
    changed = BindingSpec(name="COLOUR", type="plain_text", options={"text": "blue"})

    def slow(*_, **__):
        upload(make_draft(bindings=[changed]))
        return says_fine()

    with pytest.raises(UploadRefused) as refused:
        upload(make_draft(bindings=[BindingSpec(name="COLOUR", type="inherit")]), inspect=slow)
    assert refused.value.kind == "concurrent"
    assert Version.objects.count() == 2


def test_an_upload_beside_a_deployment_tells_the_edges_the_new_id():
    version = make_version("shop")
    make_deployment(version.worker)
    before = current()
    make_version("shop")
    assert current() == before + 1


def test_a_compatibility_date_counts_once_it_has_begun_anywhere():
    """wrangler writes the date of the machine it runs on, 14 hours ahead of UTC at most."""
    now = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
    dated = lambda date: replace(make_draft(), compatibility_date=date)  # noqa: E731
    upload(dated("2026-11-29"), now=now)
    with pytest.raises(UploadRefused, match="2026-11-30 is in the future") as refused:
        upload(dated("2026-11-30"), now=now)
    assert refused.value.kind == "compatibility"
    upload(dated("2026-11-30"), now=now + timedelta(hours=1))
