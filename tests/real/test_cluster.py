"""`make test-cluster`, short: set up in network namespaces by the documented commands.

`make test` leaves its run out: with two minutes of CPU it took a tenth of all tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from benchmarks.cluster import isolation
from tests.running import PROJECT

pytestmark = pytest.mark.real


@pytest.mark.skipif("SLUICE_TEST_CLUSTER" not in os.environ, reason="make test-cluster runs it")
@pytest.mark.timeout(300)
def test_no_fault_of_a_machine_costs_a_request_or_a_count():
    if why := isolation.obstacle():
        pytest.skip(f"network namespaces cannot be made here: {why}")
    command = [sys.executable, "-m", "benchmarks.cluster", "--short"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("as expected") == 2
    requests = [int(number) for number in re.findall(r"(\d+) of \1 ", done.stdout)]
    assert len(requests) == 2 and min(requests) > 100


def test_the_documented_commands_are_those_of_the_cluster():
    text = (PROJECT / "docs/many-machines.md").read_text()
    site = (PROJECT / "benchmarks/cluster/site.py").read_text()
    used = {" ".join(c) for c in re.findall(r'self\.manage,? ?\(?"(\w+)", "([\w-]+)"', site)}
    assert used == {"edge add", "edge create", "token create"}
    for command in used - {"edge create"}:  # which earlier releases have
        assert f"sluice manage {command} --name" in text
    assert {"sluice setup", "sluice web", "sluice work", "sluice edge"} <= set(text.splitlines())
