"""The one liberty taken with WebSockets."""

from dashboard.run.unmasked_ws_frame import masked


def test_a_short_frame_without_a_mask_gets_one_that_changes_nothing():
    assert masked(b"\x81\x02hi") == b"\x81\x82\0\0\0\0hi"


def test_what_follows_in_the_same_packet_stays():
    ping = b"\x89\x80abcd"
    assert masked(b"\x81\x02hi" + ping) == b"\x81\x82\0\0\0\0hi" + ping


def test_a_masked_frame_stays_as_it_is():
    for frame in (b"\x81\x82abcd\x09\x0b", b"\x81", b"", b"\x81\x7e\x01\x00" + b"x" * 256):
        assert masked(frame) == frame
