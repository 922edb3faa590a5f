"""Traffic outlives the agent: Envoy and versions run on, and the next agent takes them over.

notes.py        what is on disk about each process, enough to take it over (`pids/`)
sorting.py      which of them are adopted, told to end or killed (pure)
inheritance.py  reads the notes at a start and makes `Child` objects of what is adopted
fingerprint.py  what a process was started with: another fingerprint means that it is replaced
sockets.py      the listening sockets of an adopted version, taken back from its process
strays.py       processes of this folder that nobody noted
edge_state.py   notes and the edge's state, one as the other (pure)
unnamed.py      adopted versions until a snapshot names them
ports.py        the ports that were chosen once stay
retire.py       ends an outdated Envoy after its successor is up

An agent that is stopped ends its processes; one that is killed, crashes or steps aside leaves them.
"""
