"""Requests that the dashboard sends through this edge, to the edge's own proof listener.

relay.py     receives them from the control plane's socket, limits them, posts the answers
exchange.py  one request to the proof listener, and its answer
"""
