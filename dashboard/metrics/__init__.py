"""`/metrics` of the control plane, for Prometheus: revisions, edges, exports.

Requests are counted by the edges, which have a `/metrics` of their own
(`routing.agent.metrics.exporter`).
"""
