"""The processes of versions: started, watched, drained, stopped.

supervisor.py       performs the plan, one round at a time
versions.py         all version processes, and the edge's state
version_process.py  one version's process: start, crash, restart
process_start.py    starts one run of it
process_life.py     one run of it, and how it ended
version_user.py     the user it runs as
process_config.py   what it is started with
listeners.py        its listening sockets
first_call.py       waits for the first request of a version without a process
memory_budget.py    stops versions that are not used
start_limiter.py    limits concurrent starts
hang_watch.py       detects a hang
drain.py            waits until a version has no requests
envoy_targets.py    Envoy's clusters and routes
adopted.py          processes of an earlier agent
interfaces.py       what it needs of Envoy and of a version's process
last_applied.py     the snapshot on disk, for the next start
snapshot_saver.py   saves it after every change
"""
