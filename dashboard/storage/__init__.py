"""Namespaces (KV, D1, R2, queues and others): the operations of the API, and the pages.

client.py         requests to the state process
namespaces.py     create, rename and delete, audited
kinds.py          the kinds, and their names on pages
bound_data.py     the namespaces and Durable Objects that a version is bound to
bound_workers.py  the Workers that are bound to a namespace
kv.py             keys and values of a KV namespace
d1/               D1 databases
queues/           queues
datasets/         datasets of Analytics Engine
mail/             mail that Workers send
secret_stores/    secrets stores, whose secrets are in the database
r2/               R2 buckets
objects/          the list of Durable Objects, which are not in the state process
streaming.py      bodies of responses
messages.py       texts
pages/            *Storage*: the list, and one page per namespace
urls.py           their addresses

Most data is in the state process (`routing.storage`); tables have names and titles only.
"""
