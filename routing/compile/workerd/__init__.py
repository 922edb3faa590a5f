"""workerd's configuration.

config.py    one version's process, and its inspection at upload; the entry point of this room
modules.py   uploaded parts as modules
bindings.py  bindings of an upload as workerd's bindings
assets.py    static assets in front of the code
events.py    the Worker that delivers cron and queue events
cache.py     the Cache API, and the edge's process behind it
rate_limits.py  rate limiting bindings, and the edge's process behind them
send_email.py  bindings that send mail
stored_secrets.py  bindings to secrets of a secrets store
ai.py        the binding to Workers AI
option_types.py  types of bindings with several options, as pages show them
own_workers.py  Workers of our own, and their capabilities
state.py     bindings to namespaces of the state process
objects.py   classes of Durable Objects, and bindings to them
services.py  service bindings: from one Worker's process to another
slots.py     how RPC calls spread over versions
"""
