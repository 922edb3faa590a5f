"""What version processes may ask."""

import json

from routing.agent.answers.control_socket import Control
from routing.agent.base.unix_http_server import Request


def test_slots_are_told_by_path():
    control = Control(lambda path: {"slots": [[0, 100_000]], "path": path})
    answer = control.answer(Request("GET", "/slots/shop"))
    assert json.loads(answer.body) == {"slots": [[0, 100_000]], "path": "/slots/shop"}


def test_nothing_can_be_changed():
    assert Control(lambda _: {}).answer(Request("POST", "/slots/shop")).status == 405
