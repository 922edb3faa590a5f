"""Which ids versions may have."""

import pytest

from routing.agent.users.ranges import DEFAULTS, RangeInvalid, is_mapped, parse

WHOLE = "         0          0 4294967295\n"
ROOTLESS = "         0       1000          1\n         1     100000      65535\n"


def test_both_ends_belong_to_a_range():
    assert parse("70000-70999") == range(70_000, 71_000)


@pytest.mark.parametrize(
    "text", ["", "70000", "70000-", "0-999", "999-2000", "70000-70014", "70999-70000", "x-y"]
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(RangeInvalid, match="expected"):
        parse(text)


@pytest.mark.parametrize("text", ["65000-65534", "65535-70000", "60000-4294967294"])
def test_nobody_s_ids_are_not_given_out(text):
    with pytest.raises(RangeInvalid, match="nobody"):
        parse(text)


def test_the_defaults_are_ranges_and_keep_clear_of_those_of_others():
    for ids in DEFAULTS:
        assert parse(f"{ids.start}-{ids.stop - 1}") == ids
    systemd = (range(60_001, 60_578), range(61_184, 65_520), range(524_288, 1_879_048_192))
    subordinate = range(100_000, 600_100_001)
    for ids in DEFAULTS:
        for taken in (*systemd, subordinate):
            assert ids.stop <= taken.start or taken.stop <= ids.start


def test_a_container_has_the_ids_that_are_mapped():
    many, few = DEFAULTS
    assert is_mapped(many, WHOLE) and is_mapped(few, WHOLE)
    assert not is_mapped(many, ROOTLESS) and is_mapped(few, ROOTLESS)
    assert not is_mapped(few, "0 1000 1\n")
