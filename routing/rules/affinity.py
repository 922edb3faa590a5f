"""Version affinity: the version of a version key.

Envoy decides at the edge (`weighted_clusters.use_hash_policy`, hash policy on the header); these
functions compute the same. Measured on Envoy 1.39.3: XXH64 of the trimmed value with seed 0,
modulo the sum of the weights, then a walk down the list of versions.
tests/routing/rules/test_affinity.py holds keys whose points were confirmed against that Envoy one
by one.
"""

from collections.abc import Iterable, Sequence

import xxhash

from routing.rules.header.fields import Value, octets
from routing.rules.split import TOTAL, VersionWeight, walk


def walk_order(numbered: Iterable[tuple[VersionWeight, int]]) -> tuple[VersionWeight, ...]:
    """Shares in walk order: highest version number first.

    `numbered` pairs each share with its version's number. The newest version then owns the points
    from 0 up, so raising its percentage only adds keys (spec, "Affinity").
    """
    newest_first = sorted(numbered, key=lambda pair: pair[1], reverse=True)
    return tuple(share for share, _ in newest_first)


def has_version_key(values: Sequence[Value]) -> bool:
    """Whether the request has a version key: at least one line, and none of them blank.

    Envoy's "not equal to the empty string" fails if any of several lines is blank (measured).
    """
    return bool(values) and all(octets(value) for value in values)


def point(values: Sequence[Value]) -> int:
    """The point of a key on the line 0..TOTAL-1. Call it only if `has_version_key`.

    `values` are the values of all lines of the header. Envoy sorts them and chains the hashes, each
    the seed of the next; it does not join lines with commas.
    """
    digest = 0
    for value in sorted(octets(value) for value in values):
        digest = xxhash.xxh64_intdigest(value, seed=digest)
    return digest % TOTAL


def pick(values: Sequence[Value], shares_newest_first: Sequence[VersionWeight]) -> str | None:
    """The version of this key; None if there is no key."""
    return walk(shares_newest_first, point(values)) if has_version_key(values) else None


def joins_at(values: Sequence[Value]) -> int:
    """The smallest weight (1..TOTAL) of the newest version at which this key is on it.

    Raises ValueError without a key: such requests are drawn, not pinned.
    """
    if not has_version_key(values):
        raise ValueError("no version key: this request is drawn at random")
    return point(values) + 1
