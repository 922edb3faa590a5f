"""`wrangler tail`.

sessions.py      open, list and delete sessions
socket.py        the WebSocket, subprotocol `trace-v1`
messages.py      texts
trace_events.py  events and filters. Pure
"""
