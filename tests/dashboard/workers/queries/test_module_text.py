"""The code of a version: whole, escaped, with line links; secrets stay sealed."""

import pytest
from django.test.utils import CaptureQueriesContext

from routing.snapshot import BindingSpec, Secret
from routing.upload_draft import Draft, Part
from tests.factories import make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db

JS = "application/javascript+module"


def make_many(*parts, **given):
    """A version of those (name, content type, bytes)."""
    draft = Draft(
        main_module=parts[0][0],
        compatibility_date="2026-08-01",
        parts=tuple(Part(*part) for part in parts),
        **given,
    )
    return make_version("shop", draft)


def shown(client, version):
    return client.get(f"/workers/shop/versions/{version.id}/").content.decode()


def test_each_line_has_a_number_that_is_a_link(maya):
    version = make_many(("index.js", JS, b"one\ntwo\n"))
    html = shown(maya, version)
    assert 'id="m0-L2"' in html and 'href="#m0-L2"' in html
    assert "<code>two</code>" in html and "m0-L3" not in html
    assert "2 lines" in html


def test_hostile_names_and_contents_stay_text(vera):
    version = make_many(
        ("index.js", JS, b"</textarea></code><script>alert(1)</script>"),
        ("<img src=x onerror=alert(2)>.txt", "text/plain", b"\"'><b>"),
    )
    html = shown(vera, version)
    assert "<script>alert" not in html and "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_binary_and_large_modules_are_named_and_offered(maya):
    version = make_many(
        ("index.js", JS, b"export default {};"),
        ("a.wasm", "application/wasm", b"\0asm\xff"),
        ("big.txt", "text/plain", b"x" * 600_000),
    )
    html = shown(maya, version)
    assert "No text: binary." in html and "No text: too large to show here." in html
    response = maya.get(f"/workers/shop/versions/{version.id}/modules/1/")
    assert response.content == b"\0asm\xff"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="a.wasm"'


def test_a_module_is_saved_and_never_shown_by_the_browser(maya):
    version = make_many(("dir/page.html", "text/html", b"<script>"))
    response = maya.get(f"/workers/shop/versions/{version.id}/modules/0/")
    assert response["Content-Disposition"] == 'attachment; filename="page.html"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_module_is_found_under_its_own_worker_only(maya):
    version = make_many(("index.js", JS, b""))
    make_worker("other")
    assert maya.get(f"/workers/other/versions/{version.id}/modules/0/").status_code == 404
    assert maya.get(f"/workers/shop/versions/{version.id}/modules/9/").status_code == 404


def test_secrets_are_never_shown(maya):
    draft = make_draft(
        bindings=[
            BindingSpec(name="TOKEN", type="secret_text", secret=Secret("hunter2")),
            BindingSpec(name="LIMITS", type="json", options={"json": {"a": [1, None]}}),
            BindingSpec(
                name="AUTH", type="service", options={"service": "auth", "entrypoint": "Api"}
            ),
        ]
    )
    version = make_version("shop", draft)
    html = shown(maya, version)
    assert "hunter2" not in html and "hidden" in html
    [row] = [b for b in version.bindings if b["name"] == "TOKEN"]
    assert row["sealed"] not in html and row["fingerprint"] not in html
    assert "{&quot;a&quot;: [1, null]}" in html and "auth#Api" in html


def test_exports_and_settings_are_shown(maya):
    html = shown(maya, make_version("shop", make_draft(compatibility_flags=("nodejs_compat",))))
    assert "nodejs_compat" in html and "object: fetch" in html


@pytest.mark.parametrize("count", [3, 60])
def test_the_page_asks_as_often_for_many_modules(maya, count, django_assert_max_num_queries):
    parts = [(f"m{i}.js", JS, b"%d" % i) for i in range(count)]
    version = make_many(*parts)
    with django_assert_max_num_queries(24) as queries:
        shown(maya, version)
    assert isinstance(queries, CaptureQueriesContext)
