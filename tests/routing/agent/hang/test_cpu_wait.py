"""How long a process has waited for a CPU."""

import os
from pathlib import Path

from routing.agent.hang import cpu_wait as module
from routing.agent.hang.cpu_wait import cpu_wait


def test_it_is_some_time_for_a_process_and_none_for_nobody():
    assert cpu_wait(os.getpid()) >= 0.0
    assert cpu_wait(2**22 + 1) == 0.0


def test_it_is_the_second_field_in_seconds(tmp_path, monkeypatch):
    (tmp_path / "schedstat").write_text("641364 2500000000 17\n")
    monkeypatch.setattr(module, "Path", lambda path: tmp_path / Path(path).name)
    assert cpu_wait(1) == 2.5


def test_a_kernel_without_the_figure_counts_nothing(tmp_path, monkeypatch):
    (tmp_path / "schedstat").write_text("\n")
    monkeypatch.setattr(module, "Path", lambda path: tmp_path / Path(path).name)
    assert cpu_wait(1) == 0.0
