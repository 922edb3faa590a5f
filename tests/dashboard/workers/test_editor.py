"""Making a version in the browser: nothing is lost, nothing hidden is shown, nobody overwritten."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dashboard.workers import editor_save
from routing.agent.inspection import Refused
from routing.draft import Part
from routing.models import Deployment, Worker
from routing.snapshot import Binding, Secret
from routing.upload import draft_of, upload_version
from tests.factories import (
    make_deployment,
    make_draft,
    make_user,
    make_version,
    make_worker,
    says_fine,
)

pytestmark = pytest.mark.django_db

OTHER = "export default { fetch() { return new Response('two'); } };"


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """Stands for the runtime; tests say what it answers."""
    inspect = mock.Mock(side_effect=says_fine)

    def upload(**given):
        return upload_version(**given, inspect=inspect)

    monkeypatch.setattr(editor_save, "upload_version", upload)
    return inspect


@pytest.fixture
def shop(db):
    """#1 live alone, with a variable and a secret."""
    bindings = [
        Binding(name="GREETING", type="plain_text", options={"text": "hi"}),
        Binding(name="TOKEN", type="secret_text", secret=Secret("hunter2")),
    ]
    version = make_version("shop", make_draft(bindings=bindings))
    make_deployment(version.worker, (version, 100))
    return version.worker


def fields(worker, **changed):
    """The form as it is opened, with what was changed in it."""
    base = worker.versions.newest_first().first()
    live = worker.deployments.newest_first().first()
    sent = {
        "base": str(base.id),
        "latest": str(base.id),
        "expected": str(live.id) if live else "",
        "modules": "1",
        "bindings": "2",
        "main": "0",
        "module-0-name": "index.js",
        "module-0-type": "application/javascript+module",
        "module-0-text": OTHER,
        "module-0-kept": base.modules.first().module_id,
        "binding-0-name": "GREETING",
        "binding-0-kind": "plain_text",
        "binding-0-value": "hi",
        "binding-0-kept": "GREETING",
        "binding-1-name": "TOKEN",
        "binding-1-kind": "secret_text",
        "binding-1-value": "",
        "binding-1-kept": "TOKEN",
        "compatibility_date": "2026-08-01",
        "compatibility_flags": "",
        "tag": "v2",
        "message": "Second",
        "act": "save",
    }
    return sent | {name.replace("__", "-"): value for name, value in changed.items()}


def post(client, worker, **changed):
    return client.post("/workers/shop/edit/", fields(worker, **changed))


def newest(worker):
    return worker.versions.newest_first().first()


def live(worker):
    active = worker.deployments.newest_first().first()
    return [(s.version.number, s.percentage) for s in active.shares.select_related("version")]


def test_the_form_holds_the_code_and_never_a_secret(maya, shop):
    html = maya.get("/workers/shop/edit/").content.decode()
    assert "return new Response(&#x27;hi&#x27;)" in html
    assert "hunter2" not in html and 'value="TOKEN"' in html
    assert "No differences." in html


def test_saving_makes_a_version_that_gets_no_traffic(maya, shop):
    response = post(maya, shop)
    version = newest(shop)
    assert response["Location"] == f"/workers/shop/versions/{version.id}/"
    assert (version.number, version.tag, version.message) == (2, "v2", "Second")
    assert (version.source, version.author.username) == ("dashboard", "maya")
    assert live(shop) == [(1, 100.0)]
    draft = draft_of(version)
    assert draft.parts[0].content.decode() == OTHER
    assert draft.bindings[1].secret.reveal() == "hunter2"


def test_staging_puts_it_at_zero_beside_the_stable_version(maya, shop):
    response = post(maya, shop, act="stage")
    assert response["Location"] == "/workers/shop/"
    assert live(shop) == [(2, 0.0), (1, 100.0)]
    assert shop.deployments.newest_first().first().message == "Second"


def test_deploying_gives_it_everything(maya, shop):
    post(maya, shop, act="deploy")
    assert live(shop) == [(2, 100.0)]


@pytest.mark.parametrize("act", ["stage", "deploy"])
def test_nothing_is_saved_over_somebody_elses_deployment(maya, shop, act, runtime):
    sent = fields(shop, act=act)
    make_deployment(shop, author=make_user("jonas"))
    response = maya.post("/workers/shop/edit/", sent)
    html = response.content.decode()
    assert response.status_code == 409 and "Nothing saved. jonas deployed" in html
    assert "return new Response(&#x27;two&#x27;)" in html
    assert newest(shop).number == 1 and not runtime.called
    assert f'name="expected" value="{Deployment.objects.get(number=2).id}"' in html


def test_a_deployment_made_while_it_starts_is_a_conflict_too(maya, shop, runtime):
    def deploys_meanwhile(*args, **given):
        make_deployment(shop)
        return says_fine()

    runtime.side_effect = deploys_meanwhile
    assert post(maya, shop, act="deploy").status_code == 409
    assert newest(shop).number == 1


def test_staging_that_comes_too_late_says_that_the_version_is_there(maya, shop, runtime):
    def deploys_meanwhile(*args, **given):
        make_deployment(shop)
        return says_fine()

    runtime.side_effect = deploys_meanwhile
    response = maya.post("/workers/shop/edit/", fields(shop, act="stage"), follow=True)
    assert b"Saved #2, but not staged." in response.content
    assert live(shop) == [(1, 100.0)]


def test_an_upload_made_meanwhile_is_said_once(maya, shop):
    sent = fields(shop)
    make_version("shop", now=timezone.now() + timedelta(seconds=1))
    response = maya.post("/workers/shop/edit/", sent)
    assert response.status_code == 409 and b"Meanwhile version #2" in response.content
    sent["latest"] = str(newest(shop).id)
    assert maya.post("/workers/shop/edit/", sent).status_code == 302
    assert newest(shop).number == 3


def test_what_the_runtime_says_is_shown_at_the_line(maya, shop, runtime):
    runtime.side_effect = Refused("startup", "Uncaught SyntaxError: Unexpected\n  at index.js:2:7")
    response = post(maya, shop, module__0__text="one\r\nlet <x>\r\n", binding__0__value="ho")
    html = response.content.decode()
    assert response.status_code == 422
    assert "Version refused. Nothing changed." in html
    assert 'data-error-module="0" data-error-line="2" data-error-column="7"' in html
    assert "index.js, line 2" in html and '<code class="wrap">let &lt;x&gt;</code>' in html
    assert "\none\nlet &lt;x&gt;\n</textarea>" in html and "\nho</textarea>" in html
    assert 'value="v2"' in html and 'value="Second"' in html


def test_a_typed_secret_survives_a_refusal_without_being_shown(maya, shop, runtime):
    runtime.side_effect = Refused("startup", "No.")
    html = post(maya, shop, binding__1__value="new-secret").content.decode()
    assert "new-secret" not in html and "a new one is set" in html
    sealed = html.partition('name="binding-1-sealed" value="')[2].partition('"')[0]
    runtime.side_effect = says_fine
    post(maya, shop, **{"binding-1-sealed": sealed})
    assert draft_of(newest(shop)).bindings[1].secret.reveal() == "new-secret"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"module-0-name": ""}, "Every module needs a name"),
        ({"main": "7"}, "Choose the main module"),
        ({"compatibility_date": "today"}, "The compatibility date is a day"),
        ({"binding-0-name": "TOKEN"}, "Two bindings are called TOKEN"),
        ({"binding-0-kind": "json", "binding-0-value": "{"}, "GREETING is no JSON"),
        ({"binding-0-kind": "service", "binding-0-value": "nobody"}, "no Worker called “nobody”"),
        ({"binding-0-kind": "kv_namespace"}, "cannot be made here"),
        ({"binding-1-kept": ""}, "Secret TOKEN needs a value"),
        ({"binding-1-sealed": "forged"}, "type its value again"),
        ({"tag": "x" * 101}, "A tag has at most 100 bytes"),
        ({"modules": "0"}, "Choose the main module"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_saved(maya, shop, changed, words):
    response = maya.post("/workers/shop/edit/", fields(shop) | changed)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert newest(shop).number == 1


def test_modules_are_added_and_deleted_without_losing_the_rest(maya, shop):
    html = post(maya, shop, act="add-module", message="keep me").content.decode()
    assert 'name="module-1-name" value="module-2.js"' in html and 'value="keep me"' in html
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


def test_each_button_says_what_is_live_after_it(maya, shop):
    html = maya.get("/workers/shop/edit/").content.decode()
    after = html.partition('class="outlooks"')[2]
    bars = [part.partition('"')[0] for part in after.split('role="img" aria-label="')[1:]]
    assert bars == ["Stable 100%", "Candidate 0%, stable 100%", "Stable 100%"]


def test_a_json_binding_takes_only_what_json_knows(maya, shop):
    changed = {"binding-0-kind": "json", "binding-0-value": "NaN"}
    response = maya.post("/workers/shop/edit/", fields(shop) | changed)
    assert response.status_code == 422
    assert "NaN is none of its values" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("9lives", "cannot be overridden"),
        ("Not a name", "is not a Worker name"),
        ("shop", "already"),
        ("fresh", "fresh.localhost"),
        ("", "is said here"),
    ],
)
def test_a_new_name_is_judged_where_it_is_chosen(maya, shop, name, words):
    headers = {"HX-Request": "true", "HX-Target": "name-verdict"}
    html = maya.get("/workers/new/", {"create": "", "name": name}, headers=headers).content.decode()
    assert html.strip().startswith("<p") and words in html


def test_the_changes_are_a_fragment_of_their_own(maya, shop):
    headers = {"HX-Request": "true", "HX-Target": "changes"}
    sent = fields(shop, act="show", binding__1__value="other", tag="")
    html = maya.post("/workers/shop/edit/", sent, headers=headers).content.decode()
    assert html.strip().startswith('<div id="changes"')
    assert "Response(&#x27;two&#x27;)" in html and "Secret with another value" in html


def test_with_scripts_the_answer_leads_on(maya, shop):
    headers = {"HX-Request": "true", "HX-Target": "editor"}
    response = maya.post("/workers/shop/edit/", fields(shop), headers=headers)
    assert response["HX-Redirect"] == f"/workers/shop/versions/{newest(shop).id}/"


def test_hostile_names_and_contents_stay_text(maya, shop):
    bad = "</textarea><script>alert(1)</script>"
    html = post(maya, shop, act="show", module__0__text=bad, module__0__name=bad).content.decode()
    assert "<script>alert" not in html


def test_a_new_worker_begins_with_a_program_that_runs(maya, db):
    html = maya.get("/workers/new/").content.decode()
    assert 'name="module-0-name" value="index.js"' in html
    sent = {
        "name": "fresh",
        "modules": "1",
        "bindings": "0",
        "main": "0",
        "module-0-name": "index.js",
        "module-0-type": "application/javascript+module",
        "module-0-text": OTHER,
        "compatibility_date": "2026-08-01",
        "act": "deploy",
    }
    assert maya.post("/workers/new/", sent)["Location"] == "/workers/fresh/"
    assert live(Worker.objects.get(name="fresh")) == [(1, 100.0)]
    response = maya.post("/workers/new/", sent | {"name": "Not a name"})
    assert response.status_code == 422 and b"is not a Worker name" in response.content


def test_a_new_worker_begins_with_a_date_that_the_runtime_knows(maya, db, monkeypatch):
    about = json.loads((settings.NODE_MODULES / "workerd/package.json").read_text())
    day = about["version"].split(".")[1]
    later = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=100)
    monkeypatch.setattr("dashboard.workers.editor.timezone", mock.Mock(now=lambda: later))
    html = maya.get("/workers/new/").content.decode()
    assert f'value="{day[:4]}-{day[4:6]}-{day[6:]}"' in html


def test_a_new_worker_never_overwrites_one_that_is_there(maya, shop):
    sent = fields(shop) | {"name": "shop", "bindings": "0"}
    response = maya.post("/workers/new/", sent)
    assert response.status_code == 422 and b"exists already" in response.content
    assert newest(shop).number == 1


def test_a_worker_called_new_keeps_its_page(maya, db):
    make_worker("new")
    assert b"Modules" not in maya.get("/workers/new/").content
    assert b"Modules" in maya.get("/workers/new/?create").content


@pytest.mark.parametrize("path", ["/workers/shop/edit/", "/workers/new/"])
def test_a_viewer_is_told_who_can(vera, shop, path):
    assert vera.get(path).status_code == 403
    assert vera.post(path, fields(shop)).status_code == 403
    assert newest(shop).number == 1


def test_versions_of_other_workers_are_no_base(maya, shop):
    other = make_version("other")
    assert maya.get(f"/workers/shop/edit/?from={other.id}").status_code == 404
    assert maya.get("/workers/shop/edit/?from=nonsense").status_code == 404


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_asks_as_often_for_many_versions(maya, count, django_assert_max_num_queries):
    make_worker("shop", versions=count)
    with django_assert_max_num_queries(24):
        maya.get("/workers/shop/edit/")


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
