"""A new Worker made in the browser: it begins with a program that runs, under a name of its own."""

import json
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings

from routing.models import Worker
from tests.dashboard.workers.editor.form import OTHER, fields, live, newest
from tests.factories import make_worker
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("9lives", "cannot be overridden"),
        ("Not a name", "is not a Worker name"),
        ("shop", "already"),
        ("fresh", "fresh.localhost"),
        ("", "will appear here"),
    ],
)
def test_a_new_name_is_judged_where_it_is_chosen(maya, shop, name, words):
    headers = {"HX-Request": "true", "HX-Target": "name-verdict"}
    html = maya.get("/workers/new/", {"create": "", "name": name}, headers=headers).content.decode()
    assert html.strip().startswith("<p") and words in html


def test_a_new_worker_begins_with_a_program_that_runs(maya, db):
    html = maya.get("/workers/new/").content.decode()
    assert 'name="module-0-name" value="index.js"' in squeezed(html)
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
    monkeypatch.setattr("dashboard.workers.editor.views.timezone", mock.Mock(now=lambda: later))
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
