"""Envoy dies, and no connection is refused: its listening sockets outlive it.

handover.py   which sockets the next Envoy starts on
sockets.py    duplicates of Envoy's listening sockets, taken while it runs; or new ones on the same
              addresses, where the system does not let us take them
successor.py  starts the next Envoy on these sockets, through Envoy's own hot restart
messages.py   what the two say to each other meanwhile (pure)
leftovers.py  removes files of a hot restart whose Envoy has ended
drain.py      a planned end: answers ask clients to connect again before connections close

While no Envoy runs, connections wait in the kernel's queues, and the next Envoy accepts them
itself: no byte of theirs passes through the agent, so nothing here needs a limit of its own, and
client addresses and trusted proxies need no second mechanism. The queues' length is the kernel's
(`net.core.somaxconn`), for each of Envoy's worker threads.
"""
