"""Which version an address of its own leads to."""

import pytest

from routing.control.previews import (
    PreviewUnknown,
    address_taken,
    find_preview,
    preview_url,
    shadowed_alias,
)
from routing.snapshot import SnapshotInvalid, from_json, preview_from_json, preview_to_json
from routing.upload_draft import UploadRefused
from tests.factories import make_deployment, make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db


def with_alias(alias):
    return make_draft(annotations={"workers/alias": alias})


def short(version):
    return str(version.id)[:8]


def test_a_version_is_found_by_the_first_digits_of_its_id_deployed_or_not():
    worker = make_worker("shop", versions=2)
    for version in worker.versions.all():
        found = find_preview(f"{short(version)}-shop")
        assert (found.worker, found.version.id) == ("shop", str(version.id))
        assert [m.name for m in found.version.modules] == ["index.js"]
        assert preview_from_json(preview_to_json(found)) == found


def test_the_newest_version_with_an_alias_has_it():
    worker = make_worker("shop")
    older = make_version(worker, with_alias("pr-1"))
    assert find_preview("pr-1-shop").version.id == str(older.id)
    newer = make_version(worker, with_alias("pr-1"))
    assert find_preview("pr-1-shop").version.id == str(newer.id)
    assert find_preview(f"{short(older)}-shop").version.id == str(older.id)


def test_an_alias_of_eight_hexadecimal_letters_is_an_alias_unless_an_id_begins_so():
    worker = make_worker("shop")
    version = make_version(worker, with_alias("deadbeef"))
    assert find_preview("deadbeef-shop").version.id == str(version.id)


def test_a_dash_may_belong_to_the_worker_or_to_the_alias():
    long, short_name = make_worker("b-c"), make_worker("c")
    first, second = make_version(long, with_alias("a")), make_version(short_name, with_alias("a-b"))
    assert find_preview("a-b-c").version.id == str(first.id)
    only = make_version(short_name, with_alias("x-b"))
    assert find_preview("x-b-c").version.id == str(only.id)
    assert second.alias == "a-b"


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("00000000-shop", "No version of shop has an id that begins with 00000000"),
        ("pr-9-shop", "or the alias pr-9."),
        ("pr-9-nobody", "^$"),
        ("-shop", "^$"),
        ("nobody", "^$"),
        ("shop", "The Worker shop has no deployment yet"),
        ("é-shop", "or the alias é."),
    ],
)
def test_what_is_not_there_is_said(label, words):
    make_worker("shop")
    with pytest.raises(PreviewUnknown, match=words):
        find_preview(label)


def test_switched_off_none_is_found_and_none_has_an_address():
    worker = make_worker("shop")
    version = worker.versions.get()
    assert preview_url(worker, version) == f"http://{short(version)}-shop.localhost:8787"
    worker.previews_enabled = False
    worker.save()
    assert preview_url(worker, version) == ""
    with pytest.raises(PreviewUnknown, match="preview URLs are off"):
        find_preview(f"{short(version)}-shop")


def test_a_workers_own_name_says_why_it_is_silent():
    make_version("shop", with_alias("my"))
    worker = make_worker("my-shop")
    with pytest.raises(PreviewUnknown, match="no deployment yet"):
        find_preview("my-shop")
    make_deployment(worker)
    with pytest.raises(PreviewUnknown, match="not on this edge yet"):
        find_preview("my-shop")
    worker.subdomain_enabled = False
    worker.save()
    with pytest.raises(PreviewUnknown, match=r"switched off.*Its page .* switches it on"):
        find_preview("my-shop")


def test_an_alias_cannot_take_a_workers_address():
    make_worker("staging-api")
    make_worker("api")
    with pytest.raises(UploadRefused, match="the Worker staging-api has that address") as refused:
        make_version("api", with_alias("staging"))
    assert refused.value.kind == "alias"
    assert make_version("api", with_alias("other")).alias == "other"


def test_a_worker_that_comes_second_has_the_address_and_both_sides_know():
    version = make_version("api", with_alias("staging"))
    assert address_taken("staging-api", "api") == ""
    worker = make_worker("staging-api")
    assert address_taken("staging-api", "api") == "the Worker staging-api"
    assert shadowed_alias(worker) == version
    assert shadowed_alias(version.worker) is None


def test_an_address_that_a_longer_name_answers_is_taken():
    make_worker("c")
    make_version("b-c", with_alias("a"))
    assert address_taken("a-b-c", "c") == "a version of the Worker b-c"
    assert address_taken("a-b-c", "b-c") == ""


def test_a_name_that_dns_could_not_carry_is_no_address():
    worker = make_worker("w" * 55)
    version = worker.versions.get()
    assert preview_url(worker, version) == ""
    assert preview_url(worker, version, "pr").startswith("http://pr-www")


def test_finding_takes_the_same_queries_for_3_and_60_versions(django_assert_num_queries):
    make_worker("few", versions=3)
    many = make_worker("many", versions=60)
    for label in ("pr-1-few", f"{short(many.versions.first())}-many"):
        with django_assert_num_queries(2 if "few" in label else 4):
            try:
                find_preview(label)
            except PreviewUnknown:
                pass


@pytest.mark.parametrize("read", [from_json, preview_from_json])
def test_a_file_that_is_no_text_is_refused_like_any_damaged_one(read):
    with pytest.raises(SnapshotInvalid):
        read(b'{"format": "\xff"}')
