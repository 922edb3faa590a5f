"""`make torture`, a short round: the most telling faults against a real system under load."""

import os

import pytest

from benchmarks.torture.__main__ import run
from benchmarks.torture.faults import SHORT
from benchmarks.torture.report import printed

pytestmark = pytest.mark.real


@pytest.mark.skipif("SLUICE_TEST_TORTURE" not in os.environ, reason="make test-torture runs it")
def test_no_fault_costs_more_than_it_may():
    rounds = run(SHORT, 1, seconds=600, most=len(SHORT), deploying=False, slack=30)
    assert not any(one.violations for one in rounds), printed(rounds)
    assert all(one.counted.answered > 50 for one in rounds)
