"""Edges: the protocol with their agents, and the Edges page.

protocol/     the agents' endpoints and WebSocket
pages/        the Edges pages
registry/     edges as objects: join, rename, drain, remove, tokens
warnings.py   what people should change about an edge
messages.py   why a request or a change was refused
envoy_end.py  the last crash or hang of an edge's Envoy
sockets.py    paths of the WebSockets
management/   manage.py edge
"""
