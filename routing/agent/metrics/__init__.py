"""The edge's `/metrics` for Prometheus.

exporter.py     serves `GET /metrics`
time_series.py  counters and histograms of requests (pure)
"""
