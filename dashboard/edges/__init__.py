"""Edges: the protocol with their agents, and the Edges page.

protocol/     the agents' endpoints and WebSocket
pages.py      the Edges page
messages.py   errors that agents get
envoy_end.py  the last crash or hang of an edge's Envoy
management/   manage.py edge
"""
