"""The edge's `/metrics`.

exporter.py     `GET /metrics` of an edge, for Prometheus
time_series.py  Requests as time series
"""
