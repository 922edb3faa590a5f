"""The sockets of one version."""

import os
import socket

import pytest

from routing.agent.processes.listeners import Listeners


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v").mkdir()


def connect():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("v/id.http.sock")


def test_open_closed_and_open_again():
    listeners = Listeners("id", ("http",))
    listeners.open()
    fds = listeners.fds()
    connect()
    listeners.open()
    assert listeners.fds() == fds, "those that are open stay"
    listeners.close()
    with pytest.raises(FileNotFoundError):
        connect()
    listeners.open()
    connect()
    listeners.close()


def test_a_stale_file_is_no_obstacle_and_nobody_else_may_connect():
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind("v/id.http.sock")
    listeners = Listeners("id", ("http",))
    listeners.open()
    assert os.stat("v/id.http.sock").st_mode & 0o777 == 0o600
    listeners.close()
