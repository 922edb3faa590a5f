import pytest

from dashboard.edges.registry import edges
from dashboard.run.local_edge import EDGE_NAME, edge_token_file
from routing.models import Edge
from tests.dashboard.edges.registry_helpers import JoinedAgent, by_shell

pytestmark = pytest.mark.django_db


def test_the_local_edge_keeps_its_token_until_it_is_removed(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    first = edge_token_file().read_text()
    assert edge_token_file().read_text() == first
    assert edge_token_file().stat().st_mode & 0o777 == 0o600
    edges.remove(Edge.objects.get(name=EDGE_NAME), by_shell())
    second = edge_token_file().read_text()
    assert second != first
    assert JoinedAgent(token=second).report().status_code == 200
    assert JoinedAgent(token=first).report().status_code == 410
