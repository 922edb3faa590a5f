"""One running system for all files of this folder, which one test worker runs (tests/conftest.py).

Each file has Workers, queues and exports whose names no other file uses.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.tunnel import tunnel
from tests.running import System


@pytest.fixture(scope="package")  # it must not run on, idle, until all other tests are done
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Without the demo."""
    running = System(tmp_path_factory.mktemp("shared"), environment={"SLUICE_DEMO": "0"})
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="package")
def proxy() -> Iterator[str]:
    """For wrangler, which cannot reach anything but this system."""
    with tunnel() as (url, refused):
        yield url
        assert refused == [], "wrangler asked another machine"
