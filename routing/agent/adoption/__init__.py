"""Traffic outlives the agent: Envoy and versions keep running, and the next agent adopts them.

inheritance.py  at start-up: reads the notes, kills what cannot be adopted, removes stale files
inherited.py    which processes are adopted, ended or killed (pure)
sockets.py      duplicates an adopted version's listening sockets
strays.py       finds processes of this folder that have no note
edge_state.py   converts between a note and the edge's state (pure)
unnamed.py      adopted versions that no snapshot names yet
ports.py        the ports of an edge

An agent that is stopped ends its processes; one that is killed, crashes or hands over leaves them.
Their notes are in `base.process_notes`.
"""
