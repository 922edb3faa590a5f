"""Tails of connected Workers: one per watched Worker and scope, in the background work.

watches.py     Any process: watch a Worker, its tail's state, events of a request
keeper.py      The background work: opens tails that are watched, stores what they send
tail_thread.py One tail: open, receive, renew, reconnect
socket.py      The WebSocket, pinned to an address that may be connected to
retention.py   Deletes old events
"""
