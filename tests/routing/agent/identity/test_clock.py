import pytest

from routing.agent.identity.clock import offset_ms


@pytest.mark.parametrize(
    ("sent", "server", "received", "expected"),
    [
        (100.0, 100.1, 100.2, 0),
        (103.0, 100.1, 103.2, 3000),
        (97.0, 100.1, 97.2, -3000),
        (100.0, 50.0, 103.0, None),
        (100.0, 100.0, 99.0, None),
    ],
)
def test_the_offset_takes_half_of_the_round_trip_into_account(sent, server, received, expected):
    assert offset_ms(sent, server, received) == expected
