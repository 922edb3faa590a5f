"""The HTTP and WebSocket protocol between edge agents and the dashboard.

The other end is `routing.agent.control_plane`, `access_log` and `worker_logs`.

views.py           endpoints: snapshot, modules, previews, reports, invocations, details (the
                   last two are stored by `dashboard.observability.ingest`), and answers to
                   requests of `dashboard.sending.relay`
auth.py            the token of an edge; certificates.py, edge_keys.py its certificate and key
registration.py    an edge whose token is in its settings
agent_consumer.py  the agents' WebSocket
notify_agents.py   pushes a new revision, and the Workers that are being watched
reports.py         an edge's report of what it runs; agent_report.py the agent's part of it
"""
