"""Envoy: its process, its files, its admin socket.

admin_client.py  Envoy's admin socket, over one connection that stays open
config_files.py  Envoy's three files
process.py       The Envoy process
"""
