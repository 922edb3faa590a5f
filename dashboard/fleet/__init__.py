"""What a deployment means to every page that shows it: roles of versions, edges that have it.

version_roles.py       Stable, candidate, previous…: roles, marks and words
deployment_cache.py    Deployments with the roles of their versions, cached
active_deployments.py  The active deployment of each Worker, cached until the next change
bounded_cache.py       A thread-safe cache with a maximum size
propagation.py         Which edges have a revision, and how long it took
edge_condition.py      An edge's problems: silent, losing log lines, disk full, Envoy replaced
edge_facts.py           An edge for programs: the API and the command line
connection_pool.py     Behavior of the pool of connections while PostgreSQL is away
pooled_connection.py   A connection of that pool
duplicates.py          Two agents on one token (pure)
health.py              /healthz
storage.py             Why nothing can be written: full disk, read-only, database away
"""
