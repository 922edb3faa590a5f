"""One edge whose log begins at T0."""

import pytest

from dashboard.observability.charts import all_workers
from dashboard.observability.queries import sparkline
from routing.models import Edge
from tests.factories import make_edge


@pytest.fixture(autouse=True)
def minutes_not_read_yet() -> None:
    """What a process remembers of whole minutes belongs to another test's database."""
    all_workers._fleet.cache_clear()
    sparkline._drawn.cache_clear()


@pytest.fixture
def edge(db: None) -> Edge:
    return make_edge("e1")
