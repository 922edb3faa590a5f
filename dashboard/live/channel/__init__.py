"""Sockets, their tasks and threads, and messages between web processes.

broadcast.py    The one way to the channel layer
database.py     Database work of sockets, in a few threads of its own
origin.py       Which pages may open a WebSocket here
push_socket.py  The base of every WebSocket here
tasks.py        Tasks of sockets
"""
