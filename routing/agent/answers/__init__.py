"""Answers the agent gives Envoy and the outside: decisions, previews, share links, RPC slots.

client_rates.py    So many of one kind for each client address, by GCRA: a burst, then one
                   every so often
control_socket.py  What version processes may ask the agent, and tell it
decide_server.py   Answers Envoy for requests that carry the override header
permissions.py     Permissions at the edge
preview_names.py   Which version answers at a host name, or why none does
previews.py        Versions that run because their own address was asked for
share_links.py     Shared links, answered at the edge
"""
