"""Caches the test files with rewritten assertions before the workers of pytest-xdist start.

In a fresh checkout each of them would rewrite all files: nine seconds of CPU.
"""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

TESTS = Path(__file__).parent


def cache_rewritten(config: pytest.Config) -> None:
    """A part of the files in each of as many processes as there are cores."""
    files = sorted(chain(TESTS.rglob("test_*.py"), TESTS.rglob("conftest.py")))
    cores = os.cpu_count() or 1
    children = []
    for number in range(cores):
        if not (child := os.fork()):
            try:
                for path in files[number::cores]:
                    _cache(config, path)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _cache(config: pytest.Config, path: Path) -> None:
    state = config.stash[rewrite.assertstate_key]
    folder = rewrite.get_cache_dir(path)
    cached = folder / (path.name[:-3] + rewrite.PYC_TAIL)
    if rewrite._read_pyc(path, cached, state.trace) is None and rewrite.try_makedirs(folder):
        stat, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(state, code, stat, cached)
