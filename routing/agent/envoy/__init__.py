"""Envoy: its process, its files, its admin socket.

admin_client.py  queries the admin socket
config_files.py  clusters and routes: written, then confirmed by Envoy
drain.py         a planned end without failed requests
process.py       starts, adopts, restarts and stops Envoy
retire.py        ends an outdated Envoy after its successor is up
start_config.py  arguments, note, and the first clusters and routes
"""
