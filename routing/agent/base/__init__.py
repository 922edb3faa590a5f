"""What the agent's rooms share: processes, files, Unix sockets, limits, messages.

addresses.py         This machine's own addresses, which Worker code must not reach through
                     them
backoff.py           How long to wait before trying again
child_process.py     A process of ours
edge_folder.py       The edge's folder
limits.py            How a process with somebody's code in it is started
messages.py          How a process ended, in words for people
process_sockets.py   Sockets of other processes
runtime_date.py      The newest compatibility date that the installed workerd takes
sealed_file.py       Sealed files
tasks.py             All of the agent's tasks, in one group
unix_http_server.py  A very small HTTP server on a Unix socket, for what Envoy and our own
                     code ask the agent
"""
