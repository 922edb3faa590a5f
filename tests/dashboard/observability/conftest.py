"""One edge whose log begins at T0."""

import pytest

from routing.models import Edge
from tests.factories import make_edge


@pytest.fixture
def edge(db: None) -> Edge:
    return make_edge("e1")
