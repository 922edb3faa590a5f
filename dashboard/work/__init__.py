"""Background work: one process, `manage.py work`, with a few threads. Several may run.

loops.py   Every loop and its tasks; which of them `conduct` and `export_logs` run
loop.py    A thread that runs its tasks in turn, each guarded and with its own health
run.py     Runs loops until SIGTERM, and writes their health to work.json
heartbeat.py  For probes and systemd: whether the process is alive

What only one process may do is claimed in the database, by the room that does it. Playground runs
and waits for proof stay in the web process: a page waits for them.
"""
