"""`/metrics` of the control plane, for Prometheus. Edges have a `/metrics` of their own.

collect.py  the metrics
views.py    the endpoint and its token
"""
