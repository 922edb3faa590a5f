"""The edge's `/metrics` for Prometheus, and its probes.

exporter.py     serves `GET /metrics`
probes.py       `GET /healthz` and `GET /readyz`
time_series.py  counters and histograms of requests (pure)
"""
