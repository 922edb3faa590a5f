"""Shared by the agent's rooms: processes, files, Unix sockets, limits, messages.

addresses.py         this machine's own addresses
backoff.py           how long to wait before the next try
capnp_config.py      workerd's configuration as bytes
child_process.py     a process with a note on disk and an awaitable end
edge_folder.py       the edge's folder: its lock, atomic writes
geoip_files.py       kinds of MaxMind databases
fingerprint.py       detects that a process is out of date
limits.py            how workerd is started: few rights, bounded resources
log_position.py      how far an access log has been read
errors.py            errors of more than one room
messages.py          texts for people: why a process ended, what the edge waits for
process_end.py       why a process ended
process_notes.py     the notes about processes in `pids/`
process_sockets.py   finds and duplicates sockets of other processes
sealed_file.py       encrypted files
tasks.py             all tasks of the agent, in one group
transport.py         TLS to the control plane, and refusals
unix_http_server.py  a small HTTP server on a Unix socket
"""
