"""A Worker to deploy."""

import pytest

from tests.factories import (
    make_deployment,
    make_worker,
)


@pytest.fixture
def shop(db):
    """#1 live alone, #2 and #3 uploaded."""
    worker = make_worker("shop", versions=3)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    return worker
