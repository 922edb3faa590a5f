"""The dashboard's listener: bounds on time, size and number of connections.

limits               the numbers, by the number of files that this process may open
connections          every open connection, what it is doing since when, and which one goes first
http_protocol        uvicorn's HTTP connection, watched; refuses heads that are too large
websocket_protocol   uvicorn's WebSocket, watched; a client that talks without end is cut off
server               the listening socket, the look at all connections each second, accept errors
repeated_lines       the same line of a log a few times in ten seconds, then its count

Small subclasses of uvicorn's protocols instead of a server in front: `wrangler tail` needs our own
WebSocket class anyway, and a proxy would hide each peer's address and add a hop to every page.
"""
