"""Why a change of addresses was refused. Nothing changed."""

from __future__ import annotations

from routing.control import messages
from routing.rules.addresses.pattern import PatternProblem


class AddressRefused(Exception):
    """`code`: `pattern`, `host`, `zone`, `other_zone`, `own_domain`, `taken`, `taken_last`,
    `shared_host`, `zone_exists` or `zone_in_use`. The message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def bad_pattern(text: str, problem: PatternProblem) -> AddressRefused:
    return AddressRefused("pattern", messages.bad_pattern(text, problem))


def bad_host(text: str) -> AddressRefused:
    return AddressRefused("host", messages.bad_host(text))


def no_zone(host: str, zones: list[str]) -> AddressRefused:
    return AddressRefused("zone", messages.no_zone(host, zones))


def other_zone(host: str, zone: str) -> AddressRefused:
    return AddressRefused("other_zone", messages.other_zone(host, zone))


def own_domain(host: str, domain: str) -> AddressRefused:
    return AddressRefused("own_domain", messages.own_domain(host, domain))


def taken(what: str, owner: str) -> AddressRefused:
    return AddressRefused("taken", messages.address_is_taken(what, owner))


def taken_last(what: str, owner: str) -> AddressRefused:
    return AddressRefused("taken_last", messages.only_address(what, owner))


def shared_host(host: str, owner: str) -> AddressRefused:
    return AddressRefused("shared_host", messages.host_is_shared(host, owner))
