"""The HTTP and WebSocket protocol between edge agents and the dashboard.

The other end is `routing.agent.control_plane`, `access_log` and `worker_logs`.

views.py           endpoints: snapshot, modules, previews, reports, invocations, details
auth.py            the token of an edge; certificates.py, edge_keys.py its certificate and key
registration.py    an edge whose token is in its settings
agent_consumer.py  the agents' WebSocket
notify_agents.py   pushes a new revision, and the Workers that are being watched
reports.py         an edge's report of what it runs; agent_report.py the agent's part of it
ingest.py          access-log rows: stored, counted
details.py         console lines and exceptions of Workers: stored
live_log_push.py   access-log rows for open live logs
"""
