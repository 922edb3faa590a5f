"""The protocol between edges and the dashboard.

agent_consumer.py  The agents' WebSocket
auth.py            Who an edge is
details.py         What Workers said about their requests
ingest.py          What the edges' access logs say becomes invocations and counts
live_log_push.py   Access-log rows go on to the live logs of those who look, rendered once
                   for all of them
notify_agents.py   Telling the agents at once that the desired state has changed, or who is
                   looked at
registration.py    A new edge
reports.py         An edge's report
views.py           What agents ask and tell (`routing.agent.control_plane.sync` and `.ship`
                   are the other end)
"""
