"""Bindings of an upload: whether what they name exists, and what edges get of them.

inherited_bindings.py  those that an upload copies from the latest version
service_targets.py     service bindings: the Worker and the entrypoint
state_bindings.py      namespaces of the state process, and the capabilities for them
datasets.py            datasets of Analytics Engine, which uploads create
stored_secrets.py      secrets of secrets stores, and their values

Bindings to Durable Objects are in `../objects/`.
"""
