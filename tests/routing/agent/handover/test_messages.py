"""The datagrams of Envoy's hot restart, as Envoy 1.39 writes and reads them."""

import pytest

from routing.agent.handover.messages import (
    Kind,
    MessageInvalid,
    Request,
    admin_reply,
    read,
    socket_reply,
    statistics_reply,
)


def datagram(message):
    return len(message).to_bytes(8, "big") + message


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        (b"\n\x02\x12\x00", Request(Kind.shut_down_admin)),
        (
            b"\n\x19\n\x17\n\x15tcp://127.0.0.1:18991",
            _first := Request(Kind.socket, "tcp://127.0.0.1:18991"),
        ),
        (
            b"\n\x1b\n\x19\n\x15tcp://127.0.0.1:18991\x10\x01",
            Request(Kind.socket, _first.address, 1),
        ),
        (b"\n\x18\n\x16\n\x14unix://internal.sock", Request(Kind.socket, "unix://internal.sock")),
        (b'\n\x02"\x00', Request(Kind.drain_listeners)),
        (b"\n\x02*\x00", Request(Kind.terminate)),
    ],
)
def test_what_envoy_sends_is_read(message, request_):
    assert read(datagram(message)) == request_


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\n",
        b"\n\x05\x12\x00",
        b"\x12\x02\x12\x00",
        b"\n\x02\x42\x00",
        b"\x0d\x00",
        b"\xff" * 99,
        b"\n\x02\x10\x01",
    ],
)
def test_anything_else_is_refused(message):
    with pytest.raises(MessageInvalid):
        read(datagram(message))


def test_a_message_must_be_one_datagram():
    for whole in (b"", b"123", datagram(b"\n\x02*\x00") + b"!", datagram(b"\n\x02*\x00")[:-1]):
        with pytest.raises(MessageInvalid):
            read(whole)


def test_replies():
    assert socket_reply(present=True) == datagram(b"\x12\x04\n\x02\x08\x00")
    assert socket_reply(present=False) == datagram(b"\x12\x0d\n\x0b\x08" + b"\xff" * 9 + b"\x01")
    assert admin_reply(300) == datagram(b"\x12\x07\x12\x05\x08\xac\x02\x10\x01")
    assert statistics_reply() == datagram(b"\x12\x02\x1a\x00")
