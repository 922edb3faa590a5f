"""`make run`: a working system on one machine, from an empty folder, stopped with Ctrl-C.

supervisor.py  The order: ports, database, demo, processes, ready, watch, stop
local_edge.py  The edge of `make run`: its name and token
demo.py        The demo Workers
console.py     Texts in the terminal
web.py         The web process; work.py background work; state.py the state process
stop.py        `make stop`; restart.py `make restart`
processes/     Child processes: start, restart, logs, what an earlier run left
listener/      Limits of the web process's connections
unmasked_ws_frame.py  Accepts the first message of `wrangler tail`
memory.py      Returns memory of large requests to the system
"""
