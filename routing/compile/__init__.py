"""A snapshot as configuration for Envoy and workerd. Pure: the same input gives the same bytes.

names.py   names that two programs must agree on: sockets, routes, clusters, hosts, headers
envoy/     bootstrap, listeners, routes, clusters
workerd/   the process of one version, and its inspection at upload

Fields of Envoy and workerd appear here and nowhere else. The reasons behind them were measured on
Envoy 1.39.3 and workerd 2026-11-17; comments name those that surprised.
"""
