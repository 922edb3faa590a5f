"""Requests that the dashboard sends through this edge, to the edge's own proof listener, and
cron and queue events.

relay.py     receives them from the control plane's socket, limits them, posts the answers
exchange.py  one request to the proof listener, and its answer
events.py    cron and queue events, to the versions' own sockets
"""
