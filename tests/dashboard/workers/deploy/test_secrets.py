"""A version that brings other secrets: going back to it takes a consent."""

import pytest

from routing.snapshot import BindingSpec, Secret
from tests.dashboard.workers.deploy.forms import live, post, version_id
from tests.factories import (
    make_deployment,
    make_draft,
    make_version,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rekeyed(db):
    """#2 live with another value of API_KEY than #1, and with TOKEN, which #1 has not."""

    def draft(**secrets):
        bindings = [
            BindingSpec(name=name, type="secret_text", secret=Secret(text))
            for name, text in secrets.items()
        ]
        return make_draft(bindings=bindings)

    worker = make_version("shop", draft(API_KEY="one")).worker
    make_deployment(worker)
    make_version("shop", draft(API_KEY="two", TOKEN="x"))
    return worker


@pytest.mark.parametrize(("form", "percentage"), [("rollback", ""), ("split", "1")])
def test_going_back_to_other_secrets_takes_one_consent(maya, rekeyed, form, percentage):
    make_deployment(rekeyed, (rekeyed.versions.get(number=2), 100))
    query = f"?version={version_id(rekeyed, 1)}&percentage={percentage}"
    html = maya.get(f"/workers/shop/{form}/{query}").content.decode()
    assert 'data-consent="1"' in html and "API_KEY" in html and "TOKEN" in html
    assert html.count('name="consent"') == 1 and "force=true" in html
    before = live(rekeyed)
    refused = post(maya, rekeyed, 1, percentage, form=form)
    assert refused.status_code == 422 and live(rekeyed) == before
    other = post(maya, rekeyed, 1, percentage, form=form, consent=version_id(rekeyed, 2))
    assert other.status_code == 422 and live(rekeyed) == before
    done = post(maya, rekeyed, 1, percentage, form=form, consent=version_id(rekeyed, 1))
    assert done.status_code == 302 and live(rekeyed) != before


def test_going_forward_to_other_secrets_is_shown_only(maya, rekeyed):
    html = maya.get(f"/workers/shop/split/?version={version_id(rekeyed, 2)}&percentage=5").content
    assert b"#2 brings other secrets than #1" in html and b'name="consent"' not in html
    assert post(maya, rekeyed, 2, 5).status_code == 302
    assert post(maya, rekeyed, 2, 25).status_code == 302
