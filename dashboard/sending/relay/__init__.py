"""Requests to edges on other machines: through the outbound socket of the edge's agent.

send.py  one request and its answer, as `send` gives it
loss.py  why there is no answer
hub.py   the thread that stores requests, notifies sockets and collects answers
rows.py  the agents' end, for `dashboard.edges.protocol`: take a request, store its answer

A request is a row, so the sender may be any process and the socket may be at any other. The channel
layer only says that there is one; a socket also looks by itself.
"""
