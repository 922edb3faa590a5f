"""Where notifications come from.

deployments.py   The event of a deployment
edges_behind.py  The event of an edge that is late or silent
"""
