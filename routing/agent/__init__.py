"""What runs on an edge, and really runs uploads: `python -m routing.agent`, without Django.

__main__.py        start and stop; edge.py puts the parts together; config.py reads the settings

held.py            what the edge holds: Envoy's routes, the processes of versions (pure)
plan.py            what to do next: desired and held in, actions out (pure)
supervise.py       performs the plan, one round at a time
process.py         one version's process: start, death, next start; watch.py and hang/ notice a hang
configure.py       what it is started with; listeners.py its sockets, gate.py not all at once
keep.py            what stays on disk: the edge serves it after its own restart
drain.py           waits until a version without routes has no requests
envoy.py           the Envoy process; xds.py its three files, admin.py its admin socket,
                   handover/ its listening sockets, which outlive it

decide_server.py   answers Envoy: which version does an override header ask for?
previews.py        answers Envoy: which version answers at an address of its own? It starts it, too;
                   preview_names.py knows whose address it is, client_rates.py how many one
                   client may ask for
control_socket.py  answers version processes: how are RPC calls spread?  (all on unix_http.py)

control.py         the control plane's protocol; sync.py keeps up with it, modules.py caches code
tell.py            reports and status.json; status.py is what is in them (pure)
metrics.py         `/metrics` for Prometheus; series.py is what it counts (pure)
ship.py            access-log rows to the control plane; rows.py (pure) and logfiles.py read them
tails.py           what Workers say (runtime/tail.js), kept until tail_ship.py has shipped it;
                   tailitems.py and redact.py what of it, volume.py how much (pure)

folder.py          the edge's folder; spawn.py processes of ours; tasks.py tasks of ours
backoff.py         when to try again; words.py how a process ended, for people (both pure)
addresses.py       this machine's own addresses

limits.py          how a process with somebody's code in it is started: few rights, bounded
encode.py          workerd's configuration as bytes, and the JavaScript that runs beside user code
inspection.py      an upload is checked by really running it
trial.py           the two throw-away runs of an inspection
runtime_date.py    the newest compatibility date that this workerd takes
"""
