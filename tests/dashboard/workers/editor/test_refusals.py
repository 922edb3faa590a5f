"""A version that is refused: it is said why, at the line, and nothing of the form is lost."""

import pytest

from routing.agent.inspection.inspection import Refused
from routing.control.upload import draft_of
from tests.dashboard.workers.editor.form import fields, newest, post
from tests.factories import make_worker, says_fine
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


def test_what_the_runtime_says_is_shown_at_the_line(maya, shop, runtime):
    runtime.side_effect = Refused("startup", "Uncaught SyntaxError: Unexpected\n  at index.js:2:7")
    response = post(maya, shop, module__0__text="one\r\nlet <x>\r\n", binding__0__value="ho")
    html = response.content.decode()
    assert response.status_code == 422
    assert "Version refused. Nothing changed." in html
    assert 'data-error-module="0" data-error-line="2" data-error-column="7"' in squeezed(html)
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
        ({"binding-0-kind": "json", "binding-0-value": "{"}, "GREETING is not valid JSON"),
        ({"binding-0-kind": "json", "binding-0-value": '"\\u0000"'}, "a NUL"),
        ({"binding-0-kind": "json", "binding-0-value": '"\\ud800"'}, "a NUL or half a surrogate"),
        ({"binding-0-kind": "service", "binding-0-value": "nobody"}, "no Worker called “nobody”"),
        (
            {"binding-0-kind": "service", "binding-0-value": "other#Nope"},
            "the Worker “other” exports no “Nope”",
        ),
        ({"binding-0-kind": "assets"}, "cannot create type"),
        ({"binding-0-kind": "r2_bucket", "binding-0-value": ""}, "create it in Storage first"),
        ({"binding-0-kind": "r2_bucket", "binding-0-value": "gone"}, "gone"),
        ({"binding-1-kept": ""}, "Secret TOKEN needs a value"),
        ({"binding-1-sealed": "forged"}, "type its value again"),
        ({"tag": "x" * 101}, "A tag has at most 100 bytes"),
        ({"modules": "0"}, "Choose the main module"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_saved(maya, shop, changed, words):
    make_worker("other")
    response = maya.post("/workers/shop/edit/", fields(shop) | changed)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert newest(shop).number == 1


def test_a_json_binding_takes_only_what_json_knows(maya, shop):
    changed = {"binding-0-kind": "json", "binding-0-value": "NaN"}
    response = maya.post("/workers/shop/edit/", fields(shop) | changed)
    assert response.status_code == 422
    assert "NaN is not a JSON value" in response.content.decode()
