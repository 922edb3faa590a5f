"""A channel layer that does not answer costs a second once, not every caller in turn."""

import asyncio
import time

import pytest

from dashboard.live.channel import broadcast
from routing.transactions import after_commit


class Hanging:
    calls = 0

    async def group_send(self, group, message):
        self.calls += 1
        await asyncio.sleep(60)


@pytest.fixture
def hanging(monkeypatch):
    layer = Hanging()
    monkeypatch.setattr(broadcast, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(broadcast, "_retry_at", 0.0)
    monkeypatch.setattr(broadcast, "SEND_WITHIN", 0.1)
    return layer


def test_after_one_time_out_messages_are_dropped_at_once(hanging):
    before = after_commit.failures().get("broadcast", 0)
    began = time.monotonic()
    assert not any(broadcast.broadcast("pages", {"type": "x"}) for _ in range(50))
    assert time.monotonic() - began < 1
    assert hanging.calls == 1 and after_commit.failures()["broadcast"] == before + 50


def test_without_a_layer_nothing_happens(monkeypatch):
    monkeypatch.setattr(broadcast, "get_channel_layer", lambda: None)
    assert broadcast.broadcast("pages", {"type": "x"}) is False
