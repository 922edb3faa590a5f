"""Namespaces of the state process (KV, D1, R2, queues): the API's operations, and the pages.

client.py      requests to the state process
namespaces.py  create, rename and delete, audited
kv.py          keys and values of a KV namespace
d1/            D1 databases
queues/        queues
r2.py          objects of an R2 bucket
r2_buckets.py  create and delete buckets
r2_download.py an object as a streamed response
messages.py    texts

The data is in the state process (`routing.storage`); tables have names and titles only.
"""
