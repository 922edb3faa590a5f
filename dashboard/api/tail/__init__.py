"""`wrangler tail`: sessions, the WebSocket and the events on it.

sessions.py      Sessions of `wrangler tail`
socket.py        The WebSocket of `wrangler tail`, subprotocol `trace-v1`
trace_events.py  What `wrangler tail` is told of a request, and which requests it asks for
"""
