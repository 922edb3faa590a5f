"""This machine's own addresses."""

import ipaddress

from routing.agent.base.addresses import own_networks, parse

FIB = """Main:
  +-- 0.0.0.0/0 3 0 5
        |-- 127.0.0.1
           /32 host LOCAL
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
        |-- 192.0.2.2
           /32 host LOCAL
"""
INET6 = """00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000005 02 40 00 80     eth0
"""


def test_own_addresses_without_loopback():
    assert parse(FIB, INET6) == ("192.0.2.2/32", "2001:db8::5/128")


def test_this_machine_can_be_asked():
    for network in own_networks():
        assert ipaddress.ip_network(network).num_addresses == 1
