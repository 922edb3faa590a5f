"""Requests to the confirmed addresses of Workers in connected accounts, and to nothing else.

admission.py         Whether a request may be sent: setting, confirmed address, role; audit
send.py              One request on a new connection, pinned to a public address
access_token.py      A service token of Cloudflare Access, sent along
hosts.py             What a confirmed address may look like (pure)
public_addresses.py  Which IP addresses are public (pure), and those of a host
values.py            Destination, request and what was sent, frozen (pure)
"""
