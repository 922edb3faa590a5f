"""The state process: one workerd with all namespaces, on disk.

server.py    the program: its folder and socket, and the process, restarted when it ends
process.py   one workerd
config.py    its configuration; pure
kinds/       the Worker of each kind of namespace
sources.py   what configurations are made of
copy.py      a copy of everything while it runs, for backups; and back

Its JavaScript is in `routing/runtime/state`. The socket belongs to the server, so that requests
wait in it while workerd restarts. Who may reach a namespace: `routing.state_access`.
"""
