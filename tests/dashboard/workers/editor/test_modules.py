"""Modules, bindings and files added and deleted: what was there stays as it was, byte by byte."""

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from routing.control.upload import draft_of
from routing.models import Worker
from routing.upload_draft import Part
from tests.dashboard.workers.editor.form import OTHER, fields, newest, post
from tests.factories import make_draft, make_version
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


def test_modules_are_added_and_deleted_without_losing_the_rest(maya, shop):
    html = post(maya, shop, act="add-module", message="keep me").content.decode()
    assert (
        'name="module-1-name" value="module-2.js"' in squeezed(html) and 'value="keep me"' in html
    )
    html = post(maya, shop, act="drop-binding-0").content.decode()
    assert 'value="GREETING"' not in html and 'name="binding-0-name" value="TOKEN"' in html
    html = post(maya, shop, act="add-binding").content.decode()
    assert 'name="binding-2-name"' in html
    assert newest(shop).number == 1


def test_uploaded_files_become_modules_or_replace_them(maya, shop):
    files = [
        SimpleUploadedFile("index.js", b"export default { fetch() {} };"),
        SimpleUploadedFile("a.wasm", b"\0asm\xff"),
    ]
    html = post(maya, shop, act="add-files", upload=files).content.decode()
    assert "export default { fetch() {} };</textarea>" in html
    data = html.partition('name="module-1-data" value="')[2].partition('"')[0]
    more = {
        "modules": "2",
        "module-1-name": "a.wasm",
        "module-1-type": "application/wasm",
        "module-1-data": data,
    }
    maya.post("/workers/shop/edit/", fields(shop) | more)
    parts = draft_of(newest(shop)).parts
    assert [(p.name, p.content_type) for p in parts][1] == ("a.wasm", "application/wasm")
    assert parts[1].content == b"\0asm\xff"


def test_line_breaks_stay_as_they_were_uploaded(maya, db):
    code = b"export default {\r\n fetch() {}\r\n};\r\n"
    version = make_version("shop", make_draft(code))
    sent = fields(version.worker) | {"module-0-text": code.decode(), "bindings": "0"}
    maya.post("/workers/shop/edit/", sent)
    assert newest(version.worker).modules.get().module_id == version.modules.get().module_id
    sent |= {"module-0-text": code.decode() + "// end", "latest": str(newest(version.worker).id)}
    maya.post("/workers/shop/edit/", sent)
    assert draft_of(newest(version.worker)).parts[0].content == code + b"// end"


def test_uploaded_text_keeps_its_line_breaks_too(maya, shop):
    upload = SimpleUploadedFile("win.txt", b"one\r\ntwo\r\n")
    html = post(maya, shop, act="add-files", upload=[upload]).content.decode()
    assert "Added: win.txt." in html
    more = {
        "modules": "2",
        "module-1-name": "win.txt",
        "module-1-type": "text/plain",
        "module-1-text": "one\r\nmore\r\ntwo\r\n",  # as browsers send it
        "module-1-data": html.partition('name="module-1-data" value="')[2].partition('"')[0],
    }
    maya.post("/workers/shop/edit/", fields(shop) | more)
    assert draft_of(newest(shop)).parts[1].content == b"one\r\nmore\r\ntwo\r\n"


def test_a_file_that_replaces_a_module_is_said(maya, shop):
    upload = SimpleUploadedFile("index.js", b"export default { fetch() {} };")
    html = post(maya, shop, act="add-files", upload=[upload]).content.decode()
    assert "Replaced the module of the same name: index.js." in html


def test_the_same_bytes_uploaded_again_are_no_change(maya, db):
    part = Part("raw.bin", "application/octet-stream", b"\0\xff")
    version = make_version("shop", replace(make_draft(), parts=(*make_draft().parts, part)))
    code = version.modules.first().module.content.decode()
    held = {"modules": "2", "module-0-text": code, "module-1-name": "raw.bin", "bindings": "0"}
    sent = fields(version.worker) | held | {"act": "add-files"}
    upload = SimpleUploadedFile("raw.bin", b"\0\xff")
    html = maya.post("/workers/shop/edit/", sent | {"upload": upload}).content.decode()
    assert "2 modules unchanged" in html


@pytest.mark.parametrize(
    ("act", "focused"),
    [
        ("add-module", 'id="module-1-name"'),
        ("add-binding", 'id="binding-2-name"'),
        ("drop-binding-0", 'id="binding-0-name"'),
        ("drop-binding-1", 'id="add-binding"'),
        ("drop-module-0", 'id="add-module"'),
    ],
)
def test_the_focus_follows_what_was_added_or_deleted(maya, shop, act, focused):
    html = post(maya, shop, act=act).content.decode()
    [element] = [part for part in html.split("<") if " autofocus" in part]
    assert focused in element


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_version_that_no_form_can_carry_is_not_opened_rather_than_cut(maya, db, method):
    parts = tuple(Part(f"m{n}.txt", "text/plain", b"%d" % n) for n in range(101))
    whole = replace(make_draft(), parts=(*make_draft().parts, *parts))
    version = make_version("large", whole)
    address = f"/workers/large/edit/?from={version.id}"
    answer = getattr(maya, method)(address, {"modules": "102", "act": "save"})
    assert answer.status_code == 422 and b"Too large for the editor" in answer.content
    assert Worker.objects.get(name="large").versions.count() == 1


def test_files_beyond_the_limit_are_named_and_the_rest_is_kept(maya, shop):
    files = [SimpleUploadedFile(f"f{n}.txt", b"x") for n in range(100)]
    held = {"modules": "1", "module-0-name": "index.js", "module-0-text": OTHER}
    answer = maya.post("/workers/shop/edit/", held | {"upload": files, "act": "upload"})
    assert b"Not added: f99.txt" in answer.content and b"f98.txt" in answer.content
