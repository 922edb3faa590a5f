"""The program on each edge: runs Envoy and the uploaded versions. `python -m routing.agent`,
without Django.

__main__.py     start and stop; `config.py` and `variables.py` read the settings, `edge.py`,
                `edge_logs.py` and `edge_options.py` wire everything
state/          the edge's state, the plan for the next round, reports (pure)
processes/      the supervisor and the processes of versions
envoy/          Envoy's process and admin socket
discovery/      sends Envoy its clusters and routes
handover/       Envoy's listening sockets outlive it
adoption/       processes of an earlier agent
hang/           detects processes that hang
control_plane/  snapshots, modules and reports
cache/          the process behind the Cache API
assets/         a folder of static assets for each version
storage/        the socket through which versions reach the state process
objects/        Durable Objects: which process runs which, their folders and alarms
identity/       the edge's key, token and join
certificates/   certificates of the public listener, replaced while Envoy runs
answers/        override decisions and previews for Envoy, RPC slots for versions
relay/          requests that the control plane sends through the agent
access_log/     counts and ships Envoy's access log; `loss/` counts unwritten lines
worker_logs/    collects and ships what Workers log
metrics/        `/metrics` for Prometheus
inspection/     checks an upload by running it; used by the control plane
users/          a user id for each version process
base/           processes, files, sockets, limits, messages

Imports only go down: edge; answers, relay and logs; processes; assets; control_plane and adoption;
identity; envoy; discovery; handover, hang and state; certificates; base; users (a contract in
pyproject.toml).
"""
