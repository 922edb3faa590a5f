"""Envoy's listening sockets outlive it, so that its death refuses no connection.

handover.py   which sockets the next Envoy starts on
sockets.py    duplicates of Envoy's listening sockets, or new ones where duplicating is not allowed
successor.py  starts the next Envoy on these sockets, through Envoy's hot restart
messages.py   the messages of a hot restart (pure)
leftovers.py  removes files of a hot restart whose Envoy has ended

While no Envoy runs, connections wait in the kernel's queues, and the next Envoy accepts them. No
byte passes through the agent, so no extra limits are needed and client addresses stay correct. The
queues' length is `net.core.somaxconn`, for each of Envoy's worker threads.
"""
