"""workerd's configuration.

config.py    one version's process, and its inspection at upload; the entry point of this room
modules.py   uploaded parts as modules
bindings.py  bindings of an upload as workerd's bindings
assets.py    static assets in front of the code
events.py    the Worker that delivers cron and queue events
cache.py     the Cache API, and the edge's process behind it
binding_types/  types of bindings that lead out of the process, one file each
own_workers.py  Workers of our own, and their capabilities
objects.py   classes of Durable Objects, and bindings to them
services.py  service bindings: from one Worker's process to another
slots.py     how RPC calls spread over versions
"""
