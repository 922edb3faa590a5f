"""Cloudflare's endpoints for namespaces, one file or two per kind.

kv_namespaces.py  KV namespaces
kv_keys.py        their keys and values
d1.py             D1 databases and queries
d1_transfer.py    their imports and exports
d1_schemas.py     their JSON
queues.py         queues and messages
queue_consumers.py  their consumers
objects.py        namespaces of Durable Objects
r2_buckets.py     R2 buckets
r2_objects.py     their objects
analytics_engine.py  the SQL API of datasets
secret_stores.py  secrets stores and their secrets
answers.py        errors of the state process
"""
