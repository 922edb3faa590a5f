"""What a deployment is to everything that shows it: roles of versions, edges that have it.

active_deployments.py  Which deployment of each Worker is active, remembered between changes
bounded_cache.py       What this process remembers, within bounds
deployment_cache.py    Deployments as looked up before
edge_condition.py      How an edge is
health.py              /healthz
propagation.py         The propagation meter
version_roles.py       Versions with their roles, as bars, rows and texts show them
"""
