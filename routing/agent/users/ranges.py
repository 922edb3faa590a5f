"""Ranges of user ids for versions. Pure.

The defaults avoid all ids that systemd, adduser, shadow and container engines assign
(systemd.io/UIDS-GIDS): 65,536 to 99,999 is above the 16-bit ids and below the first subordinate id
of /etc/subuid. Many containers map 65,536 ids only; 60,578 to 61,183 is within those, between
systemd's home directories and its dynamic users.
"""

from __future__ import annotations

import re

DEFAULTS = (range(65_536, 100_000), range(60_578, 61_184))
"""In order of preference."""
LEAST = 16
"""Ids in a range: one is the group of all versions, the others are users."""
LOWEST, HIGHEST = 1_000, 2**32 - 2
_TAKEN = (65_534, 65_535)
"""The user nobody, and -1 in 16 bits."""


class RangeInvalid(ValueError):
    """The message says what is expected."""


def parse(text: str) -> range:
    """`60000-60999`, both included. Raises `RangeInvalid`."""
    match = re.fullmatch(r"([0-9]{1,10})-([0-9]{1,10})", text)
    if match is None:
        raise RangeInvalid("expected two user ids as 70000-79999")
    found = range(int(match[1]), int(match[2]) + 1)
    if len(found) < LEAST or found.start < LOWEST or found.stop - 1 > HIGHEST:
        raise RangeInvalid(f"expected at least {LEAST} user ids from {LOWEST} to {HIGHEST}")
    if any(taken in found for taken in _TAKEN):
        raise RangeInvalid("65534 and 65535 are nobody's and cannot be in it")
    return found


def is_mapped(ids: range, id_map: str) -> bool:
    """Do all ids exist in a user namespace? `id_map` is the text of /proc/self/uid_map."""
    for line in id_map.splitlines():
        first, _, count = map(int, line.split())
        if first <= ids.start and ids.stop <= first + count:
            return True
    return False
