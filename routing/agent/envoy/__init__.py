"""Envoy: its process and its admin socket.

admin_client.py  queries the admin socket
drain.py         a planned end without failed requests
process.py       starts, adopts, restarts and stops Envoy
retire.py        ends an outdated Envoy after its successor is up
start_config.py  arguments and note
"""
