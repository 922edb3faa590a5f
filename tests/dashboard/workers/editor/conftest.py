"""A Worker to edit, and a runtime that answers what a test says."""

from unittest import mock

import pytest

from routing.control.upload import upload_version
from routing.snapshot import BindingSpec, Secret
from tests.factories import make_deployment, make_draft, make_version, says_fine


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """Stands for the runtime; tests say what it answers."""
    inspect = mock.Mock(side_effect=says_fine)
    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", inspect)
    return inspect


@pytest.fixture
def shop(db):
    """#1 live alone, with a variable and a secret."""
    bindings = [
        BindingSpec(name="GREETING", type="plain_text", options={"text": "hi"}),
        BindingSpec(name="TOKEN", type="secret_text", secret=Secret("hunter2")),
    ]
    version = make_version("shop", make_draft(bindings=bindings))
    make_deployment(version.worker, (version, 100))
    return version.worker
